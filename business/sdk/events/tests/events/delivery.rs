//! What is committed is handed on: all of it, once, in order.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::future::join_all;
use sqldb::Tx;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::harness::{Historian, Ledger, Working, World, announce, assert_each_row_in_order, change, id_in, quick};

#[tokio::test(flavor = "multi_thread")]
async fn every_event_takes_effect_once_and_in_the_order_of_its_row() {
    let world = World::new().await;
    let relays =
        [Working::start(world.relay().consumer(Ledger::new())), Working::start(world.relay().consumer(Ledger::new()))];
    world.knows("ledger").await;
    let ids: Vec<Uuid> = (0..24).map(|_| Uuid::now_v7()).collect();
    let writers = ids.iter().chain(&ids).map(|id| async {
        for _ in 0..10 {
            world.change(*id).await;
        }
    });
    join_all(writers).await;

    let lines = world.written("ledger", 480).await;
    assert_eq!(lines.len(), 480);
    assert_each_row_in_order(&lines);
    for relay in relays {
        relay.stop().await;
    }
    assert_eq!(world.lines("ledger").await.len(), 480, "nothing is handed on twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_commits_late_is_not_skipped() {
    let world = World::new().await;
    let relay = Working::start(world.relay().consumer(Ledger::new()));
    world.knows("ledger").await;
    // All in one part, so that one cursor has to get past all of them.
    let (late, early) = (id_in(3), id_in(3));

    let (written, is_written) = oneshot::channel();
    let (go_on, may_go_on) = oneshot::channel::<()>();
    let (written, may_go_on) = (std::sync::Mutex::new(Some(written)), tokio::sync::Mutex::new(Some(may_go_on)));
    let db = world.another_db();
    let slow = db.transact(async |tx: Tx| {
        change(&tx, late).await?;
        written.lock().unwrap().take().unwrap().send(()).unwrap();
        may_go_on.lock().await.take().unwrap().await.unwrap();
        Ok::<_, sqldb::Error>(())
    });
    let others = async {
        is_written.await.unwrap();
        for version in 1..=5 {
            world.change(early).await;
            assert_eq!(
                world.written("ledger", version).await.len(),
                version,
                "who commits does not wait for who does not"
            );
        }
        go_on.send(()).unwrap();
    };
    let (slow, ()) = tokio::join!(slow, others);
    slow.unwrap();

    let lines = world.written("ledger", 6).await;
    assert_eq!(lines.last().unwrap().entity_id, late);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_by_position_misses_nothing_that_commits_late() {
    let world = World::new().await;
    let relay = world.relay();
    let mut position = relay.position();
    let relay = Working::start(relay);
    // Transactions of very different length, so that they commit in another order than they write.
    let writers = join_all((0..8_u64).map(|writer| {
        let world = &world;
        async move {
            let mut written = Vec::new();
            for round in 0..12_u64 {
                let pause = Duration::from_millis((writer * 7 + round * 13) % 23);
                let event = world.db.transact(async |tx: Tx| {
                    let event = change(&tx, Uuid::now_v7()).await?;
                    tokio::time::sleep(pause).await;
                    Ok::<_, sqldb::Error>(event)
                });
                written.push(event.await.unwrap());
            }
            written
        }
    }));
    let reader = async {
        let (mut at, mut read) = (0, Vec::new());
        while read.len() < 96 {
            position.wait_for(|position| *position > at).await.unwrap();
            for event in events::after(&world.db, at, 5).await.unwrap() {
                assert!(event.position > at);
                at = event.position;
                read.push(event.event_id);
            }
        }
        read
    };
    let (written, read) =
        tokio::time::timeout(crate::harness::PATIENCE, async { tokio::join!(writers, reader) }).await.unwrap();
    let written: HashSet<Uuid> = written.into_iter().flatten().collect();
    assert_eq!(read.into_iter().collect::<HashSet<Uuid>>(), written);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_rolled_back_is_never_handed_on() {
    let world = World::new().await;
    let relay = Working::start(world.relay().consumer(Ledger::new()));
    world.knows("ledger").await;
    let id = id_in(0);
    let failed = world.db.transact(async |tx: Tx| {
        change(&tx, id).await?;
        Err::<(), _>(sqldb::Error::NotFound)
    });
    failed.await.unwrap_err();
    world.change(id).await;
    let lines = world.written("ledger", 1).await;
    assert_eq!(lines.iter().map(|line| line.version).collect::<Vec<_>>(), [1]);
    relay.stop().await;
    assert_eq!(world.lines("ledger").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_gets_what_it_wants() {
    let world = World::new().await;
    let relay = Working::start(world.relay().consumer(Ledger::new()));
    world.knows("ledger").await;
    let id = id_in(5);
    world.db.transact(async |tx: Tx| announce(&tx, "other", id, 1).await).await.unwrap();
    world.change(id).await;
    world.db.transact(async |tx: Tx| announce(&tx, "other", id, 2).await).await.unwrap();
    world.change(id).await;
    let lines = world.written("ledger", 2).await;
    assert_each_row_in_order(&lines);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_consumer_begins_now_or_at_the_beginning_as_it_chooses() {
    let world = World::new().await;
    let relay = Working::start(world.relay().consumer(Ledger::new()));
    world.knows("ledger").await;
    let id = id_in(1);
    world.change(id).await;
    world.written("ledger", 1).await;
    relay.stop().await;

    events::forget(&world.db, "ledger").await.unwrap();
    let relay = Working::start(world.relay().consumer(Ledger::new()).consumer(Historian(Ledger::new())));
    world.knows("ledger").await;
    world.change(id).await;
    assert_eq!(world.written("historian", 2).await.len(), 2);
    let lines = world.written("ledger", 2).await;
    assert_eq!(lines.iter().map(|line| line.version).collect::<Vec<_>>(), [1, 2], "the first is not handed on again");
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backlog_is_worked_off_in_batches() {
    let world = World::new().await;
    let relay = Working::start(world.relay().consumer(Ledger::new()));
    world.knows("ledger").await;
    relay.stop().await;
    world
        .database
        .execute(
            "INSERT INTO events (event_id, partition, entity, entity_id, version, action, data, occurred_at)
             SELECT gen_random_uuid(), get_byte(uuid_send(id), 15) % 8, 'thing', id, version, 'updated', '{}', now()
             FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, 50)) AS ids, generate_series(1, 60) AS version
             ORDER BY version",
        )
        .await;
    let start = tokio::time::Instant::now();
    let relay = Working::start(world.relay_with(quick()).consumer(Ledger::new()));
    let lines = world.written("ledger", 3000).await;
    println!("3000 events in {:?}", start.elapsed());
    assert_each_row_in_order(&lines);
    relay.stop().await;
}
