//! Processes that are killed, stopped, and share a private cluster.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::answer::get;
use crate::folder::ClusterFolder;
use crate::process::{PATIENCE, Process, Setup, eventually};
use crate::shop::{Shop, add_film};

fn on(folder: &ClusterFolder) -> Setup {
    Setup::new().with("db.data_dir", folder.data_dir().display().to_string())
}

async fn films(process: &Process) -> u64 {
    get(format!("{}/v1/movies?total=true&limit=1", process.url)).await.json()["total"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_killed_leaves_its_database_at_work_and_the_next_takes_it_over() {
    let folder = ClusterFolder::new();
    let setup = on(&folder);
    let mut process = setup.ready().await;
    let before = films(&process).await;
    let started = folder.query("SELECT pg_postmaster_start_time()::text");
    process.signal(Signal::KILL);
    assert_eq!(process.ended().await, None);
    assert!(folder.serves(), "the server has no part in the death of a program");

    let process = setup.ready().await;
    assert_eq!(films(&process).await, before);
    assert_eq!(folder.query("SELECT pg_postmaster_start_time()::text"), started, "it is the same server");
    process.stop().await;
    assert!(!folder.serves());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_programs_that_start_at_once_share_one_cluster_and_the_last_stops_it() {
    let folder = ClusterFolder::new();
    let setup = on(&folder);
    let (first, mut second) = tokio::join!(setup.ready(), setup.ready());
    assert_eq!(folder.query("SELECT count(*) FROM users"), ["5"], "seeded once");
    let count = films(&first).await;
    assert!(count > 3000, "{count}");
    assert_eq!(films(&second).await, count);

    first.stop().await;
    assert!(folder.serves(), "somebody uses it");
    assert_eq!(films(&second).await, count);
    second.signal(Signal::INT);
    assert_eq!(second.ended().await, Some(0));
    assert!(!folder.serves(), "nobody does");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_told_to_stop_serves_on_while_it_says_that_it_is_not_ready() {
    let shop = Shop::new().await;
    let token = shop.editor().await;
    for signal in [Signal::TERM, Signal::INT] {
        let mut process = shop.setup().with("web.drain", "8s").ready().await;
        assert_eq!(get(format!("{}/readyz", process.url)).await.status, 200);
        process.signal(signal);
        process.logged("stopping: draining").await;
        let problem = get(format!("{}/readyz", process.url)).await.assert_problem(503);
        assert_eq!(problem["detail"], "the service is stopping");
        assert_eq!(get(format!("{}/readyz", process.debug)).await.status, 503);
        assert_eq!(get(format!("{}/livez", process.url)).await.status, 200);
        let path = add_film(&process, &token, &format!("Added while draining {signal:?}")).await;
        let answer = get(format!("{}{path}", process.url)).await;
        assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
        assert_eq!(process.ended().await, Some(0));
        assert_eq!(process.log().last().unwrap()["message"], "stopped");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_in_flight_is_finished_before_the_end() {
    let shop = Shop::new().await;
    let mut process = shop.setup().ready().await;
    let lock = shop.lock_films().await;
    let url = format!("{}/v1/movies", process.url);
    let mut requests = tokio::task::JoinSet::new();
    requests.spawn(async move { get(url).await });
    shop.wait_for_blocked(1).await;
    process.signal(Signal::TERM);
    process.logged("stopping: requests in flight").await;
    drop(lock);
    assert_eq!(requests.join_next().await.unwrap().unwrap().status, 200);
    assert_eq!(process.ended().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_it_at_once_and_the_next_start_is_none_the_worse() {
    let folder = ClusterFolder::new();
    let setup = on(&folder).with("web.drain", "50s");
    let mut process = setup.ready().await;
    let count = films(&process).await;
    process.signal(Signal::TERM);
    process.logged("stopping: draining").await;
    let told = Instant::now();
    process.signal(Signal::INT);
    assert_eq!(process.ended().await, Some(1));
    // The cluster is stopped all the same, which takes a moment.
    assert!(told.elapsed() < Duration::from_secs(30), "{:?}", told.elapsed());

    let again = setup.ready().await;
    assert_eq!(films(&again).await, count);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_can_be_stopped_before_it_is_done() {
    let folder = ClusterFolder::new();
    let mut process = on(&folder).start();
    process.logged("migrated the database").await;
    process.signal(Signal::TERM);
    assert_eq!(process.ended().await, Some(0), "{}\n{}", process.stdout(), process.stderr());
    let stopped = eventually(PATIENCE, async || (!folder.serves()).then_some(())).await;
    assert!(stopped.is_some(), "the server ends with its only user");
}
