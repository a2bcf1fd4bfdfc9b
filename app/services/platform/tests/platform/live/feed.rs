//! What is heard, in which order, from where on.

use std::time::Duration;

use serde_json::{Value, json};
use types::Role;

use super::ground::{Socket, Stream, all, flood, id_of, order, restock};
use crate::process::eventually;
use crate::shop::{Shop, add_film};

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_to_films_is_heard_alike_over_both_in_order() {
    let shop = Shop::new().await;
    let editor = shop.editor().await;
    let process = shop.setup().ready().await;
    let mut socket = Socket::open_with(&process, &[("sec-websocket-protocol", "marquee.live.v1")]).await.unwrap();
    socket = socket.on(&["movies"]).await;
    let mut stream = Stream::open(&process, "topic=movies", &[]).await;
    assert_eq!(stream.next().await.unwrap().name.as_deref(), Some("subscribed"));

    let path = add_film(&process, &editor, "Alien").await;
    for version in 1..=3 {
        restock(&process, &editor, &path, version).await;
    }
    let mut heard = Vec::new();
    for version in 1..=4 {
        let event = socket.next().await;
        let told = stream.next().await.unwrap();
        assert_eq!(told.data, event, "one text for both");
        assert_eq!((told.id.as_deref(), told.name), (event["id"].as_str(), None));
        assert_eq!((&event["type"], &event["version"]), (&json!("event"), &json!(version)));
        heard.push(event);
    }
    let created = &heard[0];
    assert_eq!(created["topics"], json!(["movies", format!("movies/{}", id_of(&path))]));
    assert_eq!((&created["action"], &created["entity"]), (&json!("created"), &json!("movie")));
    assert_eq!(created["fields"]["title"], "Alien");
    assert_eq!((&heard[3]["changed"], &heard[3]["fields"]["stock"]), (&json!(["stock"]), &json!(103)));
    // No more than anyone reads by GET.
    let read = crate::answer::get(format!("{}{path}", process.url)).await.json();
    for (name, value) in heard[3]["fields"].as_object().unwrap() {
        assert_eq!(&read[name], value, "{name}");
    }
    assert!(heard.iter().all(|event| event.get("traceparent").is_none() && event.get("position").is_none()));
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_film_is_heard_without_the_others_and_no_more_once_it_is_unsubscribed() {
    let shop = Shop::new().await;
    let editor = shop.editor().await;
    let process = shop.setup().ready().await;
    let (one, other) = (add_film(&process, &editor, "One").await, add_film(&process, &editor, "Other").await);
    let topic = format!("movies/{}", id_of(&one));
    let mut socket = Socket::open(&process).await.on(&[&topic]).await;
    restock(&process, &editor, &other, 1).await;
    restock(&process, &editor, &one, 1).await;
    // What happened right before it subscribed may still be on its way.
    loop {
        let event = socket.next().await;
        assert_eq!(event["entity_id"], id_of(&one));
        if event["version"] == 2 {
            break;
        }
    }
    // Both topics have it: it comes once.
    socket = socket.on(&["movies"]).await;
    restock(&process, &editor, &one, 2).await;
    restock(&process, &editor, &other, 2).await;
    assert_eq!(socket.next().await["version"], 3);
    assert_eq!(socket.next().await["entity_id"], id_of(&other));
    let answer = socket.ask(&json!({ "type": "unsubscribe", "topics": ["movies"] })).await;
    assert_eq!(answer, json!({ "type": "unsubscribed", "topics": ["movies"] }));
    restock(&process, &editor, &other, 3).await;
    restock(&process, &editor, &one, 3).await;
    assert_eq!(socket.next().await["entity_id"], id_of(&one));

    let nothing = format!("movies/{}", uuid::Uuid::now_v7());
    let answer = socket.ask(&json!({ "type": "subscribe", "topics": [nothing] })).await;
    assert_eq!(answer["problem"]["status"], 404, "{answer}");
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_away_gets_what_they_missed_from_memory_or_from_the_database() {
    let shop = Shop::new().await;
    let editor = shop.editor().await;
    // Remembers two events; the others are read.
    let process = shop.setup().with("live.memory", "2").ready().await;
    let mut socket = Socket::open(&process).await.on(&["movies"]).await;
    let path = add_film(&process, &editor, "Alien").await;
    assert_eq!(socket.next().await["version"], 1);
    let mut heard = Vec::new();
    for version in 1..=10 {
        restock(&process, &editor, &path, version).await;
        heard.push(socket.next().await);
    }
    let versions = |events: &[Value]| events.iter().map(|event| event["version"].as_i64().unwrap()).collect::<Vec<_>>();
    assert_eq!(versions(&heard), (2..=11).collect::<Vec<_>>());
    for known in [0, 4, 8, 9] {
        let id = heard[known]["id"].as_str().unwrap();
        let mut again = Socket::open(&process).await;
        again.send(&json!({ "type": "subscribe", "topics": ["movies"], "after": id })).await;
        for missed in &heard[known + 1..] {
            assert_eq!(&again.next().await, missed);
        }
        let subscribed = again.next().await;
        assert_eq!(subscribed["type"], "subscribed");
        // The last of all that happened: here nothing else does.
        assert_eq!(subscribed["last_event_id"], heard[9]["id"]);

        let query = format!("topic=movies&seconds=0&last_event_id={id}");
        let told = all(&process, &query, &[]).await;
        let data: Vec<Value> = told.iter().map(|told| told.data.clone()).collect();
        assert_eq!(&data[..data.len() - 1], &heard[known + 1..]);
        assert_eq!(told.last().unwrap().id.as_deref(), heard[9]["id"].as_str());
        // What a browser sends when it comes back is newer than what the page once said.
        let last = heard[9]["id"].as_str().unwrap();
        assert_eq!(all(&process, &query, &[("last-event-id", last)]).await.len(), 1);
    }
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_missed_more_than_is_kept_is_told_to_read_anew() {
    let shop = Shop::new().await;
    let editor = shop.editor().await;
    let process = shop.setup().with("live.memory", "1").with("live.replay", "3").ready().await;
    let mut socket = Socket::open(&process).await.on(&["movies"]).await;
    let path = add_film(&process, &editor, "Alien").await;
    let first = socket.next().await["id"].as_str().unwrap().to_owned();
    for version in 1..=8 {
        restock(&process, &editor, &path, version).await;
        socket.next().await;
    }
    let forgotten = uuid::Uuid::now_v7().to_string();
    for id in [&first, &forgotten] {
        let mut again = Socket::open(&process).await;
        let answer = again.ask(&json!({ "type": "subscribe", "topics": ["movies"], "after": id })).await;
        assert_eq!(answer, json!({ "type": "reset", "topics": ["movies"] }), "{id}");
        assert_eq!(again.next().await["type"], "subscribed");
        let told = all(&process, &format!("topic=movies&seconds=0&last_event_id={id}"), &[]).await;
        let names: Vec<_> = told.iter().map(|told| told.name.as_deref().unwrap()).collect();
        assert_eq!(names, ["reset", "subscribed"]);
    }
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_was_away_remembers_what_happened_before_it_began() {
    let shop = Shop::new().await;
    let editor = shop.editor().await;
    let process = shop.setup().ready().await;
    let mut socket = Socket::open(&process).await.on(&["movies"]).await;
    let path = add_film(&process, &editor, "Alien").await;
    let first = socket.next().await["id"].as_str().unwrap().to_owned();
    restock(&process, &editor, &path, 1).await;
    let missed = socket.next().await;
    process.stop().await;
    let process = shop.setup().ready().await;
    let mut socket = Socket::open(&process).await;
    socket.send(&json!({ "type": "subscribe", "topics": ["movies"], "after": first })).await;
    assert_eq!(socket.next().await, missed);
    assert_eq!(socket.next().await["type"], "subscribed");
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_listened_before_an_older_state_of_the_database_came_back_reads_anew() {
    let shop = Shop::new().await;
    let editor = shop.editor().await;
    let process = shop.setup().ready().await;
    let mut socket = Socket::open(&process).await.on(&["movies"]).await;
    let mut stream = Stream::open(&process, "topic=movies", &[]).await;
    assert_eq!(stream.next().await.unwrap().name.as_deref(), Some("subscribed"));
    let path = add_film(&process, &editor, "Alien").await;
    restock(&process, &editor, &path, 1).await;
    let mut last = None;
    for _ in 0..2 {
        last = Some(socket.next().await["id"].as_str().unwrap().to_owned());
        stream.next().await.unwrap();
    }
    // What a backup of before the last event leaves.
    let sql = "DELETE FROM events WHERE position = (SELECT position FROM events_relay);
        UPDATE events_relay SET position = position - 1";
    shop.database.execute(sql).await;
    let (code, reason) = socket.closed().await.unwrap();
    assert_eq!((code, reason.as_str()), (1012, "the events begin anew: read again"));
    let end = stream.next().await.unwrap();
    assert_eq!((end.name.as_deref(), &end.data["reason"]), (Some("end"), &json!("reset")));
    // The event that they heard of has never been.
    let again = json!({ "type": "subscribe", "topics": ["movies"], "after": last });
    let socket = eventually(Duration::from_secs(10), async || {
        let mut socket = Socket::open_with(&process, &[]).await.ok()?;
        socket.send(&again).await;
        (socket.next().await["type"] == "reset").then_some(socket)
    });
    let mut socket = socket.await.unwrap();
    assert_eq!(socket.next().await["type"], "subscribed");
    restock(&process, &editor, &path, 2).await;
    assert_eq!(socket.next().await["version"], 3);
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_too_slowly_is_dropped_and_the_others_hear_everything() {
    const EVENTS: usize = 600;
    let shop = Shop::new().await;
    let setup = shop.setup().with("live.queue", "64");
    let (process, quick) = (setup.clone().with("live.memory", "64").ready().await, setup.ready().await);
    let mut slow = Socket::narrow(&process).await.on(&["movies"]).await;
    // They read all the time, and are behind when so much happens at once: memory has the rest.
    let mut others =
        vec![Socket::open(&quick).await.on(&["movies"]).await, Socket::open(&quick).await.on(&["movies"]).await];
    flood(&shop, EVENTS);
    for other in &mut others {
        for _ in 0..EVENTS {
            assert_eq!(other.next().await["type"], "event");
        }
    }
    let dropped = crate::process::eventually(super::ground::SOON, async || {
        (super::ground::figure(&process, "live_dropped_total{reason=\"slow\"}").await >= 1.0).then_some(())
    });
    assert!(dropped.await.is_some(), "it fell behind");
    let (code, reason) = slow.closed().await.expect("told why");
    assert_eq!(code, 1013, "{reason}");
    assert_eq!(super::ground::figure(&process, "live_connections{kind=\"websocket\"}").await, 0.0);
    process.stop().await;
    quick.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_at_once_than_a_queue_has_room_for_is_heard_by_all_each_once_in_order() {
    const EVENTS: usize = 400;
    let shop = Shop::new().await;
    let process = shop.setup().with("live.queue", "4").ready().await;
    let mut sockets = Vec::new();
    for _ in 0..8 {
        sockets.push(Socket::open(&process).await.on(&["movies"]).await);
    }
    let mut stream = Stream::open(&process, "topic=movies", &[]).await;
    assert_eq!(stream.next().await.unwrap().name.as_deref(), Some("subscribed"));
    flood(&shop, EVENTS);
    let mut ids = Vec::new();
    for _ in 0..EVENTS {
        ids.push(stream.next().await.unwrap().id.unwrap());
    }
    let each: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(each.len(), EVENTS, "each once");
    for socket in &mut sockets {
        for id in &ids {
            assert_eq!(socket.next().await["id"], id.as_str(), "in the one order");
        }
    }
    assert_eq!(super::ground::figure(&process, "live_dropped_total{reason=\"slow\"}").await, 0.0);
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_adds_topics_with_their_past_hears_all_of_them_in_the_one_order() {
    let shop = Shop::new().await;
    let editor = shop.editor().await;
    let process = shop.setup().ready().await;
    let path = add_film(&process, &editor, "Alien").await;
    let film = format!("movies/{}", id_of(&path));
    let mut socket = Socket::open(&process).await.on(&[&film]).await;
    restock(&process, &editor, &path, 1).await;
    let first = socket.next().await["id"].clone();
    let other = add_film(&process, &editor, "Aliens").await;
    restock(&process, &editor, &path, 2).await;
    restock(&process, &editor, &other, 1).await;
    socket.send(&json!({ "type": "subscribe", "topics": ["movies"], "after": first })).await;
    restock(&process, &editor, &path, 3).await;
    let (mut films, mut others) = (Vec::new(), Vec::new());
    while films.last() != Some(&4) || others.last() != Some(&2) {
        let message = socket.next().await;
        if message["type"] == "event" {
            let is_own = message["entity_id"] == id_of(&path);
            if is_own { &mut films } else { &mut others }.push(message["version"].as_i64().unwrap());
        }
    }
    // One may come twice, before the subscription and with it; none comes after a later one that it was told of since.
    let since = films.iter().rposition(|version| *version == 3).unwrap();
    assert_eq!((&films[since..], others), (&[3, 4][..], vec![1, 2]));
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_whose_client_goes_away_leaves_its_place_at_once() {
    let shop = Shop::new().await;
    let process = shop.setup().with("live.max_per_address", "3").ready().await;
    for _ in 0..5 {
        let mut streams = Vec::new();
        for _ in 0..3 {
            let mut stream = Stream::open(&process, "topic=movies", &[]).await;
            assert_eq!(stream.next().await.unwrap().name.as_deref(), Some("subscribed"));
            streams.push(stream);
        }
        drop(streams);
        let left = crate::process::eventually(super::ground::SOON, async || {
            (super::ground::figure(&process, "live_connections{kind=\"sse\"}").await == 0.0).then_some(())
        });
        assert!(left.await.is_some(), "they keep their places");
    }
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_counts_once_for_each_listener_however_many_of_their_topics_it_is_in() {
    let shop = Shop::new().await;
    let editor = shop.editor().await;
    let process = shop.setup().ready().await;
    let mut socket = Socket::open(&process).await.on(&["movies"]).await;
    let path = add_film(&process, &editor, "Alien").await;
    assert_eq!(socket.next().await["version"], 1);
    let mut socket = socket.on(&[&format!("movies/{}", id_of(&path))]).await;
    let before = super::ground::figure(&process, "live_deliveries_total").await;
    restock(&process, &editor, &path, 1).await;
    assert_eq!(socket.next().await["version"], 2);
    assert_eq!(super::ground::figure(&process, "live_deliveries_total").await, before + 1.0);
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_sends_everybody_elsewhere_within_the_drain() {
    let shop = Shop::new().await;
    let mut process = shop.setup().with("web.drain", "2s").ready().await;
    let mut sockets = Vec::new();
    for _ in 0..5 {
        sockets.push(Socket::open(&process).await.on(&["movies"]).await);
    }
    let mut stream = Stream::open(&process, "topic=movies", &[]).await;
    assert_eq!(stream.next().await.unwrap().name.as_deref(), Some("subscribed"));
    process.signal(rustix::process::Signal::TERM);
    for socket in &mut sockets {
        let (code, reason) = socket.closed().await.unwrap();
        assert_eq!(code, 1001);
        assert!(reason.starts_with("going away: come back in "), "{reason}");
    }
    let retry = stream.next().await.unwrap().retry.unwrap();
    assert!((1000..=5000).contains(&retry), "{retry}");
    let end = stream.next().await.unwrap();
    assert_eq!((end.name.as_deref(), &end.data["reason"]), (Some("end"), &json!("draining")));
    assert!(stream.next().await.is_none());
    assert_eq!(process.ended().await, Some(0), "{}", process.stdout());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_one_s_own_is_heard_by_me_and_nothing_else() {
    let shop = Shop::new().await;
    let editor = shop.editor().await;
    let customer = shop.user("customer@example.com", "correct horse battery", Role::Customer).await;
    let other = shop.user("other@example.com", "correct horse battery", Role::Customer).await;
    let (customer, other) = (shop.token(&customer), shop.token(&other));
    let process = shop.setup().ready().await;
    let movie = add_film(&process, &editor, "Alien").await;
    let mut socket = Socket::open_as(&process, &customer).await.on(&["me"]).await;
    order(&process, &other, id_of(&movie)).await;
    let own = order(&process, &customer, id_of(&movie)).await;
    let event = socket.next().await;
    assert_eq!((&event["entity"], &event["entity_id"]), (&json!("order"), &json!(own)));
    assert_eq!(event["topics"], json!([format!("orders/{own}"), "me"]));
    let read = crate::answer::send(
        crate::answer::request(reqwest::Method::GET, format!("{}/v1/orders/{own}", process.url)).bearer_auth(&customer),
    );
    let read = read.await.json();
    assert_eq!(event["fields"]["status"], read["status"]);
    assert_eq!(event["fields"]["total"], read["total"]);
    process.stop().await;
}
