//! Who calls, what the policy lets them do.

mod caller;
pub mod policy;

pub use crate::caller::{Caller, Principal};
pub use crate::policy::{Denied, Grant, Permission, Row, Scope};
