//! Every request that was due is accounted for.

use std::time::{Duration, Instant};

use load::{Arrivals, Progress, Run, Samples, Template};
use tokio_util::sync::CancellationToken;

use crate::server::{Server, ok, plan, run};

/// What holds for every run.
#[track_caller]
pub(crate) fn adds_up(run: &Run) {
    let sent: u64 = run.outcomes.values().sum();
    let good: u64 = run.outcomes.iter().filter(|(outcome, _)| outcome.is_good()).map(|(_, count)| count).sum();
    let timeouts: u64 =
        run.outcomes.iter().filter(|(outcome, _)| outcome.to_string() == "timeout").map(|(_, count)| count).sum();
    assert_eq!(run.due, sent + run.held_back);
    assert_eq!(run.good, good);
    assert_eq!(run.lag.count(), sent);
    assert_eq!(run.latency.count(), good + timeouts + run.held_back);
    assert_eq!(run.routes.iter().map(|route| route.due).sum::<u64>(), run.due);
    assert_eq!(run.routes.iter().map(|route| route.good).sum::<u64>(), run.good);
    assert_eq!(run.slices.iter().map(|slice| slice.due).sum::<u64>(), run.due);
    assert_eq!(run.slices.iter().map(|slice| slice.bad).sum::<u64>(), run.bad());
    assert!(run.slices.iter().map(|slice| slice.answered).sum::<u64>() <= run.answered_in_time);
    assert!(run.answered_in_time <= sent);
    assert_eq!(run.slices.iter().map(|slice| slice.latency.count()).sum::<u64>(), run.latency.count());
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_are_sent_as_the_schedule_has_each_route_by_its_weight() {
    let server = Server::of_good_answers().await;
    let mut plan = plan(server.route("/often").await, 400.0, 500);
    plan.routes[0].weight = 3;
    plan.routes.push(server.route("/seldom").await);
    let run = run(&plan).await;
    adds_up(&run);
    assert_eq!((run.due, run.good, server.requests()), (200, 200, 200));
    let routes: Vec<_> = run.routes.iter().map(|route| (route.name.as_str(), route.due)).collect();
    assert_eq!(routes, [("GET /often", 150), ("GET /seldom", 50)]);
    assert_eq!((run.slices.len(), run.width), (5, Duration::from_millis(100)));
    assert!(run.took >= run.window);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_kept_or_fresh_as_it_is_wanted() {
    let server = Server::of_good_answers().await;
    let mut plan = plan(server.route("/").await, 400.0, 250);
    let kept = run(&plan).await;
    let most = kept.slices.iter().map(|slice| slice.in_flight).max().unwrap();
    assert!(server.connections() <= most, "{} connections for {most} at once", server.connections());
    let before = server.connections();
    plan.fresh = true;
    run(&plan).await;
    assert_eq!(server.connections() - before, 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_warm_up_is_sent_and_not_counted() {
    let server = Server::of_good_answers().await;
    let mut plan = plan(server.route("/").await, 200.0, 250);
    plan.warm_up = Duration::from_millis(500);
    let run = run(&plan).await;
    adds_up(&run);
    assert_eq!((run.due, server.requests()), (50, 150));
}

#[tokio::test(flavor = "multi_thread")]
async fn random_arrivals_are_those_of_their_seed() {
    let server = Server::of_good_answers().await;
    let mut plan = plan(server.route("/").await, 400.0, 300);
    plan.arrivals = Arrivals::Poisson { seed: 7 };
    let (one, two) = (run(&plan).await, run(&plan).await);
    adds_up(&one);
    let due = |run: &Run| run.slices.iter().map(|slice| slice.due).collect::<Vec<_>>();
    assert_eq!(due(&one), due(&two));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_request_has_its_own_number_and_body() {
    let (sender, mut texts) = tokio::sync::mpsc::unbounded_channel();
    let server = Server::start(move |_, text| {
        sender.send(text).unwrap();
        async { Some(ok("")) }
    })
    .await;
    let mut plan = plan(server.route("/films/{{n}}").await, 100.0, 30);
    plan.routes[0].method = "POST".parse().unwrap();
    plan.routes[0].body = Template::new("{\"title\": \"{{n}}\"}");
    plan.routes[0].headers.insert("x-why", "test".parse().unwrap());
    run(&plan).await;
    let mut seen = Vec::new();
    while let Ok(text) = texts.try_recv() {
        assert!(text.contains(&format!("host: {}\r\n", server.address)) && text.contains("x-why: test"), "{text}");
        seen.push((text.lines().next().unwrap().to_owned(), text.lines().last().unwrap().to_owned()));
    }
    seen.sort();
    let sent = |n| (format!("POST /films/{n} HTTP/1.1"), format!("{{\"title\": \"{n}\"}}"));
    assert_eq!(seen, [sent(0), sent(1), sent(2)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_stopped_tells_what_it_has() {
    let server = Server::of_good_answers().await;
    let plan = plan(server.route("/").await, 200.0, 60_000);
    let (progress, stop) = (Progress::default(), CancellationToken::new());
    let ending = async {
        while progress.good() < 20 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stop.cancel();
    };
    let (run, ()) = tokio::join!(load::run(&plan, Instant::now(), &progress, &stop), ending);
    let run = run.unwrap();
    adds_up(&run);
    assert!(run.due >= 20 && run.due < 12_000 && run.window < plan.duration, "{} in {:?}", run.due, run.window);
    assert_eq!((progress.due(), progress.good(), progress.in_flight()), (run.due, run.good, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_without_sense_is_refused() {
    let server = Server::of_good_answers().await;
    let good = plan(server.route("/").await, 1.0, 1);
    let mut silent = good.clone();
    silent.routes[0].weight = 0;
    let plans = [
        plan(server.route("/").await, 0.0, 1),
        plan(server.route("/").await, f64::NAN, 1),
        plan(server.route("/").await, 1.0, 0),
        silent,
    ];
    for plan in plans {
        let refused = load::run(&plan, Instant::now(), &Progress::default(), &CancellationToken::new()).await;
        assert!(matches!(refused, Err(load::Error::Plan(_))), "{plan:?}");
    }
    assert_eq!(server.requests(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metrics_of_a_process_are_read() {
    let server = Server::start(|_, text| async move {
        assert!(text.starts_with("GET /metrics HTTP/1.1\r\n"), "{text}");
        Some(ok("# HELP a b\ndb_pool_waiting 3\ndb_pool_waiting{pool=\"2\"} 4\n"))
    })
    .await;
    let samples = Samples::scrape(&server.target().await, Duration::from_secs(10)).await.unwrap();
    assert_eq!(samples.get("db_pool_waiting"), Some(7.0));
}
