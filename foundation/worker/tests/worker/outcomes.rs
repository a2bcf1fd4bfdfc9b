//! Whatever mix of ends there is: each task has exactly one.

use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use proptest::prelude::*;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::task::yield_now;
use tokio::time::Instant;
use worker::{Error, Limits, Tally, Worker};

use crate::{Gone, all_slots_are_free};

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap());

/// What a task does once it has yielded some times.
#[derive(Clone, Copy, Debug)]
enum End {
    Finishes,
    Panics,
    /// With a deadline.
    Never,
}

#[derive(Clone, Copy, Debug)]
enum Way {
    Run,
    Spawn,
    TrySpawn,
    /// Cancelled after some yields.
    Cancelled(u8),
    /// A `run` whose caller goes away after some yields.
    Left(u8),
}

#[derive(Clone, Copy, Debug)]
struct Plan {
    end: End,
    way: Way,
    yields: u8,
    /// From now; negative ones are over before the task is submitted.
    deadline: Option<i8>,
}

fn plans() -> impl Strategy<Value = Vec<Plan>> {
    let end = prop_oneof![4 => Just(End::Finishes), 2 => Just(End::Panics), 1 => Just(End::Never)];
    let way = prop_oneof![
        Just(Way::Run),
        Just(Way::Spawn),
        Just(Way::TrySpawn),
        (0..6_u8).prop_map(Way::Cancelled),
        (0..6_u8).prop_map(Way::Left),
    ];
    let deadline = prop::option::of(-1..3_i8);
    let plan =
        (end, way, 0..6_u8, deadline).prop_map(|(end, way, yields, deadline)| Plan { end, way, yields, deadline });
    prop::collection::vec(plan, 1..40)
}

async fn yields(times: u8) {
    for _ in 0..times {
        yield_now().await;
    }
}

/// Submits the task as planned; gives what its caller got, or `None` where the caller went away.
async fn submit(worker: Worker, plan: Plan, guard: Gone, most: Arc<[AtomicUsize; 2]>) -> Option<Result<(), Error>> {
    let millis = plan.deadline.or(matches!(plan.end, End::Never).then_some(2));
    let worker = match millis {
        Some(millis) if millis < 0 => worker.until(Instant::now()),
        Some(millis) => worker.within(Duration::from_millis(u64::from(millis.unsigned_abs()))),
        None => worker,
    };
    let task = async move {
        // Counted back when it is dropped, after the guard.
        let _running = Running::new(most);
        let _guard = guard;
        yields(plan.yields).await;
        match plan.end {
            End::Finishes => {}
            // Without the panic hook, which would print it.
            End::Panics => resume_unwind(Box::new("planned")),
            End::Never => std::future::pending().await,
        }
    };
    match plan.way {
        Way::Run => Some(worker.run(task).await),
        Way::Spawn => Some(match worker.spawn(task).await {
            Ok(task) => task.await,
            Err(error) => Err(error),
        }),
        Way::TrySpawn => Some(match worker.try_spawn(task) {
            Ok(task) => task.await,
            Err(error) => Err(error),
        }),
        Way::Cancelled(after) => Some(match worker.spawn(task).await {
            Ok(task) => {
                yields(after).await;
                task.cancel();
                task.await
            }
            Err(error) => Err(error),
        }),
        Way::Left(after) => tokio::select! {
            ended = worker.run(task) => Some(ended),
            () = yields(after) => None,
        },
    }
}

/// How many run now, and the most that ever did.
struct Running(Arc<[AtomicUsize; 2]>);

impl Running {
    fn new(counts: Arc<[AtomicUsize; 2]>) -> Self {
        let now = counts[0].fetch_add(1, Ordering::SeqCst) + 1;
        counts[1].fetch_max(now, Ordering::SeqCst);
        Self(counts)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0[0].fetch_sub(1, Ordering::SeqCst);
    }
}

/// Whether a task with this plan may end like that.
fn may_end(plan: &Plan, ended: &Result<(), Error>, is_stopped: bool) -> bool {
    match ended {
        Ok(()) => matches!(plan.end, End::Finishes),
        Err(Error::Panicked { message }) => matches!(plan.end, End::Panics) && message == "planned",
        Err(Error::Overdue { .. }) => plan.deadline.is_some() || matches!(plan.end, End::Never),
        Err(Error::Cancelled) => matches!(plan.way, Way::Cancelled(_)),
        Err(Error::Full) => matches!(plan.way, Way::TrySpawn),
        Err(Error::Stopped { .. }) => is_stopped,
    }
}

async fn check(plans: Vec<Plan>, running: usize, waiting: usize, stop: Option<(u8, u8)>) -> Result<(), TestCaseError> {
    let limits = Limits { running: NonZeroUsize::new(running).unwrap(), waiting };
    let worker = Worker::new(limits, tokio::runtime::Handle::current());
    let gone = Arc::new(Semaphore::new(0));
    let counts = Arc::new([const { AtomicUsize::new(0) }; 2]);
    let mut callers = Vec::new();
    for plan in &plans {
        let submitted = submit(worker.clone(), *plan, Gone(Arc::clone(&gone)), Arc::clone(&counts));
        #[expect(clippy::disallowed_methods, reason = "joined below")]
        callers.push(tokio::spawn(submitted));
    }
    let report = match stop {
        Some((after, grace)) => {
            yields(after).await;
            Some(worker.stop(Duration::from_millis(grace.into())).await)
        }
        None => None,
    };
    let (mut seen, mut left) = (Tally::default(), 0);
    for (plan, caller) in plans.iter().zip(callers) {
        let Some(ended) = caller.await.unwrap() else {
            left += 1;
            continue;
        };
        prop_assert!(may_end(plan, &ended, stop.is_some()), "{plan:?} ended as {ended:?}");
        match ended {
            Ok(()) => seen.finished += 1,
            Err(Error::Panicked { .. }) => seen.panicked += 1,
            Err(Error::Overdue { .. }) => seen.overdue += 1,
            Err(Error::Cancelled | Error::Full | Error::Stopped { .. }) => seen.cancelled += 1,
        }
    }
    // Each future was dropped, whether it was accepted or not; those whose callers went away, perhaps a little later.
    gone.acquire_many(u32::try_from(plans.len()).unwrap()).await.unwrap().forget();
    worker.stop(Duration::from_secs(3600)).await;
    prop_assert_eq!(gone.available_permits(), 0);
    let status = worker.status();
    prop_assert_eq!((status.running, status.waiting), (0, 0));
    prop_assert!(counts[1].load(Ordering::SeqCst) <= running);
    prop_assert_eq!(counts[0].load(Ordering::SeqCst), 0);
    // Callers that stayed saw what was counted; of what was refused, nothing was.
    let within = |seen: u64, counted: u64| seen <= counted && counted <= seen + left;
    prop_assert!(within(seen.finished, status.ended.finished), "{seen:?} {status:?}");
    prop_assert!(within(seen.panicked, status.ended.panicked), "{seen:?} {status:?}");
    prop_assert!(status.ended.overdue <= seen.overdue + left, "{seen:?} {status:?}");
    prop_assert!(status.ended.cancelled <= seen.cancelled + left, "{seen:?} {status:?}");
    prop_assert!(status.ended.total() <= plans.len() as u64);
    if let Some(report) = report {
        prop_assert_eq!(report.stuck, 0);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn each_task_ends_once_whatever_panics_is_late_or_is_stopped(
        plans in plans(),
        running in 1..4_usize,
        waiting in 0..6_usize,
        stop in prop::option::of((0..20_u8, 0..3_u8)),
    ) {
        RUNTIME.block_on(check(plans, running, waiting, stop))?;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn no_slot_is_lost_in_many_rounds_of_every_end() {
    let worker = crate::worker(3, 50);
    for round in 0..200_u32 {
        let mut tasks = Vec::new();
        for number in 0..8_u32 {
            let task = async move {
                yield_now().await;
                match (round + number) % 4 {
                    0 => resume_unwind(Box::new("planned")),
                    1 => std::future::pending().await,
                    _ => {}
                }
            };
            tasks.push(worker.try_spawn(task).unwrap());
        }
        for (number, task) in (0..).zip(&tasks) {
            if (round + number) % 4 == 1 {
                task.cancel();
            }
        }
        for task in tasks {
            // Which end it has is not the question here.
            let _ = task.await;
        }
        assert_eq!((worker.status().running, worker.status().waiting), (0, 0));
    }
    all_slots_are_free(&worker, 3).await;
    assert_eq!(worker.status().ended.total(), 200 * 8 + 3);
}
