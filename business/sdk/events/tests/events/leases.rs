//! One process hands on a part at a time, any of them.

use std::sync::Arc;

use events::Settings;
use sqldb::Tx;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use uuid::Uuid;

use crate::harness::{Ledger, PATIENCE, Working, World, eventually, id_in, quick};

/// How many parts each relay holds, the fewest first.
async fn spread(world: &World) -> Vec<usize> {
    let mut parts = std::collections::HashMap::<Uuid, usize>::new();
    for relay_id in events::holders(&world.db).await.unwrap().into_iter().filter_map(|holder| holder.relay_id) {
        *parts.entry(relay_id).or_default() += 1;
    }
    let mut parts: Vec<usize> = parts.into_values().collect();
    parts.sort_unstable();
    parts
}

#[tokio::test(flavor = "multi_thread")]
async fn the_parts_are_spread_evenly_over_the_replicas() {
    let world = World::new().await;
    let one = Working::start(world.relay());
    eventually("one has all", async || spread(&world).await == [8]).await;
    let two = Working::start(world.relay());
    eventually("two have half each", async || spread(&world).await == [4, 4]).await;
    let three = Working::start(world.relay());
    eventually("three have about the same", async || spread(&world).await == [2, 3, 3]).await;
    one.stop().await;
    two.stop().await;
    eventually("the last has all", async || spread(&world).await == [8]).await;
    three.stop().await;
    assert!(events::holders(&world.db).await.unwrap().iter().all(|holder| holder.relay_id.is_none()));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_takes_over_at_once_from_one_that_stops() {
    let world = World::new().await;
    // Nobody waits for a lease to end, or to be renewed.
    let patient = Settings { lease: PATIENCE * 20, ..quick() };
    let one = Working::start(world.relay_with(patient.clone()).consumer(Ledger::new()));
    eventually("one has all", async || spread(&world).await == [8]).await;
    let two = Working::start(world.relay_with(patient).consumer(Ledger::new()));
    eventually("two lives", async || {
        let relays = sqlx::query_as::<_, (i64,)>("SELECT count(*) FROM event_relays");
        world.db.fetch_one(relays).await.unwrap().0 == 2
    })
    .await;
    assert_eq!(spread(&world).await, [8], "the lease is long");
    one.stop().await;
    world.change(id_in(7)).await;
    world.written("ledger", 1).await;
    two.stop().await;
}

/// Its last renewal was cut off while it committed, as by a stop at that moment.
#[tokio::test(flavor = "multi_thread")]
async fn a_part_taken_by_a_renewal_that_commits_during_the_stop_is_let_go_of_as_well() {
    let world = World::new().await;
    let patient = Settings { lease: PATIENCE * 20, ..quick() };
    let one = Working::start(world.relay_with(patient));
    eventually("one has all", async || spread(&world).await == [8]).await;
    let free = "UPDATE event_partitions SET relay_id = NULL, leased_until = NULL WHERE partition = 3";
    world.database.execute(free).await;

    let taken = tokio::sync::Notify::new();
    let renewal = async {
        let another = world.another_db();
        let work = another.transact(async |tx: Tx| {
            let db = tx.db();
            for statement in [
                "UPDATE event_relays SET leased_until = now() + interval '1 minute'",
                "UPDATE event_partitions SET relay_id = (SELECT relay_id FROM event_relays),
                 leased_until = now() + interval '1 minute' WHERE partition = 3",
            ] {
                db.execute(sqlx::query(statement)).await?;
            }
            taken.notify_one();
            eventually("the stop waits for what is about to be committed", async || {
                let waiting = sqlx::query_as::<_, (i64,)>(
                    "SELECT count(*) FROM pg_stat_activity
                     WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%event_relays%'",
                );
                world.db.fetch_one(waiting).await.unwrap().0 > 0
            })
            .await;
            Ok::<_, sqldb::Error>(())
        });
        sqldb::within(Instant::now() + PATIENCE * 2, work).await.unwrap();
    };
    let stop = async {
        taken.notified().await;
        one.stop().await;
    };
    tokio::join!(renewal, stop);
    assert!(events::holders(&world.db).await.unwrap().iter().all(|holder| holder.relay_id.is_none()));
}

/// It died, and then the clock was set back by an hour.
#[tokio::test(flavor = "multi_thread")]
async fn a_lease_from_before_the_clock_was_set_back_keeps_nobody_from_a_part() {
    let world = World::new().await;
    world.database.execute("INSERT INTO event_relays VALUES (gen_random_uuid(), now() + interval '1 hour')").await;
    let left = "UPDATE event_partitions SET relay_id = gen_random_uuid(), leased_until = now() + interval '1 hour'";
    world.database.execute(left).await;
    let relay = Working::start(world.relay());
    eventually("the living one has all, and counts alone", async || {
        let lasting = "SELECT count(*) FROM event_partitions WHERE leased_until < now() + interval '1 minute'";
        world.db.fetch_one(sqlx::query_as::<_, (i64,)>(lasting)).await.unwrap().0 == 8
    })
    .await;
    assert_eq!(spread(&world).await, [8]);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_takes_over_from_one_that_died_when_its_lease_is_over() {
    let world = World::new().await;
    let one = Working::start(world.relay().consumer(Ledger::new()));
    eventually("one has all", async || spread(&world).await == [8]).await;
    one.kill().await;
    let (start, two) = (Instant::now(), Working::start(world.relay().consumer(Ledger::new())));
    for partition in 0..8 {
        world.change(id_in(partition)).await;
    }
    world.written("ledger", 8).await;
    assert!(start.elapsed() < quick().lease * 5, "{:?}", start.elapsed());
    two.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_think_they_hold_a_part_have_one_effect() {
    let world = World::new().await;
    // The first is in the middle of an event, and knows nothing of what happens around it.
    let (entered, gate) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let blocked = Ledger { gate: Some((Arc::clone(&entered), Arc::clone(&gate))), ..Ledger::new() };
    let unaware = Settings { lease: PATIENCE * 20, limit: PATIENCE, ..quick() };
    let one = Working::start(world.relay_with(unaware).consumer(blocked));
    world.knows("ledger").await;
    world.change(id_in(2)).await;
    entered.acquire().await.unwrap().forget();
    // Its lease ends, as that of a process that was stopped in its tracks.
    world
        .database
        .execute("UPDATE event_partitions SET leased_until = now() - interval '1 second'; DELETE FROM event_relays")
        .await;
    let two = Working::start(world.relay().consumer(Ledger::new()));
    eventually("another waits for the cursor", async || {
        let waiting = sqlx::query_as::<_, (i64,)>(
            "SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%UPDATE event_cursors%'",
        );
        world.db.fetch_one(waiting).await.unwrap().0 > 0
    })
    .await;
    gate.add_permits(10);

    world.change(id_in(2)).await;
    let lines = world.written("ledger", 2).await;
    two.stop().await;
    one.kill().await;
    assert_eq!(world.lines("ledger").await.len(), 2, "one effect for each event: {lines:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_does_not_move_for_an_earlier_holder_of_the_part() {
    let world = World::new().await;
    let unaware = Settings { lease: PATIENCE * 20, ..quick() };
    let one = Working::start(world.relay_with(unaware).consumer(Ledger::new()));
    world.knows("ledger").await;
    world.change(id_in(4)).await;
    world.written("ledger", 1).await;
    // Taken by a process that does nothing.
    world
        .database
        .execute(
            "UPDATE event_partitions SET fence = fence + 1, relay_id = gen_random_uuid(), leased_until = now() + interval '1 hour'",
        )
        .await;
    world.change(id_in(4)).await;
    // Long enough for what is notified, and several looks besides.
    tokio::time::sleep(quick().poll * 4).await;
    assert_eq!(world.lines("ledger").await.len(), 1);
    one.stop().await;
}
