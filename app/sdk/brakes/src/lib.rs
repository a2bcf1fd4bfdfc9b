//! How often somebody may try what is open to everyone.
//!
//! Whoever guesses at passwords is slowed down by three buckets, each shared by all replicas: that of the address they
//! come from, that of the account as seen from this address, and that of the account as seen from everywhere. Only
//! guesses that fail use them up. An account that does not exist has the same buckets, and the same answers.
//!
//! The last of the three could lock an owner out, while somebody guesses from a thousand addresses. So it does not count
//! where the account has signed in before (the idea of OWASP's device cookies, with the address in the place of the
//! cookie): from there its owner has a bucket that strangers cannot touch. From a new place a mail that resets the
//! password leads in, since whoever reads the owner's mail has proved as much. The price: who shares an address with the
//! owner, and has others guess meanwhile, can tell that the account is used from there.
//!
//! Mail is counted by whom it goes to as well. What is too much is left unsent, and the answer does not tell.
//!
//! So are the addresses that an account is moved to: each try tells whether somebody else has the address.
//!
//! The client's address is that of [`changes::origin`].

mod policy;
mod source;

use std::time::Duration;

use apierror::{ApiError, Code};
use throttle::{Key, Outcome, Throttles, Turn};
use types::{Email, UserId};

pub use crate::policy::Mail;
use crate::source::Source;

/// The brakes of a service. Cheap to clone.
#[derive(Clone)]
pub struct Brakes(Option<Throttles>);

/// A try that is under way. Dropped, it counts as one that failed: so does a try whose client leaves before the answer.
#[must_use = "a try that is dropped has failed"]
pub struct Attempt {
    throttles: Option<Throttles>,
    turns: Vec<Turn>,
    /// What is remembered when it succeeds.
    acquaintance: Option<Key>,
}

/// What becomes of a mail that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It is to be sent.
    Due,
    /// It is one too many: nothing is to be sent, and the answer is to be as if it were.
    Withheld,
}

/// A brake that stopped a request, for the log.
#[derive(Debug, thiserror::Error)]
#[error("stopped by the brake {0}")]
struct Braked(&'static str);

impl Brakes {
    /// Brakes kept in `db`, which must not be a transaction.
    pub fn new(db: sqldb::Db) -> Self {
        Self(Some(Throttles::new(db)))
    }

    /// No brakes.
    pub fn off() -> Self {
        Self(None)
    }

    /// A sign-in with this address, as it was typed.
    ///
    /// # Errors
    /// 429 with the time to wait; what a failure of the database is to a client.
    pub async fn sign_in(&self, email: &str) -> Result<Attempt, ApiError> {
        let Some(throttles) = &self.0 else { return Ok(Attempt::free()) };
        let source = Source::current();
        let account = account(email);
        let pair: [&[u8]; 2] = [account.as_bytes(), source.bytes()];
        let acquaintance = acquaintance(&account, &source);
        // Asked for every account, and for unknown ones too.
        let turns = if throttles.remembers(&acquaintance).await? {
            vec![policy::SIGN_IN_PAIR.turn(&pair)]
        } else {
            vec![
                policy::SIGN_IN_SOURCE.turn(&[source.bytes()]),
                policy::SIGN_IN_PAIR.turn(&pair),
                policy::SIGN_IN_ACCOUNT.turn(&[account.as_bytes()]),
            ]
        };
        Attempt::begin(throttles, turns, Some(acquaintance)).await
    }

    /// A password that `user` is asked for once more, such as before it is changed.
    ///
    /// # Errors
    /// As [`Brakes::sign_in`].
    pub async fn confirmation(&self, user: UserId) -> Result<Attempt, ApiError> {
        let Some(throttles) = &self.0 else { return Ok(Attempt::free()) };
        let turn = policy::CONFIRMATION.turn(&[user.uuid().as_bytes()]);
        Attempt::begin(throttles, vec![turn], None).await
    }

    /// A secret that a client was given before, such as a refresh token.
    ///
    /// # Errors
    /// As [`Brakes::sign_in`].
    pub async fn token(&self) -> Result<Attempt, ApiError> {
        let Some(throttles) = &self.0 else { return Ok(Attempt::free()) };
        let turn = policy::TOKEN.turn(&[Source::current().bytes()]);
        Attempt::begin(throttles, vec![turn], None).await
    }

    /// Another address for the account of `user`, whoever asks for it. Whether it succeeds or not, it counts.
    ///
    /// # Errors
    /// As [`Brakes::sign_in`].
    pub async fn another_address(&self, user: UserId) -> Result<(), ApiError> {
        match &self.0 {
            Some(throttles) => stop(throttles.take(&[policy::MOVE.turn(&[user.uuid().as_bytes()])]).await?),
            None => Ok(()),
        }
    }

    /// A request that has `mail` sent to `email`. Whether it succeeds or not, it counts.
    ///
    /// # Errors
    /// As [`Brakes::sign_in`], for whoever asks too often; it says nothing of `email`.
    pub async fn mail(&self, mail: Mail, email: &Email) -> Result<Delivery, ApiError> {
        let Some(throttles) = &self.0 else { return Ok(Delivery::Due) };
        let source = Source::current();
        stop(throttles.take(&[policy::MAIL_SOURCE.turn(&[source.bytes()])]).await?)?;
        let (kind, account) = (mail.as_str().as_bytes(), account(email.as_str()));
        // Its owner can have one sent, whoever else has used theirs up. Not for a registration: what is withheld there is
        // answered sooner, and would tell that somebody here has an account already.
        let is_known = mail != Mail::Registration && throttles.remembers(&acquaintance(&account, &source)).await?;
        let turn = if is_known {
            policy::MAIL_PAIR.turn(&[kind, account.as_bytes(), source.bytes()])
        } else {
            policy::MAIL_TARGET.turn(&[kind, account.as_bytes()])
        };
        match throttles.take(&[turn]).await? {
            Outcome::Allowed => Ok(Delivery::Due),
            Outcome::Denied { policy, .. } => {
                tracing::info!(brake = policy, mail = mail.as_str(), "a mail is left unsent");
                Ok(Delivery::Withheld)
            }
        }
    }

    /// Whoever asks now has shown that the account of `email` is theirs, by a mail that they read.
    pub async fn acquaint(&self, email: &Email) {
        if let Some(throttles) = &self.0 {
            let acquaintance = acquaintance(&account(email.as_str()), &Source::current());
            note(throttles.remember(&acquaintance).await);
        }
    }

    /// Removes what says nothing any more. Run it every few minutes, on any replica.
    ///
    /// # Errors
    /// The database failed.
    pub async fn sweep(&self) -> Result<u64, sqldb::Error> {
        match &self.0 {
            Some(throttles) => throttles.sweep().await,
            None => Ok(0),
        }
    }
}

impl Attempt {
    /// Passes `outcome` on, and counts it: an error that `is_guess` recognises as a wrong guess uses its turn up, any
    /// other outcome gives it back.
    ///
    /// # Errors
    /// That of `outcome`.
    pub async fn settle<T, E>(self, outcome: Result<T, E>, is_guess: impl FnOnce(&E) -> bool) -> Result<T, E> {
        let Some(throttles) = self.throttles else { return outcome };
        match &outcome {
            Ok(_) => {
                note(throttles.give_back(&self.turns).await);
                if let Some(acquaintance) = &self.acquaintance {
                    note(throttles.remember(acquaintance).await);
                }
            }
            Err(error) if is_guess(error) => {}
            Err(_) => note(throttles.give_back(&self.turns).await),
        }
        outcome
    }

    async fn begin(throttles: &Throttles, turns: Vec<Turn>, acquaintance: Option<Key>) -> Result<Self, ApiError> {
        stop(throttles.take(&turns).await?)?;
        Ok(Self { throttles: Some(throttles.clone()), turns, acquaintance })
    }

    fn free() -> Self {
        Self { throttles: None, turns: Vec::new(), acquaintance: None }
    }
}

/// One spelling of an account, whether or not it exists, or is an address at all.
fn account(email: &str) -> String {
    Email::parse(email).map_or_else(|_| email.to_lowercase(), |email| email.as_str().to_owned())
}

fn acquaintance(account: &str, source: &Source) -> Key {
    Key::new("acquaintance", &[account.as_bytes(), source.bytes()])
}

/// 429 where a turn was refused.
fn stop(outcome: Outcome) -> Result<(), ApiError> {
    match outcome {
        Outcome::Allowed => Ok(()),
        Outcome::Denied { policy, retry_after } => Err(ApiError::new(Code::QuotaExceeded)
            .with_detail("this was tried too often of late")
            .with_retry_after(retry_after.max(Duration::from_secs(1)))
            .with_cause(Braked(policy))),
    }
}

/// A try whose outcome is known is not made to fail by its bookkeeping: a turn that is not given back comes back by
/// itself.
fn note(outcome: Result<(), sqldb::Error>) {
    if let Err(error) = outcome {
        tracing::warn!(%error, "a brake was not released");
    }
}
