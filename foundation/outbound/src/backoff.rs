//! How long is waited before a retry.

use std::time::Duration;

/// Pauses that grow, each random from zero to its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The limit of the first pause; that of each next one is twice as long.
    pub first: Duration,
    /// What no limit grows beyond.
    pub longest: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { first: Duration::from_millis(50), longest: Duration::from_secs(1) }
    }
}

impl Backoff {
    /// The pause before retry `number`, from 0 on, where `random` is any number of 64 bits.
    pub(crate) fn pause(self, number: u32, random: u64) -> Duration {
        let factor = 1_u32.checked_shl(number).unwrap_or(u32::MAX);
        let limit = self.first.saturating_mul(factor).min(self.longest);
        // The part of the limit that `random` is of its range.
        let nanos = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
        let part = (u128::from(nanos) * u128::from(random)) >> 64;
        Duration::from_nanos(u64::try_from(part).unwrap_or(nanos))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn limits_double_up_to_the_longest() {
        let backoff = Backoff { first: Duration::from_millis(50), longest: Duration::from_millis(300) };
        let limits: Vec<_> = (0..5).map(|number| backoff.pause(number, u64::MAX).as_millis()).collect();
        assert_eq!(limits, [49, 99, 199, 299, 299]);
        assert_eq!(backoff.pause(2, u64::MAX / 2).as_millis(), 99);
    }

    proptest! {
        #[test]
        fn a_pause_is_never_longer_than_the_longest(number: u32, random: u64, first: u64, longest: u64) {
            let backoff = Backoff { first: Duration::from_millis(first), longest: Duration::from_millis(longest) };
            prop_assert!(backoff.pause(number, random) <= backoff.longest);
        }
    }
}
