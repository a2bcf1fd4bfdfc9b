//! The gateway in front of the services: what it answers by itself, and what nobody notices because of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use apitest::Split;
use reqwest::{Client, Method};
use tokio::task::JoinSet;
use types::Role;

use crate::answer::{get, request, send};
use crate::live::Stream;
use crate::process::ISSUER;
use crate::shop::{Shop, film};

async fn behind_gateway(shop: &Shop, replicas: usize) -> Split {
    let settings = [
        ("db.url", shop.database.url().to_owned()),
        ("auth.keys_dir", shop.keys.path().display().to_string()),
        ("auth.issuer", ISSUER.to_owned()),
        ("web.drain", "1s".to_owned()),
    ];
    Split::all(replicas, &settings).await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_down_the_gateway_says_so_in_the_words_of_the_services_and_serves_the_others() {
    let shop = Shop::new().await;
    let editor = shop.editor().await;
    let mut split = behind_gateway(&shop, 2).await;
    let url = format!("http://{}", split.address());

    // What belongs to nobody.
    for path in ["/v1/nothing", "/", "/metrics", "/console", "/.problem/not-found", "/v1/moviesque"] {
        let problem = get(format!("{url}{path}")).await.assert_problem(404);
        assert_eq!(problem["instance"], path);
    }
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let traced = request(Method::GET, format!("{url}/v1/nothing")).header("x-request-id", "mine");
    let traced = send(traced.header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"))).await;
    assert_eq!((&traced.assert_problem(404)["trace_id"], traced.header("x-request-id")), (&trace.into(), Some("mine")));

    // What belongs to the gateway.
    for (path, content) in [
        ("/livez", "live"),
        ("/readyz", "ready"),
        ("/openapi.json", "/v1/wallet"),
        ("/docs/", "<html"),
        ("/docs/policy", "POST /v1/orders"),
        ("/problems", "/problems/conflict"),
    ] {
        let answer = get(format!("{url}{path}")).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        assert!(answer.body.contains(content), "{path}");
        assert_eq!(
            (answer.header("server"), answer.header("x-content-type-options")),
            (None, Some("nosniff")),
            "{path}"
        );
    }
    let large = request(Method::POST, format!("{url}/v1/movies")).bearer_auth(&editor).body(vec![b' '; (1 << 20) + 1]);
    send(large).await.assert_problem(413);

    // One replica is gone: nobody sees it, not even who writes.
    split.kill_one("catalog");
    for number in 0..20 {
        assert_eq!(get(format!("{url}/v1/movies")).await.status, 200);
        let add = request(Method::POST, format!("{url}/v1/movies")).bearer_auth(&editor);
        assert_eq!(send(add.json(&film(&format!("Film {number}")))).await.status, 201);
    }
    // Both are: the client is told when to come back, and the others serve.
    split.kill("catalog");
    let gone = get(format!("{url}/v1/movies")).await;
    gone.assert_problem(503);
    assert_eq!((gone.header("server"), gone.header("retry-after")), (None, Some("1")));
    assert_eq!(get(format!("{url}/.well-known/jwks.json")).await.status, 200);
    assert_eq!(get(format!("{url}/livez")).await.status, 200);
}

/// The title of the film after which nothing comes.
const LAST: &str = "The End";

/// Hears of new films as a browser does: whenever the stream ends, it comes back with the last id that it has. Gives their
/// paths, and how many streams it took.
async fn listen(url: String, mut stream: Stream) -> (Vec<String>, usize) {
    let (mut heard, mut last_id, mut streams, mut retry) = (Vec::new(), None, 1, 0);
    loop {
        let Some(told) = stream.next().await else {
            // As it was told: whoever comes back at once may meet the one that is stopping.
            tokio::time::sleep(Duration::from_millis(retry)).await;
            let fields: Vec<_> = last_id.as_deref().map(|id: &str| ("last-event-id", id)).into_iter().collect();
            stream = Stream::at(&url, "topic=movies", &fields).await;
            streams += 1;
            continue;
        };
        assert_ne!(told.name.as_deref(), Some("reset"), "what was missed is kept");
        (last_id, retry) = (told.id.or(last_id), told.retry.unwrap_or(retry));
        if told.data["action"] == "created" {
            heard.push(format!("/v1/movies/{}", told.data["entity_id"].as_str().unwrap()));
        }
        if told.data["fields"]["title"] == LAST {
            return (heard, streams);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a minute of restarts under load: `make test-rolling`"]
async fn restarts_of_every_service_in_turn_fail_no_request() {
    let shop = Shop::new().await;
    let (editor, customer) =
        (shop.editor().await, shop.user("c@example.com", "correct horse battery", Role::Customer).await);
    let customer = shop.token(&customer);
    let mut split = behind_gateway(&shop, 2).await;
    let url = format!("http://{}", split.address());
    let over = Arc::new(AtomicBool::new(false));
    let mut stream = Stream::at(&url, "topic=movies", &[]).await;
    assert_eq!(stream.next().await.unwrap().name.as_deref(), Some("subscribed"));
    let mut listener = JoinSet::new();
    listener.spawn(listen(url.clone(), stream));
    let mut load = JoinSet::new();
    for client in 0..8_u64 {
        let (url, over, editor, customer) = (url.clone(), Arc::clone(&over), editor.clone(), customer.clone());
        load.spawn(async move {
            // One in two makes a connection for each request.
            let idle = if client % 2 == 0 { 8 } else { 0 };
            let http = Client::builder()
                .no_proxy()
                .timeout(Duration::from_secs(20))
                .pool_max_idle_per_host(idle)
                .build()
                .unwrap();
            let (mut asked, mut failed, mut added) = (0_u32, Vec::new(), Vec::new());
            for round in 0_u64.. {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                let request = match round % 4 {
                    0 => http
                        .post(format!("{url}/v1/movies"))
                        .bearer_auth(&editor)
                        .json(&film(&format!("Film {client} {round}"))),
                    1 => http.get(format!("{url}/v1/orders")).bearer_auth(&customer),
                    2 => http.get(format!("{url}/v1/users/me")).bearer_auth(&customer),
                    _ => http.get(format!("{url}/v1/movies?limit=5")),
                };
                asked += 1;
                match request.send().await {
                    Ok(answer) if answer.status().is_success() => {
                        added.extend(answer.headers().get("location").map(|path| path.to_str().unwrap().to_owned()));
                        drop(answer.bytes().await);
                    }
                    Ok(answer) => failed.push(format!("{round}: {}", answer.status())),
                    Err(error) => failed.push(format!("{round}: {error:?}")),
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            (asked, failed, added)
        });
    }
    let mut restarts = 0;
    for replica in 0..2 {
        for service in ["accounts", "catalog", "orders", "live"] {
            split.restart(service, replica).await;
            restarts += 1;
        }
    }
    over.store(true, Ordering::Relaxed);
    let (mut asked, mut failed, mut added) = (0, Vec::new(), Vec::new());
    for (one, faults, films) in load.join_all().await {
        asked += one;
        failed.extend(faults);
        added.extend(films);
    }
    let last = request(Method::POST, format!("{url}/v1/movies")).bearer_auth(&editor).json(&film(LAST));
    added.push(send(last).await.header("location").unwrap().to_owned());
    let (mut heard, streams) = listener.join_all().await.remove(0);
    println!(
        "{restarts} restarts behind nginx: {asked} requests, {} failed; {} events heard over {streams} streams",
        failed.len(),
        heard.len()
    );
    assert!(asked > 1000, "{asked} requests are no load");
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(streams > 1, "the stream never ended, so nothing was resumed");
    heard.sort_unstable();
    added.sort_unstable();
    assert_eq!(heard, added, "each film was heard of once");
}
