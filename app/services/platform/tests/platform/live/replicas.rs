//! Two processes: what happens at one is heard at the other, and one may die.

use natstest::Broker;
use serde_json::json;

use super::ground::{Socket, figure, restock};
use crate::process::Setup;
use crate::shop::{Shop, add_film};

/// Changes a film at one replica, of which the other is killed meanwhile: a listener of that one goes on at the first.
async fn nothing_is_lost_where_a_replica_is_killed(shop: &Shop, setup: Setup) {
    const VERSIONS: i64 = 40;
    let editor = shop.editor().await;
    let (one, mut two) = tokio::join!(setup.ready(), setup.ready());
    let mut here = Socket::open(&one).await.on(&["movies"]).await;
    let mut there = Socket::open(&two).await.on(&["movies"]).await;
    let path = add_film(&one, &editor, "Alien").await;
    let changes = async {
        for version in 1..VERSIONS {
            restock(&one, &editor, &path, version).await;
        }
    };
    let listening = async {
        let (mut versions, mut last) = (Vec::new(), String::new());
        while versions.len() < 10 {
            let event = there.next().await;
            versions.push(event["version"].as_i64().unwrap());
            last = event["id"].as_str().unwrap().to_owned();
        }
        two.signal(rustix::process::Signal::KILL);
        assert_eq!(two.ended().await, None);
        // What was on its way when it died may have come, too.
        while let Some(message) = there.message().await {
            let event: serde_json::Value = serde_json::from_str(message.to_text().unwrap()).unwrap();
            versions.push(event["version"].as_i64().unwrap());
            last = event["id"].as_str().unwrap().to_owned();
        }
        let mut again = Socket::open(&one).await;
        again.send(&json!({ "type": "subscribe", "topics": ["movies"], "after": last })).await;
        while versions.last() != Some(&VERSIONS) {
            let message = again.next().await;
            match message["type"].as_str() {
                Some("subscribed") => {}
                Some("event") => versions.push(message["version"].as_i64().unwrap()),
                _ => panic!("{message}"),
            }
        }
        versions
    };
    let ((), versions) = tokio::join!(changes, listening);
    assert_eq!(versions, (1..=VERSIONS).collect::<Vec<_>>(), "each once, in order");
    for version in 1..=VERSIONS {
        assert_eq!(here.next().await["version"], version);
    }
    one.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_where_a_replica_is_killed_and_notifications_carry() {
    let shop = Shop::new().await;
    let setup = shop.setup();
    nothing_is_lost_where_a_replica_is_killed(&shop, setup).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_where_a_replica_is_killed_and_a_broker_carries() {
    let (shop, broker) = (Shop::new().await, Broker::started());
    let setup = shop.setup().with("events.nats_url", broker.url());
    nothing_is_lost_where_a_replica_is_killed(&shop, setup).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_hear_by_the_broker_and_by_the_database_while_it_is_away() {
    let (shop, mut broker) = (Shop::new().await, Broker::started());
    let editor = shop.editor().await;
    let setup = shop.setup().with("events.nats_url", broker.url());
    let (one, two) = tokio::join!(setup.ready(), setup.ready());
    let mut here = Socket::open(&one).await.on(&["movies"]).await;
    let mut there = Socket::open(&two).await.on(&["movies"]).await;
    let path = add_film(&one, &editor, "Alien").await;
    let by_broker = "live_events_total{source=\"broker\"}";
    let mut version = 1;
    // The client of the broker may be a moment late at first.
    while figure(&one, by_broker).await < 1.0 || figure(&two, by_broker).await < 1.0 {
        restock(&two, &editor, &path, version).await;
        version += 1;
        assert!(version < 100, "the broker carries nothing");
    }
    broker.kill();
    for _ in 0..3 {
        restock(&one, &editor, &path, version).await;
        version += 1;
    }
    for socket in [&mut here, &mut there] {
        for expected in 1..=version {
            assert_eq!(socket.next().await["version"], expected);
        }
    }
    drop((one, two));
}
