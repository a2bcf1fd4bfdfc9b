//! Who calls, what the policy lets them do.

mod authenticator;
mod caller;
mod claims;
pub mod policy;
mod states;

pub use crate::authenticator::{AccessToken, Authenticator, STATE_LIFETIME, Settings};
pub use crate::caller::{Caller, Principal};
pub use crate::policy::{Denied, Grant, Permission, Row};
