//! How many run, how many wait.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};

use tokio::sync::Barrier;
use tokio::task::coop;
use worker::Error;

use crate::{Gate, all_slots_are_free, worker};

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn as_many_run_as_may_and_never_one_more() {
    const RUNNING: usize = 4;
    let worker = worker(RUNNING, 100);
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    // A barrier is passed by groups of RUNNING alone: fewer at once would wait for ever.
    let group = Arc::new(Barrier::new(RUNNING));
    let mut tasks = Vec::new();
    for _ in 0..RUNNING * 20 {
        let (now, most, group) = (Arc::clone(&now), Arc::clone(&most), Arc::clone(&group));
        let task = async move {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            group.wait().await;
            tokio::task::yield_now().await;
            now.fetch_sub(1, Ordering::SeqCst);
        };
        tasks.push(worker.spawn(task).await.unwrap());
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(most.load(Ordering::SeqCst), RUNNING);
    assert_eq!(worker.status().ended.finished, RUNNING as u64 * 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_room_refuses_and_takes_again_when_one_is_done() {
    let (worker, gate) = (worker(2, 3), Gate::new());
    let tasks: Vec<_> = (0..5).map(|_| worker.try_spawn(gate.clone().pass()).unwrap()).collect();
    gate.met(2).await;
    let status = worker.status();
    assert_eq!((status.running, status.waiting), (2, 3));
    assert_eq!(worker.try_spawn(async {}).unwrap_err(), Error::Full);
    gate.let_through(5);
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(worker.try_spawn(async { 7 }).unwrap().await, Ok(7));
    // What was refused was never accepted.
    assert_eq!(worker.status().ended.total(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_room_a_task_is_accepted_only_into_a_free_slot() {
    let (worker, gate) = (worker(1, 0), Gate::new());
    let task = worker.try_spawn(gate.clone().pass()).unwrap();
    assert_eq!(worker.try_spawn(async {}).unwrap_err(), Error::Full);
    gate.let_through(1);
    task.await.unwrap();
    all_slots_are_free(&worker, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_outside_comes_in_when_there_is_room() {
    let (worker, gate) = (worker(1, 1), Gate::new());
    let first = worker.try_spawn(gate.clone().pass()).unwrap();
    let second = worker.try_spawn(gate.clone().pass()).unwrap();
    let mut third = Box::pin(worker.spawn(async { 3 }));
    gate.met(1).await;
    tokio::select! {
        biased;
        _ = &mut third => panic!("there is no room"),
        () = std::future::ready(()) => {}
    }
    gate.let_through(1);
    let third = third.await.unwrap();
    first.await.unwrap();
    gate.let_through(1);
    assert_eq!((second.await, third.await), (Ok(()), Ok(3)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn tasks_begin_in_the_order_in_which_they_were_submitted() {
    let (worker, gate) = (worker(1, 2000), Gate::new());
    let begun = Arc::new(Mutex::new(Vec::new()));
    let first = worker.try_spawn(gate.clone().pass()).unwrap();
    let mut tasks = Vec::new();
    for number in 0..1000 {
        let begun = Arc::clone(&begun);
        tasks.push(worker.try_spawn(async move { begun.lock().unwrap().push(number) }).unwrap());
    }
    gate.let_through(1);
    first.await.unwrap();
    for task in tasks {
        task.await.unwrap();
    }
    assert!(begun.lock().unwrap().iter().copied().eq(0..1000));
}

/// One thread: nothing runs before this test waits.
#[tokio::test]
async fn a_caller_that_used_up_its_budget_keeps_its_turn() {
    let worker = worker(1, 2);
    let begun = Arc::new(Mutex::new(Vec::new()));
    let task = |number: u8| {
        let begun = Arc::clone(&begun);
        async move { begun.lock().unwrap().push(number) }
    };
    // From here on, whatever this test asks the runtime for makes it wait.
    while coop::has_budget_remaining() {
        let _ = pin!(coop::consume_budget()).poll(&mut Context::from_waker(Waker::noop()));
    }
    let first = worker.try_spawn(task(1)).unwrap();
    let second = worker.try_spawn(task(2)).unwrap();
    // On a thread of its own, which has no budget to use up.
    let third = std::thread::scope(|scope| scope.spawn(|| worker.try_spawn(task(3)).unwrap()).join().unwrap());
    for task in [first, second, third] {
        task.await.unwrap();
    }
    assert_eq!(*begun.lock().unwrap(), [1, 2, 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_run_on_the_workers_runtime_whoever_submits_them() {
    let worker = worker(1, 0);
    let elsewhere = std::thread::spawn({
        let worker = worker.clone();
        move || {
            // No runtime on this thread.
            assert!(tokio::runtime::Handle::try_current().is_err());
            worker.try_spawn(async { tokio::runtime::Handle::current().id() })
        }
    });
    let task = elsewhere.join().unwrap().unwrap();
    assert_eq!(task.await.unwrap(), tokio::runtime::Handle::current().id());
}
