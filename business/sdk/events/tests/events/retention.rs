//! Events go when they are old and nobody needs them.

use events::{Failure, LetterFilter, Settings};

use crate::harness::{Historian, Ledger, Working, World, eventually, id_in, quick};

const AGE: &str = "UPDATE events SET occurred_at = occurred_at - interval '8 days'";

async fn count(world: &World) -> i64 {
    world.db.fetch_one(sqlx::query_as::<_, (i64,)>("SELECT count(*) FROM events")).await.unwrap().0
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_goes_when_it_is_old_and_every_consumer_is_past_it() {
    let world = World::new().await;
    let relay = Working::start(world.relay().consumer(Ledger::new()).consumer(Historian(Ledger::new())));
    world.knows("historian").await;
    let id = id_in(1);
    world.change(id).await;
    world.written("ledger", 1).await;
    world.written("historian", 1).await;
    assert_eq!(events::sweep(&world.db).await.unwrap(), 0, "it is young");
    relay.stop().await;

    let relay = Working::start(world.relay().consumer(Ledger::new()));
    world.change(id).await;
    world.written("ledger", 2).await;
    relay.stop().await;
    world.database.execute(AGE).await;
    assert_eq!(events::sweep(&world.db).await.unwrap(), 1, "the historian has not seen the second");
    events::forget(&world.db, "historian").await.unwrap();
    assert_eq!(events::sweep(&world.db).await.unwrap(), 1);
    assert_eq!(count(&world).await, 0);
}

/// As after an outage: many more than one statement removes, before them as many that somebody still needs.
#[tokio::test(flavor = "multi_thread")]
async fn however_many_have_to_stay_those_behind_them_go_and_what_is_ahead_is_counted_in_time() {
    let world = World::new().await;
    let many = "
        INSERT INTO events (event_id, partition, position, entity, entity_id, version, action, data, occurred_at)
        SELECT gen_random_uuid(), n / 2500, n, 'movie', ('00000000-0000-7000-8000-00000000000' || n / 2500)::uuid, 1,
            'updated', '{}', now() - interval '8 days' + make_interval(secs => n)
        FROM generate_series(1, 4999) AS n";
    world.database.execute(many).await;
    let needed = "INSERT INTO event_cursors SELECT 'away', part, CASE part WHEN 0 THEN 0 ELSE 4999 END
        FROM generate_series(0, 7) AS part";
    world.database.execute(needed).await;
    let standings = events::standings(&world.db).await.unwrap();
    let oldest = types::now() - standings[0].oldest.unwrap();
    assert_eq!((standings[0].behind, oldest.num_days()), (events::COUNTED, 7), "{oldest}");
    assert_eq!(events::sweep(&world.db).await.unwrap(), 2500, "part 1 is done with");
    assert_eq!(count(&world).await, 2499);
    events::forget(&world.db, "away").await.unwrap();
    assert_eq!(events::sweep(&world.db).await.unwrap(), 2499);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_stays_as_long_as_it_is_a_letter() {
    let world = World::new().await;
    let ledger = Ledger::in_mood(|_| Err(Failure::Refused("no".into())));
    let relay = Working::start(world.relay_with(Settings { attempts: 1, ..quick() }).consumer(ledger));
    world.knows("ledger").await;
    world.change(id_in(1)).await;
    eventually("it is dead", async || world.reports.having("true") == 1).await;
    relay.stop().await;
    world.database.execute(AGE).await;
    assert_eq!(events::sweep(&world.db).await.unwrap(), 0);
    assert_eq!(events::drop_letters(&world.db, &LetterFilter::default()).await.unwrap(), 1);
    assert_eq!(events::sweep(&world.db).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_seen_is_noted_once() {
    let world = World::new().await;
    let event = world.change(id_in(1)).await;
    let see = async || world.db.transact(async |tx: sqldb::Tx| events::seen(&tx, "mirror", event).await).await.unwrap();
    assert!(!see().await);
    assert!(see().await);
    // Both at once: one has the effect.
    let other = world.change(id_in(1)).await;
    let see = || world.db.transact(async |tx: sqldb::Tx| events::seen(&tx, "mirror", other).await);
    let seen = futures_util::future::join_all((0..3).map(|_| see())).await;
    assert_eq!(seen.into_iter().filter(|seen| !seen.as_ref().unwrap()).count(), 1);
}
