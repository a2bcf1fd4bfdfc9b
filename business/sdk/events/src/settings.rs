//! The times and numbers of a relay.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::Duration;

/// The times and numbers of a relay. The defaults are those of the product; tests have less patience.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How often it looks for events of which it was not notified.
    pub poll: Duration,
    /// For how long a part is its own; renewed three times in that time.
    pub lease: Duration,
    /// How many events are handled in one transaction at most.
    pub batch: u32,
    /// How long a consumer may take for one event, and a carrier.
    pub limit: Duration,
    /// How many transactions it has open at a time.
    pub transactions: usize,
    /// How often an event is tried before it is given up. A database that is slow for some minutes can look as if the event
    /// were refused: the tries reach over a quarter of an hour.
    pub attempts: u32,
    /// How long after the first refusal an event is tried again; twice as long after each further one.
    pub first_retry: Duration,
    /// The longest time between two tries.
    pub last_retry: Duration,
    /// The longest pause of a consumer that waits for something that is away.
    pub longest_pause: Duration,
    /// How long it may take to let go of the parts at a stop.
    pub last_word: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            poll: Duration::from_secs(1),
            lease: Duration::from_secs(5),
            batch: 100,
            limit: Duration::from_secs(2),
            transactions: 3,
            attempts: 13,
            first_retry: Duration::from_secs(1),
            last_retry: Duration::from_secs(300),
            longest_pause: Duration::from_secs(5),
            last_word: Duration::from_secs(1),
        }
    }
}

impl Settings {
    /// The time between the refusal of this number and the next try.
    pub(crate) fn retry_after(&self, attempts: u32) -> Duration {
        jittered(doubled(self.first_retry, attempts.saturating_sub(1), self.last_retry))
    }

    /// The pause of a consumer that found what it needs away for this number of times in a row.
    pub(crate) fn pause(&self, times: u32) -> Duration {
        jittered(doubled(Duration::from_millis(100), times.saturating_sub(1), self.longest_pause))
    }
}

fn doubled(first: Duration, times: u32, longest: Duration) -> Duration {
    first.saturating_mul(2_u32.saturating_pow(times.min(20))).min(longest)
}

/// Three quarters of it to all of it, so that those who wait for one thing do not come back at one moment.
fn jittered(duration: Duration) -> Duration {
    let random = RandomState::new().build_hasher().finish() % 1024;
    duration.mul_f64(0.75 + random as f64 / 4096.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_between_tries_doubles_up_to_a_limit() {
        let settings = Settings::default();
        for (attempts, longest) in [(1, 1), (2, 2), (3, 4), (9, 256), (10, 300), (u32::MAX, 300)] {
            let longest = Duration::from_secs(longest);
            let pause = settings.retry_after(attempts);
            assert!(pause <= longest && pause >= longest.mul_f64(0.75), "{attempts}: {pause:?}");
        }
    }

    #[test]
    fn an_event_is_tried_for_a_quarter_of_an_hour_and_less_than_one() {
        let settings = Settings::default();
        let longest: Duration = (1..settings.attempts).map(|attempts| settings.retry_after(attempts)).sum();
        assert!((Duration::from_mins(15)..Duration::from_hours(1)).contains(&longest), "{longest:?}");
    }

    #[test]
    fn two_who_wait_for_one_thing_do_not_come_back_at_one_moment() {
        let pauses: std::collections::HashSet<_> = (0..20).map(|_| Settings::default().pause(5)).collect();
        assert!(pauses.len() > 1, "{pauses:?}");
    }
}
