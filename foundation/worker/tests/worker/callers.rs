//! Callers that go away, and callers that change their minds.

use std::future::pending;
use std::sync::Arc;

use tokio::sync::Semaphore;
use worker::Error;

use crate::{Gate, Gone, all_slots_are_free, worker};

#[tokio::test(flavor = "multi_thread")]
async fn run_ends_with_its_caller() {
    let (worker, gate) = (worker(1, 0), Gate::new());
    let gone = Arc::new(Semaphore::new(0));
    let task = {
        let (gate, guard) = (gate.clone(), Gone(Arc::clone(&gone)));
        async move {
            let _guard = guard;
            gate.pass().await;
            pending::<()>().await;
        }
    };
    tokio::select! {
        _ = worker.run(task) => panic!("it has no end"),
        () = gate.met(1) => {}
    }
    gone.acquire().await.unwrap().forget();
    // Its slot is free for one who waits for room.
    assert_eq!(worker.run(async { 1 }).await, Ok(1));
    assert_eq!((worker.status().ended.cancelled, worker.status().ended.finished), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn run_leaves_the_waiting_room_with_its_caller() {
    let (worker, gate) = (worker(1, 1), Gate::new());
    let blocking = worker.try_spawn(gate.clone().pass()).unwrap();
    gate.met(1).await;
    let gone = Arc::new(Semaphore::new(0));
    let guard = Gone(Arc::clone(&gone));
    let mut run = Box::pin(worker.run(async move {
        drop(guard);
        panic!("it must not begin")
    }));
    tokio::select! {
        biased;
        _ = &mut run => panic!("the slot is held"),
        () = std::future::ready(()) => {}
    }
    assert_eq!(worker.status().waiting, 1);
    drop::<std::pin::Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>>(run);
    gone.acquire().await.unwrap().forget();
    // The room has a place again, while the slot is held.
    let next = worker.spawn(async { 2 }).await.unwrap();
    gate.let_through(1);
    assert_eq!((blocking.await, next.await), (Ok(()), Ok(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn spawn_goes_on_without_its_caller() {
    let (worker, gate, after) = (worker(1, 1), Gate::new(), Gate::new());
    let task = {
        let (gate, after) = (gate.clone(), after.clone());
        async move {
            gate.pass().await;
            after.pass().await;
        }
    };
    drop(worker.spawn(task).await.unwrap());
    gate.met(1).await;
    gate.let_through(1);
    after.met(1).await;
    after.let_through(1);
    all_slots_are_free(&worker, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_can_be_cancelled_waiting_and_running() {
    let (worker, gate) = (worker(1, 1), Gate::new());
    let running = worker.try_spawn(gate.clone().pass()).unwrap();
    let waiting = worker.try_spawn(async { panic!("it must not begin") }).unwrap();
    gate.met(1).await;
    waiting.cancel();
    assert_eq!(waiting.await, Err::<(), _>(Error::Cancelled));
    running.cancel();
    assert_eq!(running.await, Err(Error::Cancelled));
    assert_eq!(worker.status().ended.cancelled, 2);
    all_slots_are_free(&worker, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_is_done_keeps_its_value() {
    let worker = worker(1, 0);
    let task = worker.try_spawn(async { 7 }).unwrap();
    all_slots_are_free_after(&worker).await;
    task.cancel();
    assert_eq!(task.await, Ok(7));
}

/// Waits until what holds the only slot is done.
async fn all_slots_are_free_after(worker: &worker::Worker) {
    worker.run(async {}).await.unwrap();
}

#[test]
fn a_runtime_that_is_shut_down_cancels_its_tasks() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
    let (worker, task) = runtime.block_on(async {
        let worker = worker(1, 0);
        let task = worker.try_spawn(pending::<()>()).unwrap();
        (worker, task)
    });
    drop(runtime);
    let after = worker.try_spawn(async {}).unwrap();
    let waiter = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(waiter.block_on(task), Err(Error::Cancelled));
    assert_eq!(waiter.block_on(after), Err(Error::Cancelled));
    assert_eq!((worker.status().running, worker.status().waiting, worker.status().ended.cancelled), (0, 0, 2));
}
