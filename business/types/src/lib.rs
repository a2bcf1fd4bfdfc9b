//! The vocabulary that two or more domains speak.

mod decimal;
mod document;
mod email;
mod http_url;
mod id;
mod line;
mod money;
mod name;
mod password;
mod patch;
mod role;
mod scope;
mod time;
mod token;
mod version;

pub use rust_decimal::Decimal;

pub use crate::decimal::{DecimalError, decimal};
pub use crate::document::{Document, DocumentError};
pub use crate::email::{Email, EmailError};
pub use crate::http_url::{HttpUrl, HttpUrlError};
pub use crate::id::{CinemaId, Id, IdError, MediaId, MovieId, OrderId, PaymentId, SessionId, UserId};
pub use crate::line::{LineError, line};
pub use crate::money::{Amount, AmountError, Currency, CurrencyError, Money};
pub use crate::name::Name;
pub use crate::password::{Password, PasswordError};
pub use crate::patch::Patch;
pub use crate::role::{Role, RoleError, Roles};
pub use crate::scope::Scope;
pub use crate::time::{Date, Timestamp, now};
pub use crate::token::{RandomnessError, SecretToken, SecretTokenError};
pub use crate::version::Version;
