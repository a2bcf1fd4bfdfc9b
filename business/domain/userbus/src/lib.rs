//! Everything the product knows about users.

mod account;
mod event;
mod filter;
mod hash;
pub mod mails;
mod model;
mod rules;
mod store;

use paging::{OrderBy, Page, Slice};
use secrecy::SecretString;
use sqldb::{Db, Tx};
use types::{Email, Role, Roles, Scope, UserId, Version};

use crate::mails::{AccountDeletedMail, AddressChangedMail};
use crate::store::{Purpose, Store};

pub use crate::account::NEVER_ACTIVATED_KEPT;
pub use crate::event::ENTITY;
pub use crate::filter::{DEFAULT_ORDER, Fragment, OrderField, QueryFilter};
pub use crate::hash::{Cost, Passwords};
pub use crate::model::{NewRegistration, NewUser, PasswordChange, PasswordReset, Swept, UpdateUser, User};
pub use crate::rules::Weakness;

/// What can be done with users.
#[derive(Clone)]
pub struct Business {
    db: Db,
    store: Store,
    passwords: Passwords,
}

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such user.
    #[error("no such user")]
    NotFound,
    /// The user was changed since they were read.
    #[error("the user was changed meanwhile and has version {current}")]
    EditConflict {
        /// The version they have now.
        current: Version,
    },
    /// Another user has this address.
    #[error("another user has this address")]
    DuplicateEmail,
    /// No admin who can sign in would remain.
    #[error("no admin would remain")]
    LastAdmin,
    /// Nobody can sign in with this address and this password. Why is not told.
    #[error("wrong address or password")]
    BadCredentials,
    /// This is not the password of the user.
    #[error("wrong password")]
    WrongPassword,
    /// The password is too easy to guess.
    #[error("the password is too easy to guess")]
    WeakPassword(#[source] Weakness),
    /// The token was never given out, is for something else, was used, has expired, or something happened since that
    /// made it worthless.
    #[error("the token is unknown, used or expired")]
    InvalidToken,
    /// More passwords wait to be checked than the machine can check soon.
    #[error("too many passwords wait to be checked")]
    Busy,
    /// The hash function failed.
    #[error("a password could not be hashed")]
    Hashing,
    /// The operating system gave no random numbers for a token.
    #[error("a token could not be made")]
    Randomness(#[from] types::RandomnessError),
    /// The database failed.
    #[error("users could not be read or written")]
    Store(#[from] sqldb::Error),
}

impl Business {
    /// The business of users, stored in `db`, with passwords hashed at the usual cost.
    pub fn new(db: sqldb::Db) -> Self {
        Self::with_passwords(db, Passwords::default())
    }

    /// The business of users, stored in `db`. Those that share a process should share `passwords`, which bounds the
    /// work.
    pub fn with_passwords(db: sqldb::Db, passwords: Passwords) -> Self {
        Self { store: Store::new(db.clone()), db, passwords }
    }

    /// The same business within the transaction `tx`.
    #[must_use]
    pub fn with_tx(&self, tx: &sqldb::Tx) -> Self {
        Self::with_passwords(tx.db(), self.passwords.clone())
    }

    /// Adds a user, with whatever password: the rules are for people who choose one ([`Weakness`]).
    ///
    /// # Errors
    /// [`Error::DuplicateEmail`], [`Error::Busy`], [`Error::Hashing`], [`Error::Store`].
    pub async fn create(&self, new: NewUser) -> Result<User, Error> {
        let hash = self.passwords.hash(&new.password).await?;
        let (user, hash) = (&User::new(new), &hash);
        let work = async |tx: Tx| match Store::new(tx.db()).create(user, hash).await? {
            true => Ok(changes::record(&tx, &[event::created(user)]).await?),
            false => Err(Error::DuplicateEmail),
        };
        self.db.atomic(work).await?;
        Ok(user.clone())
    }

    /// Changes `user`, who keeps their version when the update changes nothing. Another address takes effect at once,
    /// and the one before is told; tokens that were mailed to it are worthless, as are those of a disabled user.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::EditConflict`] when `user` is no longer the current version,
    /// [`Error::DuplicateEmail`], [`Error::LastAdmin`], [`Error::Store`].
    pub async fn update(&self, user: &User, update: UpdateUser) -> Result<User, Error> {
        if update.clone().apply(user) == *user {
            return Ok(user.clone());
        }
        let update = &update;
        let work = async |tx: Tx| {
            let store = Store::new(tx.db());
            let Some(updated) = store.update(user, update.clone()).await? else {
                return Err(conflict(&store, user.id).await);
            };
            let moved = updated.email != user.email;
            if moved || !updated.enabled {
                store.delete_tokens(user.id, &[Purpose::Activation, Purpose::PasswordReset]).await?;
            }
            if moved {
                jobs::enqueue(&tx, &AddressChangedMail::to(user)).await?;
            }
            changes::record(&tx, &[event::updated(user, &updated)]).await?;
            Ok(updated)
        };
        self.db.atomic(work).await
    }

    /// Gives `user` a role.
    ///
    /// # Errors
    /// As [`Business::update`].
    pub async fn grant(&self, user: &User, role: Role) -> Result<User, Error> {
        self.update(user, UpdateUser { roles: Some(user.roles.with(role)), ..UpdateUser::default() }).await
    }

    /// Takes a role from `user`.
    ///
    /// # Errors
    /// As [`Business::update`].
    pub async fn revoke(&self, user: &User, role: Role) -> Result<User, Error> {
        let roles = user.roles.iter().filter(|held| *held != role).collect();
        self.update(user, UpdateUser { roles: Some(roles), ..UpdateUser::default() }).await
    }

    /// Lets `user` sign in again.
    ///
    /// # Errors
    /// As [`Business::update`].
    pub async fn enable(&self, user: &User) -> Result<User, Error> {
        self.update(user, UpdateUser { enabled: Some(true), ..UpdateUser::default() }).await
    }

    /// Keeps `user` from signing in; access tokens end within seconds ([`Business::query_by_id`] says so to whoever
    /// checks them). Whoever calls this ends their sessions too, in the same transaction.
    ///
    /// # Errors
    /// As [`Business::update`].
    pub async fn disable(&self, user: &User) -> Result<User, Error> {
        self.update(user, UpdateUser { enabled: Some(false), ..UpdateUser::default() }).await
    }

    /// Gives the user these roles and no others, if `expected` is their version or `None`. They keep their version
    /// when they had just these.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::EditConflict`] when they have another version, [`Error::LastAdmin`],
    /// [`Error::Store`].
    pub async fn set_roles(&self, user_id: UserId, roles: Roles, expected: Option<Version>) -> Result<User, Error> {
        let work = async |tx: Tx| {
            let business = self.with_tx(&tx);
            let (user, _) = business.store.lock(user_id).await?.ok_or(Error::NotFound)?;
            if expected.is_some_and(|expected| expected != user.version) {
                return Err(Error::EditConflict { current: user.version });
            }
            business.update(&user, UpdateUser { roles: Some(roles), ..UpdateUser::default() }).await
        };
        self.db.atomic(work).await
    }

    /// Removes the user with everything that is only theirs: sessions, tokens, and what audits tell of their person. They
    /// are told by mail.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::EditConflict`] when `expected` is not their version, [`Error::LastAdmin`],
    /// [`Error::Store`].
    pub async fn delete(&self, user_id: UserId, expected: Option<Version>) -> Result<(), Error> {
        let work = async |tx: Tx| {
            let store = Store::new(tx.db());
            let Some(user) = store.delete(user_id, expected).await? else {
                return Err(conflict(&store, user_id).await);
            };
            changes::record(&tx, &[event::deleted(&user)]).await?;
            changes::erase(&tx, event::ENTITY, user_id).await?;
            Ok(jobs::enqueue(&tx, &AccountDeletedMail::to(&user)).await?)
        };
        self.db.atomic(work).await
    }

    /// A page of the users within `scope` that `filter` selects.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn query(
        &self,
        scope: Scope,
        filter: &QueryFilter,
        order_by: OrderBy<OrderField>,
        page: &Page,
    ) -> Result<Slice<User>, Error> {
        let total = if page.total { Some(self.store.count(scope, filter).await?) } else { None };
        Ok(self.store.query(scope, filter, &order_by, page, total).await?)
    }

    /// The user with this id.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none within `scope`, [`Error::Store`].
    pub async fn query_by_id(&self, scope: Scope, user_id: UserId) -> Result<User, Error> {
        if !scope.covers(user_id) {
            return Err(Error::NotFound);
        }
        self.store.query_by_id(user_id).await?.ok_or(Error::NotFound)
    }

    /// The users with these ids, in no order, as many as there are.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn query_by_ids(&self, user_ids: &[UserId]) -> Result<Vec<User>, Error> {
        Ok(self.store.query_by_ids(user_ids).await?)
    }

    /// The user with this id as one whom anybody may give money: they may sign in, and so have it.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none who may sign in, [`Error::Store`].
    pub async fn query_payee(&self, user_id: UserId) -> Result<User, Error> {
        let user = self.query_by_id(Scope::Any, user_id).await?;
        if user.may_sign_in() { Ok(user) } else { Err(Error::NotFound) }
    }

    /// The user with this id, whom nobody else can change until the transaction ends, and for whom no session begins. Call
    /// it first where sessions are ended in the same transaction: whoever changes a user locks them before their sessions,
    /// and in the other order two could wait for each other.
    ///
    /// # Errors
    /// As [`Business::query_by_id`].
    pub async fn lock(&self, scope: Scope, user_id: UserId) -> Result<User, Error> {
        if !scope.covers(user_id) {
            return Err(Error::NotFound);
        }
        self.store.lock(user_id).await?.map(|(user, _)| user).ok_or(Error::NotFound)
    }

    /// The user with this address.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none within `scope`, [`Error::Store`].
    pub async fn query_by_email(&self, scope: Scope, email: &Email) -> Result<User, Error> {
        let found = self.store.query_by_email(email).await?;
        found.map(|(user, _)| user).filter(|user| scope.covers(user.id)).ok_or(Error::NotFound)
    }

    /// The number of users within `scope` that `filter` selects.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn count(&self, scope: Scope, filter: &QueryFilter) -> Result<u64, Error> {
        Ok(self.store.count(scope, filter).await?)
    }

    /// The user who may sign in with this address and this password, both as they were typed.
    ///
    /// An unknown address, a wrong password, a disabled and a not activated account give the same error after the same
    /// work, so that nobody learns who has an account (OWASP ASVS 5.0, 6.3.8).
    ///
    /// # Errors
    /// [`Error::BadCredentials`], [`Error::Busy`], [`Error::Hashing`], [`Error::Store`].
    pub async fn authenticate(&self, email: &str, password: &SecretString) -> Result<User, Error> {
        let found = match Email::parse(email) {
            Ok(email) => self.store.query_by_email(&email).await?,
            // Nobody has such an address; the password is hashed all the same.
            Err(_) => None,
        };
        let (user, stored) = found.unzip();
        let verdict = self.passwords.verify(password, stored.as_ref()).await?;
        let user = user.filter(|user| verdict.matches && user.may_sign_in()).ok_or(Error::BadCredentials)?;
        if let (true, Some(stored)) = (verdict.outdated, stored) {
            // The sign-in has succeeded whether or not the hash can be replaced now; the next one tries again.
            if let Ok(hash) = self.passwords.rehash(password).await {
                let _ = self.store.replace_hash(user.id, &stored, &hash).await;
            }
        }
        Ok(user)
    }

    /// Makes sure that `user`, as [`Business::authenticate`] found them, is the same until the transaction ends. A
    /// session that is created in that transaction can't outlive a password that is changed at the same moment: either
    /// that change finds the session, and ends it, or this finds the change.
    ///
    /// # Errors
    /// [`Error::BadCredentials`] when the user was changed or removed meanwhile: let them sign in again.
    /// [`Error::Store`].
    pub async fn confirm(&self, user: &User) -> Result<(), Error> {
        if self.store.hold(user.id, user.version).await? { Ok(()) } else { Err(Error::BadCredentials) }
    }
}

/// Why a statement that names an id and a version met no row.
async fn conflict(store: &Store, user_id: UserId) -> Error {
    match store.query_by_id(user_id).await {
        Ok(Some(user)) => Error::EditConflict { current: user.version },
        Ok(None) => Error::NotFound,
        Err(error) => error.into(),
    }
}
