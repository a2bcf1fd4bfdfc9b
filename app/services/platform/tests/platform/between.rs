//! What one service asks another: `orders`, where money is sent, asks `accounts` for whom, over real sockets.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use otlptest::{Collector, attribute, hex};
use reqwest::{Method, RequestBuilder};
use rustix::process::Signal;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use types::{Currency, Money, PaymentId, Role, UserId};
use walletbus::Movement;

use crate::answer::{Answer, get, request, send};
use crate::process::{Process, Setup};
use crate::shop::Shop;

const PASSWORD: &str = "correct horse battery";

/// Somebody who sends money, and somebody who is sent it.
struct People {
    token: String,
    payee: UserId,
}

impl People {
    async fn of(shop: &Shop) -> Self {
        let sender = shop.user("sender@example.com", PASSWORD, Role::Customer).await;
        let payee = shop.user("payee@example.com", PASSWORD, Role::Customer).await;
        let wallets = walletbus::Business::new(shop.database.db());
        let dollars = Money { amount: 10_000, currency: Currency::USD };
        wallets.post(Movement::Deposit(sender.id), PaymentId::new(), dollars).await.unwrap();
        Self { token: shop.token(&sender), payee: payee.id }
    }

    /// Sends a cent.
    fn send(&self, orders: &Process) -> RequestBuilder {
        let body = json!({"to": self.payee.uuid(), "amount": {"amount": 1, "currency": "USD"}});
        request(Method::POST, format!("{}/v1/wallet/transfers", orders.url))
            .bearer_auth(&self.token)
            .header("idempotency-key", UserId::new().to_string())
            .json(&body)
    }

    async fn ask(&self, orders: &Process) -> Answer {
        send(self.send(orders)).await
    }
}

/// The consumer, which asks `accounts`.
fn asker(shop: &Shop, accounts: &Process) -> Setup {
    shop.setup()
        .of(apitest::program("orders"))
        .with("peers.accounts_url", &*accounts.url)
        .with("limits.enabled", "false")
}

fn accounts(shop: &Shop) -> Setup {
    shop.setup().of(apitest::program("accounts"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_is_that_of_the_other_service_and_the_trace_goes_on_there() {
    let (shop, collector) = (Shop::new().await, Collector::start().await);
    let people = People::of(&shop).await;
    let traced =
        |setup: Setup| setup.with("telemetry.otlp_endpoint", &*collector.endpoint).with("telemetry.sample_ratio", "0");
    let accounts = traced(accounts(&shop)).ready().await;
    let asker = traced(asker(&shop, &accounts)).ready().await;
    let (trace, parent) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
    let nobody = People { payee: UserId::new(), token: people.token.clone() };
    let traced = |request: RequestBuilder| request.header("traceparent", format!("00-{trace}-{parent}-01"));
    assert_eq!(send(traced(people.send(&asker))).await.status, 201);
    send(traced(nobody.send(&asker))).await.assert_problem(409);
    // No trace, no span: but the log of the other service has it.
    let begun_here = nobody.ask(&asker).await.assert_problem(409)["trace_id"].clone();
    for trace in [&json!(trace), &begun_here] {
        let line = accounts.logged_where("the request's line", |line| line["trace_id"] == *trace).await;
        assert_eq!(line["route"], "/v1/users/{id}/payee");
        assert!(line["user_id"].is_string(), "it is the caller who asks: {line}");
    }
    asker.stop().await;
    accounts.stop().await;

    let spans = collector.spans();
    assert!(spans.iter().all(|span| hex(&span.trace_id) == trace), "{spans:?}");
    // Of the kinds of OTLP: 2 is a server, 3 a client.
    let below = |parent: &str, name: &str, kind: i32| {
        let found = spans.iter().filter(|span| span.name == name && span.kind == kind);
        found.filter(|span| hex(&span.parent_span_id) == parent).collect::<Vec<_>>()
    };
    let requests = below(parent, "POST /v1/wallet/transfers", 2);
    assert_eq!(requests.len(), 2, "{spans:?}");
    for request in requests {
        let [call] = below(&hex(&request.span_id), "GET /v1/users/{id}/payee", 3)[..] else { panic!("{spans:?}") };
        let [served] = below(&hex(&call.span_id), "GET /v1/users/{id}/payee", 2)[..] else { panic!("{spans:?}") };
        let status = |span| attribute(span, "http.response.status_code");
        assert!(status(call).is_some() && status(call) == status(served), "{spans:?}");
        assert_eq!(attribute(call, "peer.service").as_deref(), Some("accounts"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_frozen_costs_no_more_than_the_deadline() {
    let shop = Shop::new().await;
    let people = People::of(&shop).await;
    let accounts = accounts(&shop).ready().await;
    let limit = Duration::from_secs(2);
    let own = asker(&shop, &accounts).with("peers.deadline", "2s").ready().await;
    // A request has the time to send its body beside that of the database.
    let of_request = asker(&shop, &accounts).with("peers.deadline", "60s").with("db.deadline", "3s");
    let of_request = of_request.with("web.body_timeout", "1s").ready().await;
    for asker in [&own, &of_request] {
        assert_eq!(people.ask(asker).await.status, 201);
        accounts.signal(Signal::STOP);
        let begun = Instant::now();
        people.ask(asker).await.assert_problem(504);
        let taken = begun.elapsed();
        assert!(taken >= limit && taken < limit + Duration::from_secs(15), "{taken:?}");
        accounts.signal(Signal::CONT);
        assert_eq!(people.ask(asker).await.status, 201, "it works again");
    }
    for process in [own, of_request, accounts] {
        process.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_dead_is_told_at_once_gets_no_more_than_its_load_and_is_found_again() {
    const CALLS: usize = 100;
    const AT_ONCE: usize = 10;
    let shop = Shop::new().await;
    let people = Arc::new(People::of(&shop).await);
    let mut accounts = accounts(&shop).ready().await;
    // Patience for a busy machine.
    let asker = asker(&shop, &accounts).with("web.header_timeout", "60s").with("peers.deadline", "10s");
    let asker = Arc::new(asker.ready().await);
    let ask_many = async || {
        let mut calls = JoinSet::new();
        for _ in 0..AT_ONCE {
            let (people, asker) = (Arc::clone(&people), Arc::clone(&asker));
            calls.spawn(async move {
                let mut answers = Vec::new();
                for _ in 0..CALLS / AT_ONCE {
                    answers.push(people.ask(&asker).await);
                }
                answers
            });
        }
        calls.join_all().await.into_iter().flatten().collect::<Vec<_>>()
    };
    assert_eq!(people.ask(&asker).await.status, 201);
    let address = accounts.address();
    accounts.signal(Signal::KILL);
    accounts.ended().await;
    for answer in ask_many().await {
        // With `Retry-After`.
        answer.assert_problem(503);
    }

    // In its place something that takes connections, and ends them: now each attempt is seen from outside.
    let (attempts, ended) = ends_connections(address).await;
    for answer in ask_many().await {
        answer.assert_problem(503);
    }
    drop(ended);
    let attempts = attempts.load(Ordering::SeqCst);
    // One for each call, a fifth more, and what is left of the first ten: none, as the calls before took it.
    assert!((CALLS..=CALLS + CALLS / 5).contains(&attempts), "{attempts} attempts for {CALLS} calls");
    let metrics = get(format!("{}/metrics", asker.debug)).await.body;
    let figure = |name: &str| {
        let line = metrics.lines().find(|line| line.starts_with(&format!("{name}{{peer=\"accounts\"}}")));
        line.unwrap().rsplit(' ').next().unwrap().parse::<usize>().unwrap()
    };
    let (calls, retries) = (figure("peer_calls_total"), figure("peer_retries_total"));
    assert_eq!(calls, 2 * CALLS + 1);
    assert!(retries <= calls / 5 + 10, "{retries} retries of {calls} calls");
    assert!(figure("peer_retries_refused_total") > 0);

    let accounts = crate::between::accounts(&shop).with("web.api_host", address.to_string()).ready().await;
    assert_eq!(people.ask(&asker).await.status, 201, "it is found again where it was");
    Arc::into_inner(asker).unwrap().stop().await;
    accounts.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_does_not_know_the_caller_is_believed() {
    let (shop, stranger) = (Shop::new().await, Shop::new().await);
    let people = People::of(&shop).await;
    let accounts = accounts(&stranger).ready().await;
    let asker = asker(&shop, &accounts).ready().await;
    let answer = people.ask(&asker).await;
    answer.assert_problem(401);
    assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"marquee\", error=\"invalid_token\""));
    asker.stop().await;
    accounts.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_url_users_are_looked_up_in_the_process() {
    let shop = Shop::new().await;
    let people = People::of(&shop).await;
    let asker = shop.setup().of(apitest::program("orders")).ready().await;
    assert_eq!(people.ask(&asker).await.status, 201);
    let nobody = People { payee: UserId::new(), ..people };
    nobody.ask(&asker).await.assert_problem(409);
    asker.stop().await;
}

#[test]
fn a_url_that_leads_nowhere_ends_the_program_before_it_opens_a_socket() {
    let output = Setup::new().with("peers.accounts_url", "http://[accounts").output();
    assert_eq!(output.status.code(), Some(64), "{output:?}");
    assert!(String::from_utf8(output.stderr).unwrap().contains("peers.accounts_url"));
}

/// Takes connections at `address` and ends each at once, until the second value is dropped; the first counts them.
async fn ends_connections(address: SocketAddr) -> (Arc<AtomicUsize>, JoinSet<()>) {
    let listener = TcpListener::bind(address).await.unwrap();
    let count = Arc::<AtomicUsize>::default();
    let counted = Arc::clone(&count);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            counted.fetch_add(1, Ordering::SeqCst);
            stream.set_zero_linger().unwrap();
        }
    });
    (count, tasks)
}
