//! What becomes of statements that nobody can or will wait for.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::answer::get;
use crate::process::{PATIENCE, eventually};
use crate::shop::{Shop, add_film};

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_past_its_deadline_is_504_and_leaves_no_backend_busy() {
    let shop = Shop::new().await;
    let token = shop.editor().await;
    let process = shop.setup().with("db.deadline", "1s").ready().await;
    let path = add_film(&process, &token, "Alien").await;
    let lock = shop.lock_films().await;
    for path in [path.as_str(), "/v1/movies"] {
        let begun = Instant::now();
        get(format!("{}{path}", process.url)).await.assert_problem(504);
        let took = begun.elapsed();
        assert!(took >= Duration::from_millis(900) && took < Duration::from_secs(3), "{took:?}");
    }
    // The lock is still held: what waited for it is gone because it was given up.
    let idle = eventually(Duration::from_secs(3), async || (shop.busy() == 0).then_some(())).await;
    assert!(idle.is_some(), "no backend may stay busy");
    drop(lock);
    assert_eq!(get(format!("{}{path}", process.url)).await.status, 200);
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_takes_its_statement_along_within_a_second() {
    let shop = Shop::new().await;
    let process = shop.setup().with("db.deadline", "50s").ready().await;
    let lock = shop.lock_films().await;
    let mut quickest = PATIENCE;
    // The best of three: another program may have kept the machine busy.
    for _ in 0..3 {
        let mut client = TcpStream::connect(process.address()).unwrap();
        client.write_all(b"GET /v1/movies HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        shop.wait_for_blocked(1).await;
        let left = Instant::now();
        drop(client);
        let idle = eventually(PATIENCE, async || (shop.busy() == 0).then_some(())).await;
        assert!(idle.is_some(), "the statement should be cancelled");
        quickest = quickest.min(left.elapsed());
    }
    assert!(quickest < Duration::from_secs(1), "{quickest:?}");
    let line = process.logged_where("the client's doing", |line| line["status"] == 499).await;
    assert_eq!((line["route"].as_str(), line["message"].as_str()), (Some("/v1/movies"), Some("request")));
    assert!(process.log().iter().all(|line| line["level"] != "ERROR"), "{}", process.stdout());
    drop(lock);
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exhausted_pool_sheds_what_it_cannot_serve_in_time() {
    let shop = Shop::new().await;
    let setup = shop.setup().with("db.max_connections", "2").with("db.max_waiters", "3");
    let process = setup.with("db.acquire_timeout", "4s").with("db.deadline", "30s").ready().await;
    assert_eq!(get(format!("{}/v1/movies", process.url)).await.status, 200);

    let lock = shop.lock_films().await;
    let url = format!("{}/v1/movies", process.url);
    let mut holders = JoinSet::new();
    for _ in 0..2 {
        let url = url.clone();
        holders.spawn(async move { get(url).await });
    }
    shop.wait_for_blocked(2).await;

    let mut excess = JoinSet::new();
    for _ in 0..12 {
        let url = url.clone();
        excess.spawn(async move {
            let begun = Instant::now();
            (get(url).await, begun.elapsed())
        });
    }
    let mut at_once = 0;
    for (answer, took) in excess.join_all().await {
        answer.assert_problem(503);
        assert!(took < Duration::from_secs(10), "a refusal took {took:?}");
        at_once += usize::from(took < Duration::from_secs(3));
    }
    // Three waited for their turn; the others did not.
    assert!(at_once >= 7, "{at_once} were refused at once");
    assert_eq!(get(format!("{}/livez", process.url)).await.status, 200);
    // Busy is not away: a balancer that took a busy replica out would leave its load to the others. What was found
    // before the pool was exhausted is too old to count by now.
    assert_eq!(get(format!("{}/readyz", process.url)).await.status, 200);
    let refused = eventually(PATIENCE, async || {
        let metrics = get(format!("{}/metrics", process.debug)).await.body;
        let refused = metrics.lines().find_map(|line| line.strip_prefix("db_pool_refused_total ")?.parse::<u32>().ok());
        // Requests are not alone at the pool: what is delivered behind them was turned away too.
        refused.filter(|refused| *refused >= 12)
    });
    assert!(refused.await.is_some(), "the figures tell");

    drop(lock);
    for answer in holders.join_all().await {
        assert_eq!(answer.status, 200);
    }
    assert_eq!(get(&url).await.status, 200);
    process.stop().await;
}
