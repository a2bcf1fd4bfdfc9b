//! What a service asks another one: by a call in the same process, by HTTP between two.
//!
//! Whoever needs another domain owns a small trait that says what of it, such as [`Payees`]. It has two implementations:
//! [`Local`] calls the business in this process; [`Accounts`] asks the service of accounts, with
//!
//! - the credentials of the caller ([`Asking`]): who may not ask there learns nothing here;
//! - the trace of the request, which goes on in the spans and the log of the other service;
//! - what is left of the request's deadline, `peers.deadline` at most;
//! - few retries within a budget (`outbound`), so that a service that is down gets no more than its usual load.
//!
//! What goes wrong there is said here as what it means to the client: 504 when the answer did not come in time, 503 with
//! `Retry-After` when the service is away or has too much to do, 401 when it does not know the credentials.
//!
//! Which of the two it is, the settings say ([`payees`]): a URL of the other service, or none.

mod accounts;
mod asking;
mod failure;
mod payees;

use std::sync::Arc;

use outbound::Url;
use settings::Settings;

pub use crate::accounts::Accounts;
pub use crate::asking::Asking;
pub use crate::failure::PeerError;
pub use crate::payees::{Local, Payee, Payees};

/// Why there is nobody to ask.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// `peers.accounts_url` is no URL.
    #[error("peers.accounts_url is no URL")]
    Url,
    /// TLS cannot be set up.
    #[error("no client for other services can be made")]
    Client(#[from] outbound::OptionsError),
}

/// What cannot be used of the settings, with what would be right.
pub fn refused(settings: &Settings) -> Vec<(&'static str, String)> {
    let url = settings.peers.accounts_url.as_deref();
    match url.is_none_or(|url| Url::parse(url).is_ok()) {
        true => Vec::new(),
        false => vec![("peers.accounts_url", "an http or https URL without credentials".to_owned())],
    }
}

/// Who knows whom one can pay: the service that the settings name, else `users` of this process.
///
/// # Errors
/// The URL is none, or TLS cannot be set up.
pub fn payees(settings: &Settings, users: &userbus::Business) -> Result<Arc<dyn Payees>, SetupError> {
    Ok(match &settings.peers.accounts_url {
        Some(url) => {
            let url = Url::parse(url).map_err(|_| SetupError::Url)?;
            Arc::new(Accounts::new(url, settings.peers.deadline)?)
        }
        None => Arc::new(Local::new(users.clone())),
    })
}
