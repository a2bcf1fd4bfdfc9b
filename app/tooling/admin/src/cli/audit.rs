//! The flags of `admin audit`.

use std::net::IpAddr;

use auditbus::{ActorKind, TraceId, Word};
use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use types::Timestamp;
use uuid::Uuid;

/// See `Command::Audit`.
#[derive(Debug, Args)]
pub(crate) struct Audit {
    /// Only changes of this kind of row, such as movie
    #[arg(long, value_name = "NAME", value_parser = Word::parse)]
    pub(crate) entity: Option<Word>,
    /// Only changes of this row
    #[arg(long, value_name = "ID")]
    pub(crate) entity_id: Option<Uuid>,
    /// Only changes like this: created, updated, deleted, or another verb
    #[arg(long, value_name = "VERB", value_parser = Word::parse)]
    pub(crate) action: Option<Word>,
    /// Only changes by actors of this kind: anonymous, user, operator, system
    #[arg(long, value_name = "KIND", value_parser = ActorKind::parse)]
    pub(crate) actor: Option<ActorKind>,
    /// Only changes by this user; one who is gone is known by id alone
    #[arg(long, value_name = "EMAIL|ID")]
    pub(crate) actor_id: Option<String>,
    /// Only changes under this trace: the trace_id of a problem, or of a line of the log
    #[arg(long, value_name = "TRACE_ID", value_parser = TraceId::parse)]
    pub(crate) trace_id: Option<TraceId>,
    /// Only changes that were asked for from this address
    #[arg(long, value_name = "IP")]
    pub(crate) address: Option<IpAddr>,
    /// Only changes since then: a moment, or how long ago, as 2026-01-31T22:00:00Z, 30m, 12h, 7d
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    pub(crate) from: Option<Timestamp>,
    /// Only changes before then
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    pub(crate) to: Option<Timestamp>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) limit: u32,
}

/// A moment (RFC 3339), or one that is so many seconds, minutes, hours, days ago.
pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Ok(moment.with_timezone(&Utc));
    }
    let ago = || {
        let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let number: i64 = number.parse().ok().filter(|number| (0..=1_000_000).contains(number))?;
        match unit {
            "s" => Some(TimeDelta::seconds(number)),
            "m" => Some(TimeDelta::minutes(number)),
            "h" => Some(TimeDelta::hours(number)),
            "d" => Some(TimeDelta::days(number)),
            _ => None,
        }
    };
    let moment = ago().and_then(|ago| types::now().checked_sub_signed(ago));
    moment.ok_or_else(|| "expected a moment, as 2026-01-31T22:00:00Z, or how long ago, as 30m, 12h, 7d".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_one_of_the_calendar_or_some_time_ago() {
        assert_eq!(moment("2026-01-31T23:00:00+01:00").unwrap().to_rfc3339(), "2026-01-31T22:00:00+00:00");
        for (text, seconds) in [("0s", 0), ("90s", 90), ("30m", 1800), ("12h", 43_200), ("7d", 604_800)] {
            let moment = moment(text).unwrap();
            let ago = (types::now() - moment).num_seconds();
            assert!((seconds..seconds + 60).contains(&ago), "{text}");
        }
        for text in ["", "h", "-1h", "7", "7w", "1.5h", "yesterday", "2026-01-31", "9999999d", "7ä"] {
            assert!(moment(text).is_err(), "{text}");
        }
    }
}
