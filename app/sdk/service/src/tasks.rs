//! Work that no request waits for, supervised until the process stops.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use futures_util::FutureExt as _;
use runtimes::{Runtimes, Work, watched};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

/// The tasks of a process. This is the one place that spawns: at the stop every task is asked to end, waited for, and
/// named when it does not.
#[derive(Clone, Debug)]
pub struct Tasks {
    tracker: TaskTracker,
    stopping: CancellationToken,
    runtime: Handle,
    runtimes: Runtimes,
}

impl Tasks {
    /// No tasks yet; they will run on the current runtime, whoever spawns them.
    ///
    /// An actix worker has a runtime of its own that one blocked handler holds up; tasks do not belong there.
    pub fn new() -> Self {
        Self {
            tracker: TaskTracker::new(),
            stopping: CancellationToken::new(),
            runtime: Handle::current(),
            runtimes: Runtimes::of_current("main"),
        }
    }

    /// Starts a task. It has to end soon after `token` is cancelled; a panic ends it alone, and is logged.
    pub fn spawn<F, Fut>(&self, name: &'static str, work: F)
    where
        F: FnOnce(CancellationToken) -> Fut,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let work = work(self.stopping.clone());
        let span = telemetry::task_span(&telemetry::Trace::fresh(), name);
        let task = watched(Work::Task { name }, Some(&self.runtimes), survive(work));
        self.tracker.spawn_on(task.instrument(span), &self.runtime);
    }

    /// Runs `work` now and then every `period`, until the stop. A panic ends one run, and is logged: the next comes.
    pub fn every<F, Fut>(&self, name: &'static str, period: Duration, work: F)
    where
        F: Fn() -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send,
    {
        self.spawn(name, move |stopping| async move {
            let mut ticks = tokio::time::interval(period);
            ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    () = stopping.cancelled() => return,
                    _ = ticks.tick() => match catch_unwind(AssertUnwindSafe(&work)) {
                        Ok(run) => survive(run).await,
                        Err(panic) => log(panic.as_ref()),
                    },
                }
            }
        });
    }

    /// The runtime of the tasks, and those of the workers that serve beside them.
    pub fn runtimes(&self) -> &Runtimes {
        &self.runtimes
    }

    /// Is cancelled when the tasks have to end.
    pub fn stopping(&self) -> CancellationToken {
        self.stopping.clone()
    }

    /// Asks every task to end and waits for them, at most `limit`; gives the number of those still running.
    pub async fn stop(&self, limit: Duration) -> usize {
        self.stopping.cancel();
        self.tracker.close();
        // The rest is dropped with the runtime.
        let _ = tokio::time::timeout(limit, self.tracker.wait()).await;
        self.tracker.len()
    }
}

impl Default for Tasks {
    fn default() -> Self {
        Self::new()
    }
}

async fn survive(work: impl Future<Output = ()>) {
    if let Err(panic) = AssertUnwindSafe(work).catch_unwind().await {
        log(panic.as_ref());
    }
}

fn log(panic: &(dyn Any + Send)) {
    tracing::error!(panic = message(panic), "task panicked");
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("of an unknown kind")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_panic_ends_one_run_of_what_is_done_every_period_and_no_more() {
        let (tasks, runs) = (Tasks::new(), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&runs);
        tasks.every("panic", Duration::from_millis(5), move || {
            let run = count.fetch_add(1, Ordering::Relaxed);
            assert!(run > 1, "before its future is made");
            async move { assert!(run > 3, "while it runs") }
        });
        let waited = async {
            while runs.load(Ordering::Relaxed) < 7 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), waited).await.unwrap();
        assert_eq!(tasks.stop(Duration::from_secs(5)).await, 0);
    }
}
