//! Who may hear of what, for how long, from where, and how many.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use tokio_tungstenite::tungstenite::{Error, Message};
use types::{Role, Scope};

use super::ground::{Socket, Stream, figure, flood, id_of, order};
use crate::answer::{Answer, get, request, send};
use crate::process::{Process, eventually};
use crate::shop::{Shop, add_film};

const PASSWORD: &str = "correct horse battery";

/// How long what was taken from somebody may still be there.
const SOON: Duration = Duration::from_secs(15);

/// What a connection that is refused is answered.
fn refused(outcome: Result<Socket, Error>) -> u16 {
    match outcome {
        Err(Error::Http(answer)) => answer.status().as_u16(),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it was let in"),
    }
}

async fn events(process: &Process, topic: &str, token: Option<&str>) -> Answer {
    let request = request(Method::GET, format!("{}/v1/events?topic={topic}&seconds=0", process.url));
    send(match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn another_s_order_is_as_if_it_did_not_exist() {
    let shop = Shop::new().await;
    let editor = shop.editor().await;
    let customer = shop.token(&shop.user("customer@example.com", PASSWORD, Role::Customer).await);
    let other = shop.token(&shop.user("other@example.com", PASSWORD, Role::Customer).await);
    let support = shop.token(&shop.user("support@example.com", PASSWORD, Role::Support).await);
    let process = shop.setup().ready().await;
    let movie = add_film(&process, &editor, "Alien").await;
    let own = format!("orders/{}", order(&process, &customer, id_of(&movie)).await);
    let nothing = format!("orders/{}", uuid::Uuid::now_v7());

    let mut stranger = Socket::open_as(&process, &other).await;
    let mut answers = Vec::new();
    for topic in [&own, &nothing] {
        answers.push(stranger.ask(&json!({ "type": "subscribe", "topics": ["movies", topic] })).await);
        events(&process, topic, Some(&other)).await.assert_problem(404);
        events(&process, topic, None).await.assert_problem(401);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0]["problem"]["status"], 404);
    for token in [&customer, &support] {
        assert_eq!(events(&process, &own, Some(token)).await.status, 200);
        Socket::open_as(&process, token).await.on(&[&own]).await;
        let field = format!("Bearer {token}");
        Socket::open_with(&process, &[("authorization", &field)]).await.unwrap().on(&[&own]).await;
    }
    // One connection is one user's.
    let answer = stranger.ask(&json!({ "type": "authenticate", "token": customer })).await;
    assert_eq!(answer["problem"]["status"], 409, "{answer}");
    // A token in a URL is no token.
    let url = format!("{}/v1/events?topic={own}&seconds=0&access_token={customer}", process.url);
    get(url).await.assert_problem(422);
    // An id is an id, or the field is not there.
    let field = request(Method::GET, format!("{}/v1/events?topic=movies&seconds=0", process.url));
    send(field.header("last-event-id", "")).await.assert_problem(400);
    assert_eq!(refused(Socket::open_with(&process, &[("authorization", "Bearer nothing")]).await), 401);
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_disabled_loses_a_role_or_outlives_their_token_hears_no_more() {
    let shop = Shop::new().await;
    let editor = shop.editor().await;
    let customer = shop.user("customer@example.com", PASSWORD, Role::Customer).await;
    let support = shop.user("support@example.com", PASSWORD, Role::Support).await;
    shop.user("brief@example.com", PASSWORD, Role::Customer).await;
    let process = shop.setup().ready().await;
    let short = shop.setup().with("auth.access_ttl", "1s").ready().await;
    let movie = add_film(&process, &editor, "Alien").await;
    let token = shop.token(&customer);
    let order_id = order(&process, &token, id_of(&movie)).await;

    let mut disabled = Socket::open_as(&process, &token).await.on(&["me"]).await;
    let field = format!("Bearer {token}");
    let mut stream = Stream::open(&process, "topic=me", &[("authorization", &field)]).await;
    assert_eq!(stream.next().await.unwrap().name.as_deref(), Some("subscribed"));
    let topic = format!("orders/{order_id}");
    let mut demoted = Socket::open_as(&process, &shop.token(&support)).await.on(&[&topic]).await;
    // A role that is gone does not come back by saying who one is, however often.
    let token_of_support = shop.token(&support);
    let mut insisting = Socket::open_as(&process, &token_of_support).await.on(&[&topic]).await;
    let login = request(Method::POST, format!("{}/v1/auth/login", short.url));
    let login = send(login.json(&json!({ "email": "brief@example.com", "password": PASSWORD }))).await.json();
    let mut outlived = Socket::open_as(&short, login["access_token"].as_str().unwrap()).await.on(&["me"]).await;
    let mut anonymous = Socket::open(&process).await.on(&["movies"]).await;

    let begun = Instant::now();
    let customer = shop.users.query_by_id(Scope::Any, customer.id).await.unwrap();
    shop.users.disable(&customer).await.unwrap();
    shop.users.set_roles(support.id, [Role::Customer].into_iter().collect(), None).await.unwrap();

    let stream = async {
        loop {
            let told = stream.next().await.expect("an end");
            if told.name.as_deref() == Some("end") {
                assert!(stream.next().await.is_none(), "nothing comes behind the end");
                return told.data["reason"].clone();
            }
        }
    };
    let insisting = insisting.insist(&token_of_support);
    let ends = tokio::join!(disabled.closed(), demoted.closed(), outlived.closed(), stream, insisting);
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    assert_eq!(ends.0.unwrap().0, 3000);
    assert_eq!(ends.1.unwrap().0, 3003);
    assert_eq!(ends.2.unwrap().0, 3000);
    assert_eq!(ends.3, "unauthorized");
    assert_eq!(ends.4.unwrap().0, 3003);
    // Whoever needs no token has lost nothing.
    add_film(&process, &editor, "Aliens").await;
    assert_eq!(anonymous.next().await["fields"]["title"], "Aliens");
    process.stop().await;
    short.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_loses_a_role_while_they_catch_up_is_sent_no_more_of_it() {
    const EVENTS: usize = 1000;
    let shop = Shop::new().await;
    let editor = shop.editor().await;
    let customer = shop.user("customer@example.com", PASSWORD, Role::Customer).await;
    let support = shop.user("support@example.com", PASSWORD, Role::Support).await;
    let process = shop.setup().with("live.memory", "16").ready().await;
    let mut first = Socket::open(&process).await.on(&["movies"]).await;
    let movie = add_film(&process, &editor, "Alien").await;
    let after = first.next().await["id"].clone();
    let order_id = order(&process, &shop.token(&customer), id_of(&movie)).await;
    flood(&shop, EVENTS);
    let told = eventually(SOON, async || {
        (figure(&process, "live_events_total{source=\"database\"}").await >= EVENTS as f64).then_some(())
    });
    assert!(told.await.is_some(), "memory has forgotten most of it");

    let mut socket = Socket::narrow(&process).await.identified(&shop.token(&support)).await;
    let topics = json!(["movies", format!("orders/{order_id}")]);
    socket.send(&json!({ "type": "subscribe", "topics": topics, "after": after })).await;
    assert_eq!(socket.next().await["type"], "event");
    let begun = Instant::now();
    shop.users.set_roles(support.id, [Role::Customer].into_iter().collect(), None).await.unwrap();
    let mut heard = 0;
    let close = loop {
        // A slow reader: a part of what they missed takes longer than it may be sent to them.
        tokio::time::sleep(Duration::from_millis(20)).await;
        match socket.message().await.expect("told why") {
            Message::Close(close) => break close.unwrap(),
            _ => heard += 1,
        }
    };
    assert_eq!(u16::from(close.code), 3003, "{close:?}");
    assert!(begun.elapsed() < SOON * 2, "{:?}", begun.elapsed());
    assert!(heard < EVENTS, "they heard all of it");
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_origins_are_not_let_in() {
    let shop = Shop::new().await;
    let process = shop.setup().with("web.cors.allowed_origins", "https://shop.example.com").ready().await;
    let own = format!("http://{}", process.address());
    for origin in [own.as_str(), "https://shop.example.com"] {
        Socket::open_with(&process, &[("origin", origin)]).await.unwrap().on(&["movies"]).await;
    }
    for origin in ["https://evil.example.com", "null", "https://shop.example.com.evil.example"] {
        assert_eq!(refused(Socket::open_with(&process, &[("origin", origin)]).await), 403, "{origin}");
    }
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_each_cap_the_next_is_told_to_come_back_and_finds_room_once_another_leaves() {
    let shop = Shop::new().await;
    let token = shop.token(&shop.user("customer@example.com", PASSWORD, Role::Customer).await);
    let setup = shop.setup().with("live.max_per_user", "1");
    let capped = setup.clone().with("live.max_connections", "2");
    let addressed = setup.clone().with("live.max_per_address", "2").with("live.topics", "1");
    let (capped, addressed) = tokio::join!(capped.ready(), addressed.ready());
    for process in [&capped, &addressed] {
        let (one, _two) = (Socket::open(process).await, Socket::open(process).await);
        let answer = events(process, "movies", None).await;
        answer.assert_problem(503);
        assert_eq!(refused(Socket::open_with(process, &[]).await), 503);
        drop(one);
        let again = eventually(SOON, async || Socket::open_with(process, &[]).await.ok());
        assert!(again.await.is_some(), "there is room again");
    }
    // Those that are gone have left by then.
    let open = async || Socket::open_with(&addressed, &[]).await.ok();
    drop(eventually(SOON, async || Some((open().await?, open().await?))).await.expect("room for two"));
    let one = eventually(SOON, open).await.expect("room for one");
    let _one = one.identified(&token).await;
    events(&addressed, "me", Some(&token)).await.assert_problem(503);
    addressed.stop().await;
    capped.stop().await;
}
