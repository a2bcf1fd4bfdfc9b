//! Object stores for tests: a server of S3, and one that fails as it is told.
//!
//! What fails here fails the test that needs it: nothing returns an error.

#![expect(clippy::unwrap_used, reason = "a test without its store has failed")]

mod faulty;
mod s3;

pub use crate::faulty::{Faulty, How};
pub use crate::s3::S3;
