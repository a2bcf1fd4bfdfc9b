//! What every change of a domain leaves behind in its own transaction: an audit and an event.
//!
//! The audit says who changed what, when, from where, under which trace, and how it differs from before. The event is
//! for everyone who wants to know: it is handed on in order, at least once, by the relay of `events`. Both are written by
//! one statement ([`record`]) in the transaction of the change, so that there is never one without the other.
//!
//! What may be seen of a change is a matter of types: a value gets into an audit or an event only if its type says so
//! ([`Shown`]). Text does not, and neither does a password, so that no secret gets in by mistake:
//!
//! ```compile_fail,E0277
//! changes::Fields::new().field("password", &String::from("correct horse"));
//! ```
//! ```compile_fail,E0277
//! changes::Fields::new().field("password", "correct horse");
//! ```
//! ```compile_fail,E0277
//! changes::Fields::new().personal("password", &Some(String::from("correct horse")));
//! ```
//! ```compile_fail,E0277
//! changes::Fields::new().field("token", &secrecy::SecretString::from("correct horse"));
//! ```
//! ```compile_fail,E0277
//! changes::Fields::new().field("password", &types::Password::parse("correct horse").unwrap());
//! ```
//! ```compile_fail,E0277
//! changes::Fields::new().field("token", &b"correct horse"[..]);
//! ```
//!
//! It is the type that is refused there and nothing else: the same values can be made, and of each it can be said that it
//! changed.
//!
//! ```
//! let _ = (String::from("correct horse"), Some(String::from("correct horse")), &b"correct horse"[..]);
//! let _ = secrecy::SecretString::from("correct horse");
//! let _ = types::Password::parse("correct horse").unwrap();
//! changes::Fields::new().field("name", &types::Name::parse("Ada").unwrap()).personal("age", &Some(36)).changed("password");
//! ```

mod change;
mod fields;
mod name;
mod origin;
mod shown;
mod store;

pub use serde_json::Value;

pub use crate::change::Change;
pub use crate::fields::Fields;
pub use crate::name::{Action, Entity};
pub use crate::origin::{Actor, Origin, Traceparent, origin, within};
pub use crate::shown::Shown;
pub use crate::store::{PARTITIONS, erase, partition, record};
