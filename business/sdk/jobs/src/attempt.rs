//! One run of one job: the handler, its deadline, what becomes of the row.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use changes::Origin;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::time::{Instant, timeout};

use crate::job::Failure;
use crate::leases::Hold;
use crate::report::{Begun, Report};
use crate::runner::Shared;
use crate::store::{self, Claimed, Fence};

/// The pause after the first failure.
const FIRST_PAUSE: Duration = Duration::from_secs(5);

/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);

/// The pause between two tries to say what became of an attempt.
const SETTLE_PAUSE: Duration = Duration::from_millis(500);

/// The longest reason that is kept, in characters.
const LONGEST_REASON: usize = 1000;

/// How long giving a job back may take at the stop.
const RELEASE_LIMIT: Duration = Duration::from_secs(1);

/// What does the jobs of one kind.
pub(crate) struct Handler {
    pub(crate) name: &'static str,
    pub(crate) lane: &'static str,
    pub(crate) deadline: Duration,
    pub(crate) run: Box<dyn Fn(Value) -> BoxFuture<'static, Result<(), Failure>> + Send + Sync>,
}

/// A claimed job with its handler.
pub(crate) struct Attempt {
    pub(crate) shared: Arc<Shared>,
    pub(crate) handler: Arc<Handler>,
    pub(crate) claimed: Claimed,
    pub(crate) hold: Hold,
}

enum Outcome {
    Done,
    Failed(String),
    Dead(String),
    Lost,
    Released,
}

impl Attempt {
    /// Runs the job to its end and says what became of it.
    pub(crate) async fn run(self) {
        let begun = Begun {
            job_id: self.claimed.fence.job_id,
            name: self.handler.name,
            attempt: self.claimed.fence.attempt,
            traceparent: self.claimed.traceparent,
        };
        let around = Arc::clone(&self.shared.around);
        around(&begun.clone(), self.run_inside(begun).boxed()).await;
    }

    async fn run_inside(mut self, begun: Begun) {
        let started = Instant::now();
        let payload = std::mem::take(&mut self.claimed.payload);
        let outcome = tokio::select! {
            biased;
            () = self.hold.lost() => Outcome::Lost,
            () = self.shared.quit.cancelled() => Outcome::Released,
            outcome = self.handle(payload) => outcome,
        };
        let took = started.elapsed();
        let report = self.settle(outcome, begun, took).await;
        self.shared.report(report);
    }

    async fn handle(&self, payload: Value) -> Outcome {
        let Fence { attempt, .. } = self.claimed.fence;
        if attempt > self.claimed.attempts {
            return Outcome::Dead("the process that ran the last attempt is gone".to_owned());
        }
        let deadline = self.handler.deadline;
        // In a block, so that a panic before the first await is caught as well.
        let work = AssertUnwindSafe(async { (self.handler.run)(payload).await }).catch_unwind();
        let work = sqldb::within(Instant::now() + deadline, work);
        let origin = Origin { traceparent: self.claimed.traceparent, ..Origin::system("jobs") };
        let work = changes::within(origin, work);
        let failure = match timeout(deadline, work).await {
            Ok(Ok(Ok(()))) => return Outcome::Done,
            Ok(Ok(Err(failure))) => failure,
            Ok(Err(panic)) => Failure::Retry(format!("panicked: {}", message(panic.as_ref()))),
            Err(_) => Failure::Retry(format!("not done within {deadline:?}")),
        };
        match failure {
            Failure::Retry(reason) if attempt < self.claimed.attempts => Outcome::Failed(cut(&reason)),
            Failure::Retry(reason) | Failure::GiveUp(reason) => Outcome::Dead(cut(&reason)),
        }
    }

    /// Writes the outcome down, as often as it takes: what is done must not be done again because a word was lost.
    async fn settle(&self, outcome: Outcome, begun: Begun, took: Duration) -> Report {
        let (db, fence) = (&self.shared.db, self.claimed.fence);
        let pause = pause(fence);
        loop {
            let written = match &outcome {
                Outcome::Done => store::done(db, fence).await,
                Outcome::Failed(reason) => store::postpone(db, fence, reason, pause).await,
                Outcome::Dead(reason) => store::bury(db, fence, reason).await,
                Outcome::Released => {
                    // Should this fail, the lease ends by itself.
                    let _ = sqldb::within(Instant::now() + RELEASE_LIMIT, store::release(db, fence)).await;
                    return Report::Released { begun };
                }
                Outcome::Lost => return Report::Lost { begun },
            };
            match written {
                Ok(true) => break,
                Ok(false) => return Report::Lost { begun },
                Err(error) => self.shared.report(Report::hindered("write down what became of a job", &error)),
            }
            tokio::select! {
                () = self.hold.lost() => return Report::Lost { begun },
                () = tokio::time::sleep(SETTLE_PAUSE) => {}
            }
        }
        match outcome {
            Outcome::Failed(reason) => Report::Failed { begun, reason, pause },
            Outcome::Dead(reason) => Report::Dead { begun, reason },
            _ => Report::Done { begun, took, waited: self.claimed.waited },
        }
    }
}

/// Twice as long after each attempt; a quarter of it by chance, so that jobs that failed together part.
fn pause(fence: Fence) -> Duration {
    let doublings = u32::from(fence.attempt.unsigned_abs().saturating_sub(1).min(16));
    let pause = FIRST_PAUSE.saturating_mul(1 << doublings).min(LONGEST_PAUSE);
    // The last byte of a UUID of version 7 is random.
    let chance = f64::from(fence.job_id.uuid().as_bytes()[15]) / 255.0;
    pause.mul_f64(0.75 + chance / 4.0)
}

/// What a panic said when it is a constant; a text that was made up of values may hold what nobody shall see.
fn message(panic: &(dyn Any + Send)) -> &'static str {
    panic.downcast_ref::<&'static str>().copied().unwrap_or("of its own words")
}

/// The reason as the database can keep it: PostgreSQL takes no NUL in a text, and an outcome that could never be written
/// down would be tried for ever.
fn cut(reason: &str) -> String {
    reason.chars().filter(|character| *character != '\0').take(LONGEST_REASON).collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::job::JobId;

    #[test]
    fn pauses_grow_to_an_hour_and_no_further() {
        for _ in 0..100 {
            let (job_id, runner) = (JobId::new(), Uuid::nil());
            let pauses: Vec<Duration> = (1..=40).map(|attempt| pause(Fence { job_id, runner, attempt })).collect();
            assert!((Duration::from_millis(3750)..=FIRST_PAUSE).contains(&pauses[0]), "{:?}", pauses[0]);
            assert!(pauses.is_sorted());
            assert!(pauses[39] <= LONGEST_PAUSE && pauses[39] >= LONGEST_PAUSE.mul_f64(0.75), "{:?}", pauses[39]);
        }
    }
}
