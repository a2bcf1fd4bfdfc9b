//! Relays wake when something is written, and find out when they are not told.

use std::time::Duration;

use dbtest::proxy::Proxy;
use events::Settings;
use tokio::time::Instant;

use crate::harness::{Ledger, PATIENCE, Working, World, eventually, id_in, quick};

/// One that looks by itself once in an hour: what it finds, it was told of.
fn told() -> Settings {
    Settings { poll: Duration::from_secs(3600), ..quick() }
}

/// Waits until nothing but a notification wakes a relay.
async fn sound_asleep(world: &World) {
    world.sleeps().await;
    // Beyond the moment at which it looks once more, however slow the machine.
    tokio::time::sleep(Duration::from_millis(300)).await;
}

/// Waits until a relay listens.
async fn listens(world: &World) {
    const SQL: &str = "
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'marquee events'
            AND (query LIKE 'LISTEN %' OR query = 'SELECT 1')";
    eventually("it listens", async || world.db.fetch_one(sqlx::query_as::<_, (i64,)>(SQL)).await.unwrap().0 == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sleeping_relay_is_woken() {
    let world = World::new().await;
    let relay = Working::start(world.relay_with(told()).consumer(Ledger::new()));
    world.knows("ledger").await;
    for count in 1..=5 {
        sound_asleep(&world).await;
        world.change(id_in(1)).await;
        world.written("ledger", count).await;
    }
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_notified_while_a_relay_is_awake() {
    let world = World::new().await;
    world.database.execute("UPDATE events_relay SET sleeping = false").await;
    let mut listener = sqlx::postgres::PgListener::connect(world.database.url()).await.unwrap();
    listener.listen("events").await.unwrap();
    world.change(id_in(1)).await;
    world.database.execute("UPDATE events_relay SET sleeping = true").await;
    let woken = world.change(id_in(1)).await;
    tokio::time::timeout(PATIENCE, listener.recv()).await.unwrap().unwrap();
    let more = tokio::time::timeout(Duration::from_millis(200), listener.recv()).await;
    assert!(more.is_err(), "{more:?} besides that of {woken}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_handed_on_within_milliseconds() {
    let world = World::new().await;
    let relay = Working::start(world.relay_with(told()).consumer(Ledger::new()));
    world.knows("ledger").await;
    let mut times = Vec::new();
    for count in 1..=30 {
        let start = Instant::now();
        world.change(id_in(1)).await;
        world.written("ledger", count).await;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    println!("from the change to the effect: median {:?}, longest {:?}", times[15], times[29]);
    assert!(times[15] < Duration::from_millis(500), "{times:?}");
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_is_not_notified_finds_events_by_itself() {
    let world = World::new().await;
    // It listens where nobody answers.
    let proxy = Proxy::start();
    proxy.mute();
    let relay = Working::start(world.relay_at(&proxy.url(world.database.name()), quick()).consumer(Ledger::new()));
    world.knows("ledger").await;
    for count in 1..=5 {
        world.sleeps().await;
        world.change(id_in(1)).await;
        world.written("ledger", count).await;
    }
    eventually("it says that it hears nothing", async || world.reports.having("Deaf") > 0).await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_cut_or_dies_without_a_word_is_replaced() {
    let world = World::new().await;
    let proxy = Proxy::start();
    let relay = Working::start(world.relay_at(&proxy.url(world.database.name()), told()).consumer(Ledger::new()));
    world.knows("ledger").await;
    world.change(id_in(1)).await;
    world.written("ledger", 1).await;

    listens(&world).await;
    sound_asleep(&world).await;
    proxy.cut();
    world.change(id_in(1)).await;
    world.written("ledger", 2).await;

    listens(&world).await;
    sound_asleep(&world).await;
    proxy.strand();
    let start = Instant::now();
    world.change(id_in(1)).await;
    world.written("ledger", 3).await;
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    assert!(world.reports.having("Deaf") >= 2);

    // And is as good as the first.
    sound_asleep(&world).await;
    world.change(id_in(1)).await;
    world.written("ledger", 4).await;
    relay.stop().await;
}
