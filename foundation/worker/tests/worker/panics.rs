//! A panic stays with the one who caused it.

use worker::Error;

use crate::{Gate, all_slots_are_free, worker};

fn panicked<T>(message: &str) -> Result<T, Error> {
    Err(Error::Panicked { message: message.to_owned() })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_its_callers_error_and_others_go_on() {
    let (worker, gate) = (worker(2, 8), Gate::new());
    let other = worker.try_spawn(gate.clone().pass()).unwrap();
    assert_eq!(worker.run(async { panic!("plain") }).await, panicked::<()>("plain"));
    let number = 7;
    assert_eq!(worker.run(async move { panic!("with {number}") }).await, panicked::<()>("with 7"));
    assert_eq!(worker.run(async { std::panic::panic_any(7) }).await, panicked::<()>("it left no message"));
    // After an await, on whichever thread.
    let late = worker.try_spawn(async {
        tokio::task::yield_now().await;
        panic!("late")
    });
    assert_eq!(late.unwrap().await, panicked::<()>("late"));
    gate.let_through(1);
    assert_eq!(other.await, Ok(()));
    assert_eq!((worker.status().ended.panicked, worker.status().ended.finished), (4, 1));
    all_slots_are_free(&worker, 2).await;
}

/// Panics when it is dropped.
struct Brittle;

impl Drop for Brittle {
    fn drop(&mut self) {
        std::panic::resume_unwind(Box::new("dropped"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_while_a_task_is_dropped_is_its_error_too() {
    let (worker, gate) = (worker(1, 8), Gate::new());
    let hold = |gate: Gate| async move {
        let _brittle = Brittle;
        gate.pass().await;
        std::future::pending::<()>().await;
    };
    let cancelled = worker.try_spawn(hold(gate.clone())).unwrap();
    gate.met(1).await;
    cancelled.cancel();
    assert_eq!(cancelled.await, panicked("dropped"));

    all_slots_are_free(&worker, 1).await;
    let at_the_end = worker.try_spawn(hold(gate.clone())).unwrap();
    gate.met(1).await;
    let report = worker.stop(std::time::Duration::ZERO).await;
    assert_eq!(at_the_end.await, panicked("dropped"));
    assert_eq!((report.ended.panicked, report.ended.total(), report.stuck), (1, 1, 0));
}

/// One thread: nothing runs before this test waits.
#[tokio::test]
async fn a_panic_while_a_task_is_dropped_that_never_began_is_its_error_too() {
    for looks in [0, 1, 5] {
        let (worker, gate) = (worker(1, 8), Gate::new());
        let blocking = worker.try_spawn(gate.clone().pass()).unwrap();
        let brittle = Brittle;
        let waiting = worker.try_spawn(async move { drop(brittle) }).unwrap();
        for _ in 0..looks {
            tokio::task::yield_now().await;
        }
        waiting.cancel();
        assert_eq!(waiting.await, panicked("dropped"), "{looks}");
        gate.let_through(1);
        blocking.await.unwrap();
        let ended = worker.status().ended;
        assert_eq!((ended.panicked, ended.finished, ended.cancelled), (1, 1, 0), "{looks}");
        all_slots_are_free(&worker, 1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_nobody_asks_about_is_counted() {
    let (worker, gate) = (worker(1, 0), Gate::new());
    let task = {
        let gate = gate.clone();
        async move {
            gate.pass().await;
            panic!("unseen")
        }
    };
    drop::<worker::Task<()>>(worker.try_spawn(task).unwrap());
    gate.met(1).await;
    gate.let_through(1);
    worker.stop(std::time::Duration::MAX).await;
    assert_eq!((worker.status().ended.panicked, worker.status().ended.total()), (1, 1));
}
