//! When requests are due.

use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};

/// The distances between requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrivals {
    /// All the same.
    Constant,
    /// Exponentially distributed, as those of many users who know nothing of each other (a Poisson process). The same
    /// seed gives the same moments.
    Poisson {
        /// Of the random numbers.
        seed: u64,
    },
}

impl Arrivals {
    /// The moments of `rate` requests a second, from the begin, without an end.
    pub(crate) fn moments(self, rate: f64) -> impl Iterator<Item = Duration> + Send {
        let mut random = match self {
            Self::Constant => None,
            Self::Poisson { seed } => Some(SmallRng::seed_from_u64(seed)),
        };
        let mut last = 0.0;
        (0_u64..).map(move |number| {
            let seconds = match &mut random {
                // Multiplied, not added up: no error grows.
                None => number as f64 / rate,
                Some(random) => {
                    // 1 - u is in (0, 1], of which there is a logarithm.
                    last += -(1.0 - random.random::<f64>()).ln() / rate;
                    last
                }
            };
            Duration::from_secs_f64(seconds)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constant_arrivals_keep_the_rate_exactly() {
        let moments: Vec<_> = Arrivals::Constant.moments(300.0).take_while(|at| at.as_secs() < 10).collect();
        assert_eq!(moments.len(), 3000);
        assert_eq!((moments[0], moments[300]), (Duration::ZERO, Duration::from_secs(1)));
    }

    #[test]
    fn poisson_arrivals_keep_the_rate_on_average_and_come_again_by_their_seed() {
        let moments =
            |seed| Arrivals::Poisson { seed }.moments(300.0).take_while(|at| at.as_secs() < 100).collect::<Vec<_>>();
        let (one, two) = (moments(1), moments(2));
        // Five standard deviations of a Poisson number around 30,000.
        assert!(one.len().abs_diff(30_000) < 870, "{}", one.len());
        assert_eq!(one, moments(1));
        assert_ne!(one, two);
        let gaps: Vec<f64> = one.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64() * 300.0).collect();
        // Of an exponential distribution, 1/e is longer than the mean.
        let longer = gaps.iter().filter(|gap| **gap > 1.0).count() as f64 / gaps.len() as f64;
        assert!((longer - 0.368).abs() < 0.02, "{longer}");
    }
}
