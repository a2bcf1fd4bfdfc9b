//! What is late is dropped.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;
use worker::{Error, Worker};

use crate::{Gate, Gone, all_slots_are_free, worker};

const SOON: Duration = Duration::from_millis(20);

#[tokio::test(flavor = "multi_thread")]
async fn the_time_in_the_waiting_room_counts() {
    let (worker, gate) = (worker(1, 8), Gate::new());
    let blocking = worker.try_spawn(gate.clone().pass()).unwrap();
    gate.met(1).await;
    let late = worker.within(SOON).run(async { panic!("it must not begin") });
    assert_eq!(late.await, Err::<(), _>(Error::Overdue { begun: false }));
    let status = worker.status();
    assert_eq!((status.running, status.waiting, status.ended.overdue), (1, 0, 1));
    gate.let_through(1);
    blocking.await.unwrap();
    all_slots_are_free(&worker, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_outside_of_the_waiting_room_counts() {
    let (worker, gate) = (worker(1, 0), Gate::new());
    let blocking = worker.try_spawn(gate.clone().pass()).unwrap();
    let soon = worker.within(SOON);
    assert_eq!(soon.spawn(async {}).await.unwrap_err(), Error::Overdue { begun: false });
    assert_eq!(soon.run(async {}).await, Err(Error::Overdue { begun: false }));
    // Neither was accepted.
    assert_eq!(worker.status().ended.total(), 0);
    gate.let_through(1);
    blocking.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_over_its_deadline_is_dropped_where_it_waits() {
    let worker = worker(1, 0);
    let mut patience = SOON;
    loop {
        let gone = Arc::new(Semaphore::new(0));
        let guard = Gone(Arc::clone(&gone));
        let task = async move {
            let _guard = guard;
            pending::<()>().await;
        };
        let ended = worker.within(patience).run(task).await;
        // Its slot is free, and it is gone, when its caller knows.
        assert_eq!(gone.available_permits(), 1);
        match ended {
            Err(Error::Overdue { begun: true }) => break,
            // The machine was busy for longer than that.
            Err(Error::Overdue { begun: false }) => patience *= 2,
            other => panic!("{other:?}"),
        }
    }
    all_slots_are_free(&worker, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_in_the_past_lets_nothing_begin() {
    let worker = worker(1, 0).until(Instant::now());
    for _ in 0..100 {
        let task = worker.run(async { panic!("it must not begin") });
        assert_eq!(task.await, Err::<(), _>(Error::Overdue { begun: false }));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_earlier_of_two_deadlines_counts() {
    let worker = worker(1, 0);
    let is_overdue = async |worker: Worker| worker.run(async {}).await == Err(Error::Overdue { begun: false });
    let (past, later) = (Instant::now(), Instant::now() + Duration::from_secs(3600));
    assert!(is_overdue(worker.until(past).until(later)).await);
    assert!(is_overdue(worker.until(later).until(past)).await);
    assert!(!is_overdue(worker.until(later)).await);
    assert!(is_overdue(worker.within(Duration::MAX).within(Duration::ZERO)).await);
    assert!(!is_overdue(worker.within(Duration::MAX)).await);
}
