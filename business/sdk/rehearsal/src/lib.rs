//! Statements and migrations, tried out on a scratch database before they meet a real one.
//!
//! [`Replayed`] prepares statements against what the migrations make; [`locks`] runs new migrations over filled tables
//! and tells what they kept from being used, and for how long.

mod fill;
mod locks;
mod statements;

pub use crate::locks::{Held, Trial, Unfilled, locks};
pub use crate::statements::{Column, Prepared, Refusal, Replayed};

/// Why nothing could be tried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The migrations could not be replayed, or the scratch database could not be made.
    #[error(transparent)]
    Migrate(#[from] migrate::Error),
    /// The scratch database failed.
    #[error("the scratch database failed")]
    Database(#[from] sqlx::Error),
}
