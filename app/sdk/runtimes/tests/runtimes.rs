//! Threads that are held, and by whom.
#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

use std::io;
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use runtimes::{Report, Runtimes, SLOW, STUCK, Work, watched};

const TASK: Work = Work::Task { name: "held" };
const REQUEST: Work = Work::Request { method: "GET", route: "/v1/held/{id}" };

/// A future that holds its thread, once.
async fn hold(time: Duration) {
    std::thread::sleep(time);
}

fn slow(report: &Report) -> Vec<(&str, u64)> {
    report.slow_polls.iter().map(|slow| (slow.work.as_str(), slow.polls)).collect()
}

#[tokio::test]
async fn what_holds_a_thread_is_counted_by_its_name() {
    let runtimes = Runtimes::of_current("main");
    for _ in 0..2 {
        watched(TASK, Some(&runtimes), hold(SLOW)).await;
    }
    watched(REQUEST, Some(&runtimes), hold(SLOW * 10)).await;
    watched(REQUEST, Some(&runtimes), tokio::time::sleep(SLOW * 2)).await;
    let report = runtimes.report();
    assert_eq!(
        slow(&report),
        [("GET /v1/held/{id}", 1), ("task held", 2)],
        "the longest first; who awaits is not slow"
    );
    assert!(report.slow_polls[0].longest_ms >= 200);
    assert!(report.blocked.is_empty());
}

#[tokio::test]
async fn of_polls_within_polls_the_outer_one_is_told() {
    let runtimes = Runtimes::of_current("main");
    let inner = watched(REQUEST, Some(&runtimes), hold(SLOW));
    watched(TASK, Some(&runtimes), inner).await;
    assert_eq!(slow(&runtimes.report()), [("task held", 1)]);
}

#[tokio::test]
async fn a_poll_that_panics_has_ended() {
    let runtimes = Runtimes::of_current("main");
    let panics = watched(TASK, Some(&runtimes), async {
        std::thread::sleep(SLOW);
        panic!("on purpose");
    });
    let mut set = tokio::task::JoinSet::new();
    set.spawn(panics);
    assert!(set.join_next().await.unwrap().unwrap_err().is_panic());
    let report = runtimes.report();
    assert_eq!((slow(&report), report.blocked.len()), (vec![("task held", 1)], 0));
}

#[tokio::test]
async fn a_thread_has_no_name_for_work_of_processes_that_do_not_look() {
    // Without a runtime that is told of it, nothing happens but the work itself.
    let done = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(watched(TASK, None, async { 7 }))
    });
    assert_eq!(done.join().unwrap(), 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_runtime_of_a_thread_is_known_as_long_as_the_thread() {
    let runtimes = Runtimes::of_current("main");
    let (begin, begun) = mpsc::channel();
    let (end, ends) = mpsc::channel::<()>();
    let theirs = runtimes.clone();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            theirs.add_current_thread("server");
            watched(REQUEST, None, async {
                begin.send(()).unwrap();
                let _ = ends.recv();
            })
            .await;
        });
    });
    begun.recv().unwrap();
    let begun = Instant::now();
    let blocked = loop {
        if let Some(blocked) = runtimes.report().blocked.pop() {
            break blocked;
        }
        assert!(begun.elapsed() < Duration::from_secs(10));
        tokio::task::yield_now().await;
    };
    assert_eq!((blocked.thread.as_str(), blocked.work.as_str()), ("server 0", "GET /v1/held/{id}"));
    let names = |runtimes: &Runtimes| -> Vec<String> {
        runtimes.report().runtimes.into_iter().map(|runtime| runtime.name).collect()
    };
    assert_eq!(names(&runtimes), ["main", "server 0"]);
    drop(end);
    thread.join().unwrap();
    assert_eq!(names(&runtimes), ["main"]);
    assert_eq!(slow(&runtimes.report()), [("GET /v1/held/{id}", 1)]);
}

/// What was logged.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_watchdog_names_what_has_not_come_back() {
    let lines = Lines::default();
    let writer = lines.clone();
    // Of this process: no other test installs one.
    tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).init();
    let runtimes = Runtimes::of_current("main");
    runtimes.watch();
    let (end, ends) = mpsc::channel::<()>();
    let mut set = tokio::task::JoinSet::new();
    set.spawn(watched(Work::Task { name: "stuck for good" }, Some(&runtimes), async move {
        let _ = ends.recv();
    }));
    let begun = Instant::now();
    let told = || String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    while !told().contains("a thread is blocked") {
        assert!(begun.elapsed() < Duration::from_secs(30), "{}", told());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(begun.elapsed() >= STUCK);
    let line = told().lines().find(|line| line.contains("a thread is blocked")).unwrap().to_owned();
    assert!(line.contains("work=task stuck for good"), "{line}");
    drop(end);
    set.join_next().await.unwrap().unwrap();
}
