//! When a periodic job is due.

use std::str::FromStr;

use chrono::SubsecRound as _;
use croner::Cron;
use types::Timestamp;

/// Minutes, hours, days, months and weekdays at which something is due, in UTC.
#[derive(Clone, Debug)]
pub struct Schedule {
    pattern: String,
    cron: Cron,
}

/// The text is no schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no cron pattern that ever comes, such as `*/15 * * * *`")]
pub struct ScheduleError(String);

impl Schedule {
    /// Reads a pattern of five fields, as crontab(5) has them: `*/15 * * * *` is every quarter of an hour.
    ///
    /// # Errors
    /// The text is no such pattern, or names days that never come.
    pub fn parse(pattern: &str) -> Result<Self, ScheduleError> {
        let refused = || ScheduleError(pattern.to_owned());
        if pattern.split_whitespace().count() != 5 {
            return Err(refused());
        }
        let schedule = Self { pattern: pattern.to_owned(), cron: Cron::from_str(pattern).map_err(|_| refused())? };
        schedule.next(types::now()).map(|_| schedule).ok_or_else(refused)
    }

    /// The pattern as it was given.
    pub fn as_str(&self) -> &str {
        &self.pattern
    }

    /// The first due moment after `after`.
    pub(crate) fn next(&self, after: Timestamp) -> Option<Timestamp> {
        // Patterns count in seconds; croner would carry the rest of one along.
        self.cron.find_next_occurrence(&after.trunc_subsecs(0), false).ok()
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn at(text: &str) -> Timestamp {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    #[test]
    fn the_next_moment_is_later_than_now_also_when_now_is_one() {
        let schedule = Schedule::parse("*/15 * * * *").unwrap();
        assert_eq!(schedule.next(at("2026-03-01T10:00:00.000001Z")), Some(at("2026-03-01T10:15:00Z")));
        assert_eq!(schedule.next(at("2026-03-01T10:15:00Z")), Some(at("2026-03-01T10:30:00Z")));
        let daily = Schedule::parse("30 3 * * *").unwrap();
        assert_eq!(daily.next(at("2026-12-31T03:30:00Z")), Some(at("2027-01-01T03:30:00Z")));
    }

    #[test]
    fn what_is_no_pattern_of_five_fields_or_never_comes_is_refused() {
        for pattern in ["", "* * * *", "* * * * * *", "61 * * * *", "* 24 * * *", "hourly", "0 0 30 2 *"] {
            assert!(Schedule::parse(pattern).is_err(), "{pattern}");
        }
    }
}
