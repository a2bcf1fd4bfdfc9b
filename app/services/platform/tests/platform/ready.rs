//! Readiness, and what is answered without a database that can be used.

use std::time::{Duration, Instant};

use reqwest::Method;

use crate::answer::{Answer, get, post, request, send};
use crate::folder;
use crate::process::{Process, Setup, eventually};
use crate::shop::{Shop, add_film, film};

/// Within what a service is itself again once its database is.
const RECOVERY: Duration = Duration::from_secs(10);

/// An id that no film has.
const NOBODY: &str = "01970000-0000-7000-8000-000000000000";

async fn assert_unready_and_alive(process: &Process) -> Answer {
    let begun = Instant::now();
    let (ready, live) = tokio::join!(get(format!("{}/readyz", process.url)), async {
        let answer = get(format!("{}/livez", process.url)).await;
        (answer.status, begun.elapsed())
    });
    let took = begun.elapsed();
    ready.assert_problem(503);
    assert!(took < Duration::from_secs(3), "readiness took {took:?}");
    assert_eq!(live.0, 200);
    assert!(live.1 < Duration::from_secs(2), "liveness asks nobody, and took {:?}", live.1);
    assert_eq!(get(format!("{}/readyz", process.debug)).await.status, 503);
    ready
}

async fn assert_recovers(process: &Process, path: &str, status: u16) {
    let recovered = eventually(RECOVERY, async || {
        let ready = get(format!("{}/readyz", process.url)).await.status == 200;
        (ready && get(format!("{}{path}", process.url)).await.status == status).then_some(())
    });
    assert!(recovered.await.is_some(), "it should be itself again\n{}", process.stdout());
}

#[tokio::test(flavor = "multi_thread")]
async fn production_waits_for_its_migrations_and_needs_no_restart_once_they_are_there() {
    let database = dbtest::empty().await;
    let keys = folder::keys();
    let setup = Setup::production(database.url(), keys.path());
    let process = setup.serving_unready().await;
    let problem = assert_unready_and_alive(&process).await.json();
    assert!(problem["detail"].as_str().unwrap().contains("migrations"), "{problem}");

    // Whoever comes all the same is told to come back; nothing of the tables is told.
    let shop = Shop::new().await;
    let token = shop.editor().await;
    let as_editor = |method, path: &str| request(method, format!("{}{path}", process.url)).bearer_auth(&token);
    for path in ["/v1/movies", "/v1/movies?q=alien&total=true", &format!("/v1/movies/{NOBODY}")] {
        get(format!("{}{path}", process.url)).await.assert_problem(503);
    }
    // Signed by another key: the tables are not asked.
    send(as_editor(Method::DELETE, &format!("/v1/movies/{NOBODY}"))).await.assert_problem(401);

    migrate::up(database.url()).await.unwrap();
    assert_recovers(&process, "/v1/movies", 200).await;
    process.logged("ready").await;
    assert_eq!(get(format!("{}/v1/movies/{NOBODY}", process.url)).await.status, 404);
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_with_a_token_is_told_the_same_of_a_schema_that_is_not_there() {
    let shop = Shop::new().await;
    let token = shop.editor().await;
    let empty = dbtest::empty().await;
    let process = shop.setup_behind(empty.url()).serving_unready().await;
    post(format!("{}/v1/movies", process.url), &token, &film("Alien")).await.assert_problem(503);
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn production_seeds_nothing_and_migrates_nothing() {
    let shop = Shop::new().await;
    let process = shop.setup().ready().await;
    assert_eq!(get(format!("{}/v1/movies", process.url)).await.json()["items"], serde_json::json!([]));
    assert_eq!(shop.rows("SELECT count(*)::text FROM users"), ["0"]);
    assert_eq!(process.stderr(), "", "no welcome with a published password");
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn production_without_a_signing_key_says_so_and_how_to_make_one() {
    let keys = tempfile::tempdir().unwrap();
    let folder = keys.path().join("keys");
    let setup = Setup::production("postgres://nobody@127.0.0.1:9/nothing", &folder);
    let mut process = setup.start();
    assert_eq!(process.ended().await, Some(1));
    let told = process.stderr();
    assert!(told.contains("auth.keys_dir") && told.contains("admin keys generate"), "{told}");
    assert!(told.contains(&folder.display().to_string()), "{told}");
    assert!(!folder.exists(), "production makes no keys");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_whose_database_goes_mute_answers_in_time_and_recovers() {
    let shop = Shop::new().await;
    let token = shop.editor().await;
    let proxy = dbtest::proxy::Proxy::start();
    let setup = shop.setup_behind(&proxy.url(shop.database.name())).with("db.deadline", "2s");
    let process = setup.with("db.acquire_timeout", "1s").ready().await;
    let path = add_film(&process, &token, "Alien").await;

    proxy.mute();
    // What was found half a second ago counts.
    let noticed =
        eventually(RECOVERY, async || (get(format!("{}/readyz", process.url)).await.status == 503).then_some(()));
    assert!(noticed.await.is_some());
    assert_unready_and_alive(&process).await;
    for path in [path.as_str(), "/v1/movies", "/v1/movies?q=alien"] {
        let begun = Instant::now();
        let answer = get(format!("{}{path}", process.url)).await;
        assert!(begun.elapsed() < Duration::from_secs(4), "{path} took {:?}", begun.elapsed());
        assert!([503, 504].contains(&answer.status), "{answer:?}");
        answer.assert_problem(answer.status);
    }
    proxy.unmute();
    assert_recovers(&process, &path, 200).await;

    // The connections of now are lost for good, as behind a firewall that forgot them.
    proxy.strand();
    assert_recovers(&process, &path, 200).await;
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_whose_database_dies_says_so_and_takes_the_next_one() {
    let mut cluster = dbtest::private_cluster().await;
    let url = cluster.migrated("films").await;
    let shop = Shop::new().await;
    let process = shop.setup_behind(&url).ready().await;
    assert_eq!(get(format!("{}/v1/movies", process.url)).await.status, 200);

    cluster.kill();
    let gone =
        eventually(RECOVERY, async || (get(format!("{}/readyz", process.url)).await.status == 503).then_some(()));
    assert!(gone.await.is_some());
    assert_unready_and_alive(&process).await;
    let begun = Instant::now();
    get(format!("{}/v1/movies", process.url)).await.assert_problem(503);
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());

    cluster.restart().await;
    assert_recovers(&process, "/v1/movies", 200).await;
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_can_start_before_its_database() {
    let mut cluster = dbtest::private_cluster().await;
    let url = cluster.migrated("films").await;
    let shop = Shop::new().await;
    cluster.kill();
    let process = shop.setup_behind(&url).serving_unready().await;
    assert_unready_and_alive(&process).await;
    get(format!("{}/v1/movies", process.url)).await.assert_problem(503);
    cluster.restart().await;
    assert_recovers(&process, "/v1/movies", 200).await;
    process.stop().await;
}
