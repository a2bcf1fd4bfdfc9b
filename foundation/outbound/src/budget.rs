//! How many retries all calls of a client have together.

use std::sync::atomic::{AtomicU64, Ordering};

/// What one retry costs; a call pays in [`Allowance::percent`] of them.
const RETRY: u64 = 100;

/// How much may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Retries, in percent of the calls.
    pub percent: u16,
    /// Retries beyond them, once: for the first calls, and for those that are few.
    pub reserve: u16,
    /// The most retries that are saved up: a long good time is no licence for a burst.
    pub most: u16,
}

impl Default for Allowance {
    /// A fifth, as in Finagle; ten at the start; a hundred at once.
    fn default() -> Self {
        Self { percent: 20, reserve: 10, most: 100 }
    }
}

/// A bucket of retries: each call puts a part of one in, each retry takes one out.
///
/// Whatever the order, retries never are more than `percent` of the calls and `reserve`. It has no clock: without calls
/// nothing grows, and at any rate of calls the part is the same.
#[derive(Debug)]
pub struct Budget {
    allowance: Allowance,
    /// In hundredths of a retry.
    left: AtomicU64,
}

impl Budget {
    /// With the reserve in it.
    #[must_use]
    pub fn new(allowance: Allowance) -> Self {
        let left = u64::from(allowance.reserve.min(allowance.most)) * RETRY;
        Self { allowance, left: AtomicU64::new(left) }
    }

    /// There is a call.
    pub fn pay_in(&self) {
        let most = u64::from(self.allowance.most) * RETRY;
        let more = |left: u64| Some(left.saturating_add(u64::from(self.allowance.percent)).min(most));
        // The closure always has a value.
        let _ = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }

    /// Whether there may be a retry, which is taken out then.
    #[must_use]
    pub fn take(&self) -> bool {
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(RETRY)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn allowances() -> impl Strategy<Value = Allowance> {
        (0..=300_u16, 0..=20_u16, 0..=200_u16).prop_map(|(percent, reserve, most)| Allowance { percent, reserve, most })
    }

    proptest! {
        #[test]
        fn retries_are_a_part_of_the_calls_and_the_reserve_at_every_moment(
            allowance in allowances(),
            steps in prop::collection::vec(any::<bool>(), 0..2_000),
        ) {
            let budget = Budget::new(allowance);
            let (mut calls, mut retries) = (0_u64, 0_u64);
            for is_call in steps {
                if is_call {
                    budget.pay_in();
                    calls += 1;
                } else {
                    retries += u64::from(budget.take());
                }
                let allowed = calls * u64::from(allowance.percent) + u64::from(allowance.reserve) * RETRY;
                prop_assert!(retries * RETRY <= allowed, "{retries} retries of {calls} calls");
            }
        }

        #[test]
        fn what_is_allowed_is_given(calls in 0..400_u64) {
            let budget = Budget::new(Allowance { percent: 20, reserve: 10, most: u16::MAX });
            (0..calls).for_each(|_| budget.pay_in());
            let retries = std::iter::from_fn(|| budget.take().then_some(())).count() as u64;
            prop_assert_eq!(retries, 10 + calls / 5);
        }

        #[test]
        fn no_more_is_saved_up_than_the_most(calls in 0..10_000_u64, most in 0..50_u16) {
            let budget = Budget::new(Allowance { percent: 20, reserve: 10, most });
            (0..calls).for_each(|_| budget.pay_in());
            let retries = std::iter::from_fn(|| budget.take().then_some(())).count();
            prop_assert!(retries <= usize::from(most));
        }
    }

    #[test]
    fn threads_that_take_at_once_take_no_more_than_there_is() {
        let budget = Budget::new(Allowance { percent: 20, reserve: 50, most: 1_000 });
        let taken = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..500 {
                        budget.pay_in();
                        taken.fetch_add(u64::from(budget.take()), Ordering::Relaxed);
                    }
                });
            }
        });
        let left = std::iter::from_fn(|| budget.take().then_some(())).count() as u64;
        // 2,000 calls are worth 400, beside the reserve; nothing reached the most.
        assert_eq!(taken.into_inner() + left, 450);
    }
}
