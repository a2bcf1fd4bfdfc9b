//! The jobs that a runner has, for as long as it can say so to the database.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::job::JobId;
use crate::report::Report;
use crate::runner::Shared;
use crate::store;

/// How long a runner has a job without renewing that: a killed one's jobs run again after this time at the latest.
pub const LEASE: Duration = Duration::from_secs(15);

/// How often leases are renewed, and how long that may take.
const RENEW: Duration = Duration::from_secs(2);

/// What remains of a lease when its job is ended: another look comes only after this time.
const MARGIN: Duration = RENEW.saturating_mul(2);

/// The leases of a runner.
#[derive(Clone, Debug, Default)]
pub(crate) struct Leases(Arc<Mutex<HashMap<JobId, Lease>>>);

#[derive(Debug)]
struct Lease {
    until: Instant,
    lost: CancellationToken,
}

/// A job that the runner has, until this is dropped or the lease is lost.
#[derive(Debug)]
pub(crate) struct Hold {
    leases: Leases,
    job_id: JobId,
    lost: CancellationToken,
}

impl Leases {
    /// Takes note of a job that was claimed by a statement sent at `sent`.
    pub(crate) fn hold(&self, job_id: JobId, sent: Instant) -> Hold {
        let lost = CancellationToken::new();
        self.lock().insert(job_id, Lease { until: sent + LEASE, lost: lost.clone() });
        Hold { leases: self.clone(), job_id, lost }
    }

    /// Renews until it is dropped.
    pub(crate) async fn keep(&self, shared: &Shared) {
        loop {
            tokio::time::sleep(RENEW).await;
            let (jobs, sent) = (self.jobs(), Instant::now());
            if jobs.is_empty() {
                continue;
            }
            // By the clock of this process, from before the statement was sent: the database's lease ends later.
            let renew = store::renew(&shared.db, shared.id, &jobs, LEASE);
            match sqldb::within(sent + RENEW, renew).await {
                Ok(kept) => self.renewed(&jobs, &kept, sent + LEASE),
                Err(error) => shared.report(Report::hindered("renew leases", &error)),
            }
            self.end_those_before(Instant::now() + MARGIN);
        }
    }

    fn jobs(&self) -> Vec<JobId> {
        self.lock().keys().copied().collect()
    }

    /// Of `jobs`, those in `kept` are had until then, the others are lost.
    fn renewed(&self, jobs: &[JobId], kept: &[JobId], until: Instant) {
        let mut leases = self.lock();
        for job_id in jobs {
            match leases.get_mut(job_id) {
                Some(lease) if kept.contains(job_id) => lease.until = until,
                Some(lease) => lease.lost.cancel(),
                None => {}
            }
        }
    }

    fn end_those_before(&self, moment: Instant) {
        for lease in self.lock().values().filter(|lease| lease.until < moment) {
            lease.lost.cancel();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<JobId, Lease>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hold {
    /// Waits until the lease is lost.
    pub(crate) async fn lost(&self) {
        self.lost.cancelled().await;
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.leases.lock().remove(&self.job_id);
    }
}
