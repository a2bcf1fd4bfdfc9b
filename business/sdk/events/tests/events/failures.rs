//! Events that are not taken.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use events::{Event, Failure, LetterFilter, Settings};
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::harness::{Ledger, Line, Working, World, eventually, id_in, quick};

/// Refuses the events of a row as long as it says so.
fn moody(id: Uuid, version: i64) -> (Ledger, Arc<AtomicBool>) {
    let refuses = Arc::new(AtomicBool::new(true));
    let mood = Arc::clone(&refuses);
    let ledger = Ledger::in_mood(move |event: &Event| {
        let refused = event.entity_id == id && event.version == version && mood.load(Ordering::Relaxed);
        if refused { Err(Failure::Refused("it is a poor one".into())) } else { Ok(()) }
    });
    (ledger, refuses)
}

fn versions_of(lines: &[Line], id: Uuid) -> Vec<i64> {
    lines.iter().filter(|line| line.entity_id == id).map(|line| line.version).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_event_waits_with_those_behind_it_while_others_go_on() {
    let world = World::new().await;
    let (bad, good) = (id_in(6), id_in(6));
    let (ledger, refuses) = moody(bad, 2);
    let patient = Settings { attempts: 1000, ..quick() };
    let relay = Working::start(world.relay_with(patient).consumer(ledger));
    world.knows("ledger").await;
    for id in [bad, good, bad, good, bad, bad, good] {
        world.change(id).await;
    }
    eventually("the others are through", async || versions_of(&world.lines("ledger").await, good) == [1, 2, 3]).await;
    eventually("it is tried again", async || world.reports.having("refused 3 it is a poor one false") > 0).await;
    assert_eq!(versions_of(&world.lines("ledger").await, bad), [1]);
    let waiting = LetterFilter { waiting: true, ..LetterFilter::default() };
    let letters = events::letters(&world.db, &waiting, 10).await.unwrap();
    assert_eq!(letters.len(), 3, "{letters:?}");
    assert!(letters[0].attempts >= 3 && letters[1].attempts == 0, "{letters:?}");

    refuses.store(false, Ordering::Relaxed);
    eventually("all are through", async || world.lines("ledger").await.len() == 7).await;
    assert_eq!(versions_of(&world.lines("ledger").await, bad), [1, 2, 3, 4]);
    assert_eq!(world.count("event_failures", "ledger").await, 0);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_refused_too_often_is_given_up_and_those_behind_it_go_on() {
    let world = World::new().await;
    let bad = id_in(6);
    let (ledger, refuses) = moody(bad, 1);
    let relay = Working::start(world.relay().consumer(ledger));
    world.knows("ledger").await;
    let dead = world.change(bad).await;
    for _ in 0..3 {
        world.change(bad).await;
    }
    world.written("ledger", 3).await;
    assert_eq!(versions_of(&world.lines("ledger").await, bad), [2, 3, 4]);
    assert_eq!(world.reports.having("refused 3 it is a poor one true"), 1);
    assert_eq!(world.reports.having("refused"), 3, "it was tried three times");

    let letters = events::letters(&world.db, &LetterFilter::default(), 10).await.unwrap();
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert_eq!((letters[0].event_id, letters[0].attempts, letters[0].reason.as_str()), (dead, 3, "it is a poor one"));
    assert!(letters[0].dead_at.is_some());

    // Put back while it is still refused, then when it is not any more.
    let this = LetterFilter { event_id: Some(dead), ..LetterFilter::default() };
    assert_eq!(events::retry(&world.db, &this).await.unwrap(), 1);
    eventually("it is dead again", async || world.reports.having("refused 3 it is a poor one true") == 2).await;
    refuses.store(false, Ordering::Relaxed);
    assert_eq!(events::retry(&world.db, &this).await.unwrap(), 1);
    world.written("ledger", 4).await;
    assert_eq!(versions_of(&world.lines("ledger").await, bad), [2, 3, 4, 1]);
    assert_eq!(events::retry(&world.db, &this).await.unwrap(), 0, "it is not there any more");
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_letter_is_gone_and_one_that_still_waits_is_dropped_only_when_asked_for() {
    let world = World::new().await;
    let (bad, dead) = (id_in(6), id_in(5));
    let ledger = Ledger::in_mood(move |_| Err(Failure::Refused("no".into())));
    let relay = Working::start(world.relay_with(Settings { attempts: 1, ..quick() }).consumer(ledger.clone()));
    world.knows("ledger").await;
    world.change(dead).await;
    eventually("one is dead", async || world.reports.having("true") == 1).await;
    relay.stop().await;
    let relay = Working::start(world.relay_with(Settings { attempts: 1000, ..quick() }).consumer(ledger));
    world.change(bad).await;
    eventually("one waits", async || world.reports.having("refused 2 no false") == 1).await;
    relay.stop().await;

    let of_others = LetterFilter { consumer: Some("other".into()), waiting: true, ..LetterFilter::default() };
    assert_eq!(events::drop_letters(&world.db, &of_others).await.unwrap(), 0);
    assert_eq!(events::drop_letters(&world.db, &LetterFilter::default()).await.unwrap(), 1);
    assert_eq!(world.count("event_failures", "ledger").await, 1);
    let waiting = LetterFilter { waiting: true, ..LetterFilter::default() };
    assert_eq!(events::drop_letters(&world.db, &waiting).await.unwrap(), 1);
    assert_eq!(world.count("event_failures", "ledger").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_away_is_waited_for_in_order_and_counts_for_nothing() {
    let world = World::new().await;
    let (one, two) = (id_in(4), id_in(4));
    let (away, tries) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
    let (mood, count) = (Arc::clone(&away), Arc::clone(&tries));
    let ledger = Ledger::in_mood(move |event: &Event| {
        count.fetch_add(1, Ordering::Relaxed);
        let is_away = event.entity_id == one && mood.load(Ordering::Relaxed);
        if is_away { Err(Failure::Unavailable("out for lunch".into())) } else { Ok(()) }
    });
    let relay = Working::start(world.relay().consumer(ledger));
    world.knows("ledger").await;
    for id in [one, two, one, two] {
        world.change(id).await;
    }
    // More often than an event is tried that is refused.
    eventually("it is tried", async || tries.load(Ordering::Relaxed) > 6).await;
    assert_eq!(world.lines("ledger").await, [], "all of the part wait");
    assert_eq!(world.count("event_failures", "ledger").await, 0);
    away.store(false, Ordering::Relaxed);
    let lines = world.written("ledger", 4).await;
    assert_eq!(lines.iter().map(|line| line.entity_id).collect::<Vec<_>>(), [one, two, one, two]);
    assert!(world.reports.having("out for lunch") > 0);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_and_no_end_are_refusals() {
    let world = World::new().await;
    let (panics, hangs, good) = (id_in(4), id_in(4), id_in(4));
    let ledger = Ledger::in_mood(move |event: &Event| {
        assert!(event.entity_id != panics, "its own fault");
        Ok(())
    });
    let forever = Ledger { gate: Some((Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)))), ..Ledger::new() };
    let relay = Working::start(world.relay().consumer(ledger));
    world.knows("ledger").await;
    world.change(panics).await;
    world.change(good).await;
    world.written("ledger", 1).await;
    eventually("the one that panics is given up", async || world.reports.having("panicked") == 3).await;
    relay.stop().await;

    let impatient = Settings { limit: Duration::from_millis(100), ..quick() };
    let relay = Working::start(world.relay_with(impatient).consumer(forever));
    world.change(hangs).await;
    eventually("the one that hangs is given up", async || world.reports.having("no end within 100ms") == 3).await;
    assert_eq!(world.lines("ledger").await.len(), 1, "nothing of them has an effect");
    relay.stop().await;
    assert_eq!(events::letters(&world.db, &LetterFilter::default(), 10).await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_fails_refuses_its_event_alone() {
    let world = World::new().await;
    let (bad, good) = (id_in(0), id_in(0));
    world.database.execute("ALTER TABLE ledger ADD CONSTRAINT ledger_version CHECK (version <> 2)").await;
    let relay = Working::start(world.relay().consumer(Ledger::new()));
    world.knows("ledger").await;
    for id in [bad, bad, good] {
        world.change(id).await;
    }
    eventually("it is given up", async || world.reports.having("violates ledger_version true") == 1).await;
    world.written("ledger", 2).await;
    relay.stop().await;
}
