//! Stores that are quick, slow, dead, killed and spoilt.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod copying;
mod ground;
mod reading;
mod remains;
mod s3;
mod uploading;
