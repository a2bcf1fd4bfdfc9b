//! The clock.

use chrono::{DateTime, NaiveDate, SubsecRound, Utc};

/// A moment, in UTC.
pub type Timestamp = DateTime<Utc>;

/// A day of the calendar, wherever one is.
pub type Date = NaiveDate;

/// This moment, in whole microseconds.
///
/// PostgreSQL keeps microseconds: with more digits the answer to a write would differ from the next read.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub fn now() -> Timestamp {
    Utc::now().trunc_subsecs(6)
}
