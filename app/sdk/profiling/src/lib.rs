//! Profiles of the running process, in the formats that people and their tools read.
//!
//! Every profile is one in pprof's format first ([`Profile`]); the flame graph, the table and the folded stacks are made of it, so that
//! all of them say the same. One profile is taken at a time, and one that nobody waits for any more ends.
//!
//! Where memory is held is known with the feature `jemalloc` alone: it makes jemalloc the allocator of whatever program has this
//! crate in it.

mod allocator;
mod cpu;
mod heap;
mod profile;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub use crate::allocator::{ALLOCATOR, Statistics, statistics};
pub use crate::profile::{Format, Profile};

#[cfg(feature = "jemalloc")]
#[global_allocator]
static JEMALLOC: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// What a program is built with to have heap profiles.
pub const HOW_TO_GET_HEAP_PROFILES: &str = "this build has no heap profiles: build it with `--features profiling/jemalloc` (`make run PROFILES=1`; images have it)";

/// The longest time that a profile of the processor may take.
pub const LONGEST: Duration = Duration::from_secs(120);

/// The most samples a second.
pub const HIGHEST_FREQUENCY: u32 = 1000;

/// Takes profiles of this process, one at a time.
#[derive(Clone, Debug)]
pub struct Profiler(Arc<Semaphore>);

/// There is no profile.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another one is being taken.
    #[error("another profile is being taken")]
    Busy,
    /// The allocator of this build does not know.
    #[error("{HOW_TO_GET_HEAP_PROFILES}")]
    NotBuilt,
    /// The time or the frequency is none that is taken.
    #[error("{0}")]
    Limits(String),
    /// The profiler failed.
    #[error("the profiler failed: {0}")]
    Failed(String),
}

impl Profiler {
    /// No profile is being taken yet.
    pub fn new() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }

    /// Samples what the processors do, for this long, so many times in each second that a processor works.
    ///
    /// A thread that waits is not met. When this is dropped before its end, the sampling ends with it.
    ///
    /// # Errors
    ///
    /// Another profile is being taken, or the profiler fails.
    pub async fn cpu(&self, time: Duration, frequency: u32) -> Result<Profile, Error> {
        if time.is_zero() || time > LONGEST {
            return Err(Error::Limits(format!("must be 1 to {} seconds", LONGEST.as_secs())));
        }
        if frequency == 0 || frequency > HIGHEST_FREQUENCY {
            return Err(Error::Limits(format!("must be 1 to {HIGHEST_FREQUENCY} samples a second")));
        }
        let turn = self.turn()?;
        cpu::take(turn, time, frequency).await
    }

    /// Who asked for the memory that is held now, by samples.
    ///
    /// # Errors
    ///
    /// Another profile is being taken, this build has no heap profiles, or the profiler fails.
    pub async fn heap(&self) -> Result<Profile, Error> {
        let turn = self.turn()?;
        heap::take(turn).await
    }

    fn turn(&self) -> Result<OwnedSemaphorePermit, Error> {
        Arc::clone(&self.0).try_acquire_owned().map_err(|_| Error::Busy)
    }
}

impl Default for Profiler {
    fn default() -> Self {
        Self::new()
    }
}

/// Runs what blocks where it may; a panic in it is a failure like any other.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(Error::Failed(error.to_string())))
}
