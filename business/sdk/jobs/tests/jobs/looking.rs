//! What operators see.

use std::time::Duration;

use chrono::TimeDelta;
use dbtest::Database;
use jobs::{Figures, Filter, State};

use crate::{Letter, enqueue, note, queued};

/// As a runner takes it.
const RUNNING: &str = "
    UPDATE jobs SET runner = gen_random_uuid(), due_at = now() + interval '1 minute' WHERE payload ->> 'text' = 'running'";

#[tokio::test]
async fn jobs_are_found_by_state_and_kind_the_dead_first() {
    let database = Database::new().await;
    let db = database.db();
    for text in ["dead", "running", "waiting"] {
        enqueue(&db, &note(text)).await;
    }
    enqueue(&db, &Letter { to: "ada".to_owned() }).await;
    database.execute("UPDATE jobs SET dead_at = now() WHERE payload ->> 'text' = 'dead'").await;
    database.execute(RUNNING).await;
    let all = queued(&db).await;
    assert_eq!((all.len(), all[0].state), (4, State::Dead));
    for (state, count) in [(State::Dead, 1), (State::Running, 1), (State::Waiting, 2)] {
        let found = jobs::query(&db, &Filter { state: Some(state), name: None }, 10).await.unwrap();
        assert_eq!(found.len(), count, "{state:?}");
        assert!(found.iter().all(|job| job.state == state));
    }
    let letters = Filter { state: None, name: Some("test.letter".to_owned()) };
    assert_eq!(jobs::query(&db, &letters, 10).await.unwrap().len(), 1);
    assert_eq!(jobs::query(&db, &Filter::default(), 2).await.unwrap().len(), 2);
    let one = jobs::query_by_id(&db, all[1].id).await.unwrap();
    assert_eq!((one.id, one.name, one.payload), (all[1].id, all[1].name.clone(), all[1].payload.clone()));
}

#[tokio::test]
async fn the_figures_of_a_lane_tell_what_waits_and_for_how_long() {
    let database = Database::new().await;
    let db = database.db();
    assert_eq!(jobs::figures(&db).await.unwrap(), []);
    for text in ["old", "new", "running", "dead"] {
        enqueue(&db, &note(text)).await;
    }
    let tomorrow = types::now() + TimeDelta::days(1);
    db.transact(async |tx| jobs::enqueue_at(&tx, &Letter { to: "ada".to_owned() }, tomorrow).await).await.unwrap();
    database.execute("UPDATE jobs SET due_at = now() - interval '1 hour' WHERE payload ->> 'text' = 'old'").await;
    database.execute("UPDATE jobs SET dead_at = now() WHERE payload ->> 'text' = 'dead'").await;
    database.execute(RUNNING).await;
    let [notes, letters] = &jobs::figures(&db).await.unwrap()[..] else { panic!("two lanes") };
    let oldest = notes.oldest;
    assert!(oldest >= Duration::from_secs(3600) && oldest < Duration::from_secs(3700), "{oldest:?}");
    assert_eq!(*notes, Figures { lane: "default".to_owned(), due: 2, later: 0, running: 1, dead: 1, oldest });
    let oldest = Duration::ZERO;
    assert_eq!(*letters, Figures { lane: "letters".to_owned(), due: 0, later: 1, running: 0, dead: 0, oldest });
}
