//! How long polls take.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of the buckets, in seconds; one more bucket has what takes longer.
pub const BOUNDS: [f64; 9] = [0.000_1, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 10.0];

/// Counts of polls by their time.
#[derive(Debug, Default)]
pub(crate) struct Histogram([AtomicU64; BOUNDS.len() + 1]);

impl Histogram {
    pub(crate) fn record(&self, took: Duration) {
        let seconds = took.as_secs_f64();
        let bucket = BOUNDS.iter().position(|bound| seconds <= *bound).unwrap_or(BOUNDS.len());
        self.0[bucket].fetch_add(1, Ordering::Relaxed);
    }

    /// The count of each bucket.
    pub(crate) fn counts(&self) -> [u64; BOUNDS.len() + 1] {
        std::array::from_fn(|bucket| self.0[bucket].load(Ordering::Relaxed))
    }
}
