//! Latency counts from when a request was due.

use std::sync::Arc;
use std::time::{Duration, Instant};

use load::Progress;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use crate::counts::adds_up;
use crate::server::{Server, ok, plan, run};

const STALL: Duration = Duration::from_secs(1);

/// Answers at once, but the request with the number 20 holds everybody up for a second.
async fn stalling() -> Server {
    let gate = Arc::new(Mutex::new(()));
    Server::start(move |number, _| {
        let gate = Arc::clone(&gate);
        async move {
            let _held = gate.lock().await;
            if number == 20 {
                tokio::time::sleep(STALL).await;
            }
            Some(ok(""))
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stall_shows_in_every_request_that_was_due_meanwhile() {
    let server = stalling().await;
    let run = run(&plan(server.route("/").await, 100.0, 2000)).await;
    adds_up(&run);
    assert_eq!((run.due, run.good), (200, 200), "the schedule does not wait for the stall");
    assert!(run.latency.most() >= STALL);
    // Whoever was due in its first half waits for its second half at least. A generator that waits for answers before
    // it sends would have seen one late request.
    let late = run.latency.above(STALL / 2);
    assert!(late >= 45, "{late} late requests");
    let most = run.slices.iter().map(|slice| slice.in_flight).max().unwrap();
    assert!(most >= 50, "{most} at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_back_counts_as_late_and_not_as_answered() {
    let server = stalling().await;
    let mut plan = plan(server.route("/").await, 100.0, 1000);
    plan.in_flight = 10;
    plan.timeout = Duration::from_secs(8);
    let run = run(&plan).await;
    adds_up(&run);
    // At least 0.8 s of the stall lie within the window, and 10 requests wait.
    assert!(run.held_back >= 60, "{} held back", run.held_back);
    assert!(run.latency.above(Duration::from_secs(7)) >= run.held_back, "as late as the timeout");
    assert_eq!(run.bad(), run.held_back);
    assert!(run.first_failures[0].outcome.starts_with("held back"), "{:?}", run.first_failures);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_never_comes_is_given_up() {
    let server = Server::start(|_, _| std::future::pending()).await;
    let mut plan = plan(server.route("/").await, 100.0, 500);
    plan.in_flight = 5;
    plan.timeout = Duration::from_secs(3);
    let run = run(&plan).await;
    adds_up(&run);
    assert_eq!((run.due, run.held_back, run.good, run.answered_in_time), (50, 45, 0, 0));
    assert_eq!(
        run.outcomes.iter().map(|(outcome, count)| (outcome.to_string(), *count)).collect::<Vec<_>>(),
        [("timeout".to_owned(), 5)]
    );
    assert!(run.took >= plan.timeout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generator_that_is_late_says_so_and_its_requests_are_late_too() {
    let server = Server::of_good_answers().await;
    let plan = plan(server.route("/").await, 100.0, 1000);
    // As if it had slept through its own schedule.
    let begin = Instant::now() - Duration::from_secs(1);
    let run = load::run(&plan, begin, &Progress::default(), &CancellationToken::new()).await.unwrap();
    adds_up(&run);
    assert_eq!((run.due, run.good), (100, 100), "what was missed is made up for");
    for late in [&run.lag, &run.latency] {
        assert!(late.most() >= Duration::from_millis(999) && late.above(STALL / 2) >= 45, "{:?}", late.most());
    }
}
