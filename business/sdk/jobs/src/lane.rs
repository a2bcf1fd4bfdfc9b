//! The jobs of one lane: taken when they are due, so many at a time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::attempt::{Attempt, Handler};
use crate::leases::LEASE;
use crate::report::Report;
use crate::runner::Shared;
use crate::store;

/// How often a lane with nothing to do looks for jobs.
const POLL: Duration = Duration::from_millis(500);

/// The pause after a look that failed.
const PAUSE: Duration = Duration::from_secs(1);

/// How long the attempts that are ended at the stop may take to give their jobs back.
const RELEASE: Duration = Duration::from_millis(1500);

/// A lane of a runner.
///
/// Its attempts are tasks of a `JoinSet`, and no tasks of a `worker::Worker`: none waits for a slot, as a job is claimed
/// when there is room for it and not before; whatever ends a handler (a panic, its deadline, the stop, a lost lease), the
/// attempt lives on to write that down; and an attempt that is ended at the stop gives its job back first, which a
/// task that is dropped could not.
pub(crate) struct Lane {
    pub(crate) name: &'static str,
    /// The most jobs at a time.
    pub(crate) limit: usize,
    pub(crate) handlers: HashMap<&'static str, Arc<Handler>>,
}

impl Lane {
    /// Runs jobs until the stop, and then those it has to their end, at most for `grace`.
    pub(crate) async fn run(self, shared: Arc<Shared>, stop: CancellationToken, grace: Duration) {
        let names: Vec<&'static str> = self.handlers.keys().copied().collect();
        let mut attempts = JoinSet::new();
        let mut next_look = Instant::now();
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                // A panic outside of the handler; the lease ends by itself.
                Some(_) = attempts.join_next() => {}
                () = sleep_until(next_look), if attempts.len() < self.limit => {
                    let room = self.limit - attempts.len();
                    next_look = match self.claim(&shared, &names, room, &mut attempts).await {
                        Ok(taken) if taken == room => Instant::now(),
                        Ok(_) => Instant::now() + POLL,
                        Err(error) => {
                            shared.report(Report::hindered("look for jobs", &error));
                            Instant::now() + PAUSE
                        }
                    };
                }
            }
        }
        let all_ended = async |attempts: &mut JoinSet<()>| while attempts.join_next().await.is_some() {};
        if timeout_at(Instant::now() + grace, all_ended(&mut attempts)).await.is_err() {
            shared.quit.cancel();
            // What is left is dropped, and its lease ends.
            let _ = timeout_at(Instant::now() + RELEASE, all_ended(&mut attempts)).await;
        }
    }

    /// Takes up to `room` jobs and starts them; gives their number.
    async fn claim(
        &self,
        shared: &Arc<Shared>,
        names: &[&'static str],
        room: usize,
        attempts: &mut JoinSet<()>,
    ) -> Result<usize, sqldb::Error> {
        let sent = Instant::now();
        let claimed = store::claim(&shared.db, shared.id, self.name, names, room, LEASE).await?;
        let taken = claimed.len();
        for claimed in claimed {
            // The statement asked for these names alone.
            let Some(handler) = self.handlers.get(claimed.name.as_str()) else { continue };
            let hold = shared.leases.hold(claimed.fence.job_id, sent);
            attempts.spawn(Attempt { shared: Arc::clone(shared), handler: Arc::clone(handler), claimed, hold }.run());
        }
        Ok(taken)
    }
}
