//! What a runner tells of its work, for whoever logs and counts.

use std::time::Duration;

use changes::Traceparent;

use crate::job::{Failure, JobId};

/// An attempt that begins.
#[derive(Clone, Debug)]
pub struct Begun {
    /// The job.
    pub job_id: JobId,
    /// The name of its kind.
    pub name: &'static str,
    /// Which attempt it is, from 1.
    pub attempt: i16,
    /// The trace of whoever enqueued it (W3C Trace Context).
    pub traceparent: Option<Traceparent>,
}

/// What became of an attempt, or of the runner's own work.
#[derive(Clone, Debug)]
pub enum Report {
    /// The job is done.
    Done {
        /// The attempt.
        begun: Begun,
        /// How long it took.
        took: Duration,
        /// How long it had been due.
        waited: Duration,
    },
    /// The attempt failed; another comes.
    Failed {
        /// The attempt.
        begun: Begun,
        /// Why.
        reason: String,
        /// The pause before the next attempt.
        pause: Duration,
    },
    /// The job was given up.
    Dead {
        /// The last attempt.
        begun: Begun,
        /// Why.
        reason: String,
    },
    /// The attempt was ended, since the database could not be reached in time to keep the job; another runner takes it.
    Lost {
        /// The attempt.
        begun: Begun,
    },
    /// The attempt was ended by the stop; another runner takes it at once.
    Released {
        /// The attempt.
        begun: Begun,
    },
    /// The runner could not do its own work, and goes on trying.
    Hindered {
        /// What it was doing.
        doing: &'static str,
        /// Why it failed.
        reason: String,
    },
}

impl Report {
    pub(crate) fn hindered(doing: &'static str, error: &sqldb::Error) -> Self {
        Self::Hindered { doing, reason: Failure::retry(error).to_string() }
    }
}
