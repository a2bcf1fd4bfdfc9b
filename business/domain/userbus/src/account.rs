//! What people do with their own accounts: register, activate, change or reset a password.

use chrono::TimeDelta;
use secrecy::SecretString;
use sqldb::Tx;
use types::{Email, Password, Role, Scope, SecretToken, UserId};

use crate::hash::{Compared, PasswordHash};
use crate::mails::{ActivationMail, PasswordChangedMail, PasswordResetMail};
use crate::model::{NewRegistration, NewUser, PasswordChange, PasswordReset, Swept, User};
use crate::store::{Purpose, Store};
use crate::{Business, Error, event, rules};

/// How long an account is kept that was never activated, once it has no token to do so any more.
pub const NEVER_ACTIVATED_KEPT: TimeDelta = TimeDelta::days(7);

/// The most accounts that one transaction of the sweep removes.
const BATCH: i64 = 100;

/// How often a registration looks anew that meets another one of the same address.
const ATTEMPTS: u32 = 5;

/// What is known of an address when somebody registers it.
enum Known {
    /// Nobody has it: the user that they become.
    Nobody(User, PasswordHash),
    /// The user who has it, with their hash.
    User(User, PasswordHash, Given),
}

/// What somebody gave as the password of an address that is known.
#[derive(Clone, Copy, PartialEq)]
enum Given {
    Same,
    Other,
}

/// What a registration did.
#[derive(PartialEq)]
enum Outcome {
    /// The account stays as it was, and tokens that were mailed work.
    Kept,
    /// The account is new, or begins anew: its owner has no token that works.
    Begun,
}

impl Business {
    /// Registers an account for whoever owns the address. It is the same for the caller, in content and in time,
    /// whether or not the address is known: a password is hashed or compared, a row is locked, a change recorded, a mail
    /// asked for. The mail goes to the owner of the address and tells them what is the case
    /// ([`mails`](crate::mails)).
    ///
    /// An activated account is left as it is. An account that is still to be activated may have been registered by
    /// anybody, and whoever uses the mailed token activates it with the password that somebody else may have chosen. So
    /// when it is registered again with another password, neither the first nor the last of the two is believed: no
    /// password works any more, tokens that were mailed are worthless, and the owner of the mailbox gets one by which
    /// they choose a password. Nobody can get into an account by registering its address before or after its owner.
    ///
    /// # Errors
    /// [`Error::WeakPassword`], [`Error::Busy`], [`Error::Hashing`], [`Error::Store`].
    pub async fn register(&self, new: NewRegistration) -> Result<(), Error> {
        self.register_mailed(new, true).await
    }

    /// As [`Business::register`], for an address that was mailed often enough of late: a mail is asked for only if its
    /// owner has none with a token that works. That is so when the account is new, and once more when no password works
    /// any more.
    ///
    /// # Errors
    /// As [`Business::register`].
    pub async fn register_quietly(&self, new: NewRegistration) -> Result<(), Error> {
        self.register_mailed(new, false).await
    }

    async fn register_mailed(&self, new: NewRegistration, is_mail_due: bool) -> Result<(), Error> {
        new.check()?;
        for _ in 0..ATTEMPTS {
            let known = &self.look_up(&new).await?;
            let mail = &ActivationMail::to(&new.email);
            let work = async |tx: Tx| {
                let Some(outcome) = register(&tx, known).await? else { return Ok(false) };
                if is_mail_due || outcome == Outcome::Begun {
                    jobs::enqueue(&tx, mail).await?;
                }
                Ok::<_, Error>(true)
            };
            if self.db.atomic(work).await? {
                return Ok(());
            }
        }
        Err(Error::Busy)
    }

    /// Lets whoever owns the address be mailed a token that activates their account, if they have one that is still to
    /// be activated.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn request_activation_mail(&self, email: &Email) -> Result<(), Error> {
        let mail = &ActivationMail::to(email);
        self.db.atomic(async |tx: Tx| Ok(jobs::enqueue(&tx, mail).await?)).await
    }

    /// Lets whoever owns the address be mailed a token that resets their password, if they have an account.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn request_password_reset_mail(&self, email: &Email) -> Result<(), Error> {
        let mail = &PasswordResetMail::to(email);
        self.db.atomic(async |tx: Tx| Ok(jobs::enqueue(&tx, mail).await?)).await
    }

    /// Activates the account that the token was mailed to. The token works once.
    ///
    /// # Errors
    /// [`Error::InvalidToken`], [`Error::Store`].
    pub async fn activate(&self, token: &SecretToken) -> Result<User, Error> {
        let digest = &token.digest();
        let work = async |tx: Tx| {
            let store = Store::new(tx.db());
            let before = take(&store, digest, Purpose::Activation).await?;
            let user = store.activate(before.id).await?;
            store.delete_tokens(user.id, &[Purpose::Activation]).await?;
            changes::record(&tx, &[event::changed(&before, &user).called(event::ACTIVATED)]).await?;
            Ok(user)
        };
        self.db.atomic(work).await
    }

    /// Checks and hashes the password that shall take the place of a forgotten one. Hashing takes its time, for which no
    /// transaction should be open: call it before the one that [`Business::reset_password`] is part of. The token is
    /// still good.
    ///
    /// # Errors
    /// [`Error::InvalidToken`], [`Error::WeakPassword`], [`Error::Busy`], [`Error::Hashing`], [`Error::Store`].
    pub async fn prepare_password_reset(
        &self,
        token: &SecretToken,
        password: &Password,
    ) -> Result<PasswordReset, Error> {
        let digest = token.digest();
        let owner = self.store.token_owner(&digest, Purpose::PasswordReset).await?.ok_or(Error::InvalidToken)?;
        let user = self.store.query_by_id(owner).await?.ok_or(Error::InvalidToken)?;
        rules::check(password, &user.email, &user.name).map_err(Error::WeakPassword)?;
        Ok(PasswordReset { digest, new: self.passwords.hash(password).await? })
    }

    /// Puts the new password in the place of a forgotten one. The token works once. It was read in the user's mailbox,
    /// so that it activates their account too. Whoever calls this ends their sessions, in the same transaction.
    ///
    /// # Errors
    /// [`Error::InvalidToken`], [`Error::Store`].
    pub async fn reset_password(&self, reset: &PasswordReset) -> Result<User, Error> {
        let work = async |tx: Tx| {
            let store = Store::new(tx.db());
            let before = take(&store, &reset.digest, Purpose::PasswordReset).await?;
            let user = store.set_password(before.id, &reset.new, true).await?;
            let change = event::password(&before, &user, event::PASSWORD_RESET);
            renewed(&tx, &store, &user, change).await?;
            Ok(user)
        };
        self.db.atomic(work).await
    }

    /// Checks the current password, checks and hashes the new one. Call it before the transaction that
    /// [`Business::change_password`] is part of.
    ///
    /// # Errors
    /// [`Error::WrongPassword`], [`Error::WeakPassword`], [`Error::NotFound`], [`Error::Busy`], [`Error::Hashing`],
    /// [`Error::Store`].
    pub async fn prepare_password_change(
        &self,
        scope: Scope,
        user_id: UserId,
        current: &SecretString,
        new: &Password,
    ) -> Result<PasswordChange, Error> {
        let (user, old) = self.check_password(scope, user_id, current).await?;
        rules::check(new, &user.email, &user.name).map_err(Error::WeakPassword)?;
        Ok(PasswordChange { user_id, old, new: self.passwords.hash(new).await? })
    }

    /// Checks and hashes a password that somebody else chose for the user, whose current one they do not know. They must
    /// have shown in another way that they may. Call it before the transaction that [`Business::change_password`] is part
    /// of.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such user within `scope`, [`Error::WeakPassword`], [`Error::Busy`],
    /// [`Error::Hashing`], [`Error::Store`].
    pub async fn prepare_password_replacement(
        &self,
        scope: Scope,
        user_id: UserId,
        new: &Password,
    ) -> Result<PasswordChange, Error> {
        let (user, old) = self.credentials(scope, user_id).await?;
        rules::check(new, &user.email, &user.name).map_err(Error::WeakPassword)?;
        Ok(PasswordChange { user_id, old, new: self.passwords.hash(new).await? })
    }

    /// Puts the new password in the place of the current one. Whoever calls this ends the user's other sessions, in the
    /// same transaction.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::EditConflict`] when the password was changed meanwhile, [`Error::Store`].
    pub async fn change_password(&self, change: &PasswordChange) -> Result<User, Error> {
        let work = async |tx: Tx| {
            let store = Store::new(tx.db());
            let (before, stored) = store.lock(change.user_id).await?.ok_or(Error::NotFound)?;
            if stored.expose() != change.old.expose() {
                return Err(Error::EditConflict { current: before.version });
            }
            let user = store.set_password(before.id, &change.new, false).await?;
            let news = event::password(&before, &user, event::PASSWORD_CHANGED);
            renewed(&tx, &store, &user, news).await?;
            Ok(user)
        };
        self.db.atomic(work).await
    }

    /// Makes sure that this is the password of the user, for what a session alone shall not be enough.
    ///
    /// # Errors
    /// [`Error::WrongPassword`], [`Error::NotFound`] when there is no such user within `scope`, [`Error::Busy`],
    /// [`Error::Hashing`], [`Error::Store`].
    pub async fn verify_password(&self, scope: Scope, user_id: UserId, password: &SecretString) -> Result<(), Error> {
        self.check_password(scope, user_id, password).await.map(|_| ())
    }

    /// Removes tokens that have expired, and accounts that were never activated ([`NEVER_ACTIVATED_KEPT`]). Run it now
    /// and then, on any replica.
    ///
    /// # Errors
    /// [`Error::Store`]; what was removed before stays removed.
    pub async fn sweep(&self) -> Result<Swept, Error> {
        let mut swept = Swept { tokens: self.store.sweep_tokens().await?, accounts: 0 };
        loop {
            let batch = async |tx: Tx| {
                let store = Store::new(tx.db());
                let found = store.lock_never_activated(NEVER_ACTIVATED_KEPT, BATCH).await?;
                for user_id in &found {
                    let user = store.delete(*user_id, None).await?.ok_or(Error::NotFound)?;
                    changes::record(&tx, &[event::deleted(&user)]).await?;
                    changes::erase(&tx, event::ENTITY, *user_id).await?;
                }
                Ok::<_, Error>(found.len())
            };
            let removed = self.db.atomic(batch).await?;
            swept.accounts += removed as u64;
            if i64::try_from(removed).unwrap_or(i64::MAX) < BATCH {
                return Ok(swept);
            }
        }
    }

    /// The user who gets mail at `email`, and whether a password opens their account.
    pub(crate) async fn mailed(&self, email: &Email) -> Result<Option<(User, bool)>, Error> {
        let found = self.store.query_by_email(email).await?;
        Ok(found.map(|(user, hash)| (user, hash.is_usable())))
    }

    /// A new token for the user; `None` when it would be worthless, since they were disabled or have another address.
    pub(crate) async fn issue(&self, user: &User, purpose: Purpose) -> Result<Option<SecretToken>, Error> {
        let token = SecretToken::generate()?;
        let kept = self.store.create_token(&token.digest(), purpose, user.id, user.email.as_str()).await?;
        Ok(kept.then_some(token))
    }

    async fn check_password(
        &self,
        scope: Scope,
        user_id: UserId,
        password: &SecretString,
    ) -> Result<(User, PasswordHash), Error> {
        let (user, stored) = self.credentials(scope, user_id).await?;
        let verdict = self.passwords.verify(password, Some(&stored)).await?;
        if verdict.matches { Ok((user, stored)) } else { Err(Error::WrongPassword) }
    }

    async fn credentials(&self, scope: Scope, user_id: UserId) -> Result<(User, PasswordHash), Error> {
        if !scope.covers(user_id) {
            return Err(Error::NotFound);
        }
        self.store.credentials(user_id).await?.ok_or(Error::NotFound)
    }

    /// Who has the address of a registration, after the same work in each case.
    async fn look_up(&self, new: &NewRegistration) -> Result<Known, Error> {
        let (user, stored) = self.store.query_by_email(&new.email).await?.unzip();
        let compared = self.passwords.compare_or_hash(&new.password, stored.as_ref()).await?;
        Ok(match (compared, user, stored) {
            (Compared::Same, Some(user), Some(stored)) => Known::User(user, stored, Given::Same),
            (Compared::Other, Some(user), Some(stored)) => Known::User(user, stored, Given::Other),
            (Compared::New(hash), ..) => Known::Nobody(
                User::new(NewUser {
                    name: new.name.clone(),
                    email: new.email.clone(),
                    password: new.password.clone(),
                    roles: [Role::Customer].into_iter().collect(),
                    activated: false,
                }),
                hash,
            ),
            // Nothing is compared with nothing.
            _ => return Err(Error::Hashing),
        })
    }
}

/// Does what a registration does; `None` when what is known of the address is no longer so.
async fn register(tx: &Tx, known: &Known) -> Result<Option<Outcome>, Error> {
    let store = Store::new(tx.db());
    let (news, outcome) = match known {
        Known::Nobody(user, hash) => {
            if !store.create(user, hash).await? {
                return Ok(None);
            }
            (event::created(user).called(event::REGISTERED), Outcome::Begun)
        }
        Known::User(seen, hash, given) => {
            let Some((user, stored)) = store.lock(seen.id).await? else { return Ok(None) };
            if user.email != seen.email || stored.expose() != hash.expose() {
                return Ok(None);
            }
            if user.activated_at.is_none() && *given == Given::Other && stored.is_usable() {
                let locked = store.set_password(user.id, &PasswordHash::locked(), false).await?;
                store.delete_tokens(user.id, &[Purpose::Activation, Purpose::PasswordReset]).await?;
                (event::password(&user, &locked, event::PASSWORD_LOCKED), Outcome::Begun)
            } else {
                (event::noted(&user, event::REGISTERED_AGAIN), Outcome::Kept)
            }
        }
    };
    changes::record(tx, &[news]).await?;
    Ok(Some(outcome))
}

/// Uses a token up and answers its owner, whom nobody else can change until the transaction ends. The owner is locked
/// before the token, as everyone does who changes both: in the other order two could wait for each other.
async fn take(store: &Store, digest: &[u8; 32], purpose: Purpose) -> Result<User, Error> {
    let owner = store.token_owner(digest, purpose).await?.ok_or(Error::InvalidToken)?;
    let (user, _) = store.lock(owner).await?.ok_or(Error::InvalidToken)?;
    if store.take_token(digest, purpose).await? { Ok(user) } else { Err(Error::InvalidToken) }
}

/// What follows when the user has another password.
async fn renewed(tx: &Tx, store: &Store, user: &User, change: changes::Change) -> Result<(), Error> {
    store.delete_tokens(user.id, &[Purpose::Activation, Purpose::PasswordReset]).await?;
    changes::record(tx, &[change]).await?;
    jobs::enqueue(tx, &PasswordChangedMail::to(user)).await?;
    Ok(())
}
