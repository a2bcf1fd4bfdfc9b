//! The order of the stop.

use std::future::pending;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use tokio::sync::Semaphore;
use worker::{Error, Report, Tally};

use crate::{Gate, Gone, worker};

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test(flavor = "multi_thread")]
async fn new_ones_are_refused_then_waiting_ones_cancelled_then_running_ones_awaited() {
    let (worker, gate) = (worker(2, 3), Gate::new());
    let running: Vec<_> = (0..2).map(|_| worker.try_spawn(gate.clone().pass()).unwrap()).collect();
    let waiting: Vec<_> = (0..3).map(|_| worker.try_spawn(gate.clone().pass()).unwrap()).collect();
    let mut outside = Box::pin(worker.run(gate.clone().pass()));
    gate.met(2).await;
    tokio::select! {
        biased;
        _ = &mut outside => panic!("there is no room"),
        () = std::future::ready(()) => {}
    }
    let mut stop = Box::pin(worker.stop(HOUR));
    let meanwhile = async {
        // While two still run.
        for task in waiting {
            assert_eq!(task.await, Err(Error::Stopped { begun: false }));
        }
        assert_eq!(outside.await, Err(Error::Stopped { begun: false }));
        assert_eq!(worker.try_spawn(async {}).unwrap_err(), Error::Stopped { begun: false });
        assert_eq!(worker.run(async {}).await, Err(Error::Stopped { begun: false }));
        assert_eq!((worker.status().running, worker.status().waiting), (2, 0));
    };
    tokio::select! {
        biased;
        _ = &mut stop => panic!("two still run"),
        () = meanwhile => {}
    }
    gate.let_through(2);
    let ended = Tally { finished: 2, cancelled: 3, ..Tally::default() };
    assert_eq!(stop.await, Report { ended, stuck: 0 });
    for task in running {
        assert_eq!(task.await, Ok(()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_after_the_grace_is_dropped_before_the_stop_answers() {
    let (worker, gate) = (worker(2, 0), Gate::new());
    let gone = Arc::new(Semaphore::new(0));
    let tasks = [(); 2].map(|()| {
        let (gate, guard) = (gate.clone(), Gone(Arc::clone(&gone)));
        let task = async move {
            let _guard = guard;
            gate.pass().await;
            pending::<()>().await;
        };
        worker.try_spawn(task).unwrap()
    });
    gate.met(2).await;
    let report = worker.stop(Duration::from_millis(20)).await;
    assert_eq!(gone.available_permits(), 2);
    assert_eq!(report, Report { ended: Tally { cancelled: 2, ..Tally::default() }, stuck: 0 });
    for task in tasks {
        assert_eq!(task.await, Err(Error::Stopped { begun: true }));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_counts_what_the_stop_found_and_no_more() {
    let (worker, gate) = (worker(3, 0), Gate::new());
    worker.run(async {}).await.unwrap();
    worker.run(async { std::panic::resume_unwind(Box::new("before")) }).await.unwrap_err();
    let finishing = worker.try_spawn(gate.clone().pass()).unwrap();
    let panicking = {
        let gate = gate.clone();
        async move {
            gate.pass().await;
            std::panic::resume_unwind(Box::new("within the grace"))
        }
    };
    let panicking = worker.try_spawn(panicking).unwrap();
    gate.met(2).await;
    let (report, ()) = tokio::join!(biased; worker.stop(HOUR), async { gate.let_through(2) });
    assert_eq!(report.ended, Tally { finished: 1, panicked: 1, ..Tally::default() });
    assert_eq!(worker.status().ended, Tally { finished: 2, panicked: 2, ..Tally::default() });
    assert_eq!(finishing.await, Ok(()));
    assert_eq!(panicking.await, Err::<(), _>(Error::Panicked { message: "within the grace".to_owned() }));
}

#[tokio::test(flavor = "multi_thread")]
async fn stops_at_once_agree_and_a_later_one_finds_nothing() {
    let (worker, gate) = (worker(1, 0), Gate::new());
    let task = {
        let gate = gate.clone();
        async move {
            gate.pass().await;
            pending::<()>().await;
        }
    };
    let task = worker.try_spawn(task).unwrap();
    gate.met(1).await;
    // The shorter grace counts.
    let (long, short) = tokio::join!(worker.stop(HOUR), worker.stop(Duration::ZERO));
    assert_eq!((long.ended.total(), long.stuck), (1, 0));
    assert_eq!((short.ended.total(), short.stuck), (1, 0));
    assert_eq!(task.await, Err(Error::Stopped { begun: true }));
    assert_eq!(worker.stop(HOUR).await, Report::default());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_never_yields_is_reported_and_not_waited_for() {
    let (worker, gate) = (worker(1, 0), Gate::new());
    let (free, blocked) = mpsc::channel::<()>();
    let task = {
        let gate = gate.clone();
        async move {
            gate.here.add_permits(1);
            blocked.recv().unwrap_err();
        }
    };
    let task = worker.try_spawn(task).unwrap();
    gate.met(1).await;
    assert_eq!(worker.stop(Duration::ZERO).await, Report { ended: Tally::default(), stuck: 1 });
    drop(free);
    // It was past its last await: its value counts.
    assert_eq!(task.await, Ok(()));
    assert_eq!(worker.stop(HOUR).await.stuck, 0);
}
