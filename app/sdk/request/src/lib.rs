//! Requests decoded strictly, from the description that also documents them.
//!
//! A [`Body`] names its members, [`Parameters`] theirs, with a [`Field`] each. The same `read` function decodes a request and,
//! run over an empty one, yields the schema: documentation and behaviour have one source.
//!
//! ```
//! use request::{Body, Field, Object, field};
//!
//! static TITLE: Field<String> = field::text(1..=500, |text| Ok(text.to_owned())).example("The Godfather");
//! static STOCK: Field<i64> = field::integer(0..=1_000_000, |number| Ok(number));
//!
//! struct NewMovie {
//!     title: String,
//!     stock: i64,
//! }
//!
//! impl Body for NewMovie {
//!     const NAME: &'static str = "NewMovie";
//!     fn read(object: &mut Object<'_>) -> Option<Self> {
//!         // First every member, then the question marks: so that all errors are found at once.
//!         let title = object.required("title", &TITLE);
//!         let stock = object.defaulted("stock", &STOCK, 0);
//!         Some(Self { title: title?, stock: stock? })
//!     }
//! }
//!
//! let movie: NewMovie = request::decode(br#"{"title": "Alien"}"#)?;
//! assert_eq!((movie.title.as_str(), movie.stock), ("Alien", 0));
//! # Ok::<(), apierror::ApiError>(())
//! ```

mod amount;
mod extract;
pub mod field;
mod json;
mod list;
mod object;
mod params;
mod place;
mod report;
mod unread;
mod uri;

pub use crate::extract::body::{Empty, Json, JsonOrForm, Limits, MergePatch, RawJson, decode, decode_form};
pub use crate::extract::condition::{IfMatch, IfNoneMatch, OptionalIfMatch};
pub use crate::extract::id::Id;
pub use crate::extract::idempotency::{Fingerprint, IdempotencyKey, Idempotent, Keyed, RequiredIdempotent};
pub use crate::extract::query::Query;
pub use crate::extract::range::{Part, Selection};
pub use crate::extract::stream::{StreamLimits, Streamed, Streams};
pub use crate::field::{Field, Refusal};
pub use crate::list::{Continuation, List, ListKey, Sorting};
pub use crate::object::{Body, Object, components_of, schema_of};
pub use crate::params::{Parameters, Params, parameters_of};
pub use crate::unread::Unread;
