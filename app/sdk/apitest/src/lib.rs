//! The API under test: instances on one database, a client that checks every answer against its description.
//!
//! [`Api::start`] serves routes as production does, by any number of instances that share nothing but a database of
//! the test's own. Whatever [`Api`] is asked, each answer has to be one that `/openapi.json` describes, and to keep the
//! rules that hold for all answers; a test only says what is special about its own.
//!
//! With `MARQUEE_TEST_SHAPE=split` the same tests are put to the services as processes of their own, so many replicas of each,
//! behind the gateway (`make test-split`).
//!
//! [`conformance!`] makes a test of each general rule of the HTTP contract for one [`Resource`].
//!
//! What fails here fails the test that needs it: nothing returns an error.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that meets something unexpected has failed"
)]

mod answer;
mod api;
pub mod conformance;
mod description;
mod people;
mod raw;
mod resource;
mod sending;
mod split;

pub use crate::answer::Answer;
pub use crate::api::{Api, Instance, run};
pub use crate::people::{PASSWORD, Standing};
pub use crate::raw::Raw;
pub use crate::resource::{Filter, List, Resource, Sort, merge};
pub use crate::sending::Request;
pub use crate::split::{Split, program, split_is_wanted};
