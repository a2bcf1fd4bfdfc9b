//! NATS JetStream carries events, and slows nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use events::nats::{self, Nats, Subscriber};
use events::{Consumer, Event, Failure, LetterFilter, Settings};
use natstest::{Broker, Kept};
use sqldb::Tx;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use uuid::Uuid;

use crate::harness::{
    Historian, Ledger, Line, Working, World, announce, assert_each_row_in_order, eventually, id_in, line, quick,
};

/// A subscriber at work.
struct Subscribing(JoinHandle<()>);

impl Subscribing {
    async fn start<C: Consumer>(world: &World, broker: &Broker, consumer: Arc<C>) -> Self {
        let (db, reports) = (world.another_db(), world.reports.clone());
        let subscriber = Subscriber::connect(&broker.url(), db, consumer, quick(), move |report| reports.note(report))
            .await
            .unwrap();
        #[expect(clippy::disallowed_methods, reason = "aborted by the test")]
        Self(tokio::spawn(async move { subscriber.run().await }))
    }
}

impl Drop for Subscribing {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What is in the stream, in its order.
async fn kept(broker: &Broker) -> Vec<Kept> {
    broker.kept(nats::STREAM).await
}

fn event_of(kept: &Kept) -> Event {
    serde_json::from_value(kept.payload.clone()).unwrap()
}

/// The versions of each row follow each other in the stream, and each event is there once.
async fn assert_kept(broker: &Broker, count: usize) {
    let what = format!("{count} in the stream");
    eventually(&what, async || kept(broker).await.len() >= count).await;
    let lines: Vec<Line> = kept(broker).await.iter().map(|kept| line(&event_of(kept))).collect();
    assert_eq!(lines.len(), count);
    assert_each_row_in_order(&lines);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_kept_under_its_subject_with_its_id_and_its_trace() {
    let (world, broker) = (World::new().await, Broker::started());
    let relay = Working::start(world.relay().carrier(Nats::connect(&broker.url()).await.unwrap()));
    let event_id = world.change(id_in(3)).await;
    assert_kept(&broker, 1).await;
    relay.stop().await;
    let kept = kept(&broker).await.remove(0);
    assert_eq!(kept.subject, "marquee.events.thing.updated");
    assert_eq!(kept.message_id, event_id.to_string());
    assert_eq!(kept.traceparent.as_deref(), Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
    assert_eq!(event_of(&kept), events::after(&world.db, 0, 1).await.unwrap().remove(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_has_each_event_on_three_servers_and_may_lose_one() {
    let (world, mut brokers) = (World::new().await, Broker::cluster());
    let relay = Working::start(world.relay().carrier(Nats::connect(&brokers[0].url()).await.unwrap()));
    world.change(id_in(3)).await;
    assert_kept(&brokers[1], 1).await;
    assert_eq!(brokers[1].copies(nats::STREAM).await, 3);
    // The one that the relay is connected to, and perhaps the one that leads.
    brokers[0].kill();
    world.change(id_in(3)).await;
    assert_kept(&brokers[1], 2).await;
    assert_kept(&brokers[2], 2).await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_away_slows_nothing_and_gets_everything_when_it_is_back() {
    let (world, mut broker) = (World::new().await, Broker::absent());
    let carrier = Nats::connect(&broker.url()).await.unwrap();
    let relay = Working::start(world.relay().carrier(carrier).consumer(Ledger::new()));
    world.knows("ledger").await;
    let ids: Vec<Uuid> = (0..8).map(id_in).collect();
    let mut count = 0;
    for round in 0..3 {
        let start = Instant::now();
        for id in ids.iter().chain(&ids) {
            world.change(*id).await;
            count += 1;
        }
        world.written("ledger", count).await;
        assert!(start.elapsed() < Duration::from_secs(10), "round {round}: {:?}", start.elapsed());
        let missed = world.reports.having("Unavailable");
        eventually("the broker is missed", async || world.reports.having("Unavailable") > missed).await;
        broker.start();
        // With what it had kept before it was killed.
        assert_kept(&broker, count).await;
        if round < 2 {
            broker.kill();
        }
    }
    assert_eq!(world.count("event_failures", "nats").await, 0, "a broker that is away counts for nothing");
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_freezes_slows_nothing_and_has_each_event_once_in_the_end() {
    let (world, broker) = (World::new().await, Broker::started());
    let carrier = Nats::connect(&broker.url()).await.unwrap();
    let relay = Working::start(world.relay().carrier(carrier).consumer(Ledger::new()));
    world.knows("ledger").await;
    let ids: Vec<Uuid> = (0..8).map(id_in).collect();
    for (round, frozen) in [100, 2500, 5000].into_iter().enumerate() {
        for id in &ids {
            world.change(*id).await;
        }
        broker.freeze();
        let start = Instant::now();
        for id in &ids {
            world.change(*id).await;
        }
        world.written("ledger", (round + 1) * 16).await;
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        tokio::time::sleep(Duration::from_millis(frozen)).await;
        broker.thaw();
    }
    assert_kept(&broker, 48).await;
    relay.stop().await;
    assert_kept(&broker, 48).await;
    assert_eq!(world.count("event_failures", "nats").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_larger_than_the_broker_takes_is_a_dead_letter() {
    let (world, broker) = (World::new().await, Broker::started());
    let relay = Working::start(world.relay().carrier(Nats::connect(&broker.url()).await.unwrap()));
    let (large, small) = (id_in(3), id_in(3));
    world
        .db
        .transact(async |tx: Tx| {
            let event = announce(&tx, "thing", large, 1).await?;
            let fatten =
                sqlx::query("UPDATE events SET data = to_jsonb(repeat('x', 20000)) WHERE event_id = $1").bind(event);
            tx.db().execute(fatten).await
        })
        .await
        .unwrap();
    world.change(small).await;
    eventually("it is dead", async || world.reports.having("refused 3 larger than what the broker takes true") == 1)
        .await;
    assert_kept(&broker, 1).await;
    let letters = events::letters(&world.db, &LetterFilter::default(), 10).await.unwrap();
    assert_eq!(letters.iter().map(|letter| letter.entity_id).collect::<Vec<_>>(), [large]);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_gets_events_from_the_broker_with_one_effect_each() {
    let (world, mut broker) = (World::new().await, Broker::started());
    let ledger = Arc::new(Ledger::new());
    let relay = |carrier| world.relay().carrier(carrier).brokered(Arc::clone(&ledger));
    let relay = Working::start(relay(Nats::connect(&broker.url()).await.unwrap()));
    world.knows("ledger").await;
    // Two replicas, and a broker that brings everything twice.
    let subscribers = [
        Subscribing::start(&world, &broker, Arc::clone(&ledger)).await,
        Subscribing::start(&world, &broker, Arc::clone(&ledger)).await,
    ];
    let ids: Vec<Uuid> = (0..8).map(id_in).collect();
    for id in ids.iter().chain(&ids) {
        world.change(*id).await;
    }
    world.written("ledger", 16).await;
    let again = async_nats::connect(broker.url()).await.unwrap();
    for kept in kept(&broker).await {
        again.publish(kept.subject, kept.payload.to_string().into()).await.unwrap();
    }
    again.flush().await.unwrap();
    broker.kill();
    broker.start();
    for id in &ids {
        world.change(*id).await;
    }
    let lines = world.written("ledger", 24).await;
    assert_each_row_in_order(&lines);
    eventually("its cursors follow", async || {
        let standings = events::standings(&world.db).await.unwrap();
        standings.iter().all(|standing| standing.behind == 0)
    })
    .await;
    assert_eq!(world.count("event_seen", "ledger").await, 0, "the cursors say it all");
    assert_eq!(world.lines("ledger").await.len(), 24);
    drop(subscribers);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_consumer_refuses_from_the_broker_is_tried_again_by_the_relay() {
    let (world, broker) = (World::new().await, Broker::started());
    let (bad, good, refuses) = (id_in(6), id_in(6), Arc::new(AtomicBool::new(true)));
    let mood = Arc::clone(&refuses);
    let ledger = Arc::new(Ledger::in_mood(move |event| {
        let refused = event.entity_id == bad && mood.load(Ordering::Relaxed);
        if refused { Err(Failure::Refused("not now".into())) } else { Ok(()) }
    }));
    let patient = Settings { attempts: 1000, ..quick() };
    let relay = world.relay_with(patient).carrier(Nats::connect(&broker.url()).await.unwrap());
    let relay = Working::start(relay.brokered(Arc::clone(&ledger)));
    world.knows("ledger").await;
    let subscriber = Subscribing::start(&world, &broker, ledger).await;
    for id in [bad, good, bad, good, bad] {
        world.change(id).await;
    }
    world.written("ledger", 2).await;
    eventually("those behind it wait", async || world.count("event_failures", "ledger").await == 3).await;
    refuses.store(false, Ordering::Relaxed);
    assert_each_row_in_order(&world.written("ledger", 5).await);
    eventually("none waits", async || world.count("event_failures", "ledger").await == 0).await;
    drop(subscriber);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_changes_to_the_broker_and_back_has_one_effect_for_each_event() {
    let (world, broker) = (World::new().await, Broker::started());
    let ids: Vec<Uuid> = (0..8).map(id_in).collect();
    let historian = Arc::new(Historian(Ledger::new()));
    let mut count = 0;
    for brokered in [false, true, false, true] {
        let carrier = Nats::connect(&broker.url()).await.unwrap();
        let relay = world.relay().carrier(carrier);
        let (relay, subscriber) = if brokered {
            let subscriber = Subscribing::start(&world, &broker, Arc::clone(&historian)).await;
            (relay.brokered(Arc::clone(&historian)), Some(subscriber))
        } else {
            (relay.consumer(Historian(Ledger::new())), None)
        };
        let relay = Working::start(relay);
        for id in ids.iter().chain(&ids) {
            world.change(*id).await;
            count += 1;
        }
        assert_each_row_in_order(&world.written("historian", count).await);
        // With some that nobody has handled yet.
        for id in &ids {
            world.change(*id).await;
            count += 1;
        }
        drop(subscriber);
        relay.kill().await;
    }
    let relay = Working::start(world.relay().consumer(Historian(Ledger::new())));
    assert_each_row_in_order(&world.written("historian", count).await);
    relay.stop().await;
    assert_eq!(world.lines("historian").await.len(), count);
}
