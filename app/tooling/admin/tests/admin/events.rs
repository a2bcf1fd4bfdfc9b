//! `admin events`.

use dbtest::Database;
use serde_json::{Value, json};

use crate::run::{Ran, admin_on, run};

const DEAD: &str = "00000000-0000-7000-8000-000000000001";
const WAITING: &str = "00000000-0000-7000-8000-000000000002";

/// A consumer with a dead letter, and one with an event that waits.
const LETTERS: &str = "
    INSERT INTO event_cursors (consumer, partition, position)
    SELECT consumer, partition, 1 FROM unnest('{nats,mirror}'::text[]) AS consumer, event_partitions;
    INSERT INTO events (event_id, partition, position, entity, entity_id, version, action, data, occurred_at)
    SELECT ('00000000-0000-7000-8000-00000000000' || n)::uuid, 0, n, 'movie', '00000000-0000-7000-8000-000000000000', n,
        'updated', '{}', '2026-01-02T03:04:05Z'
    FROM generate_series(1, 3) AS n;
    UPDATE events_relay SET position = 3;
    INSERT INTO event_failures (consumer, event_id, partition, entity_id, position, attempts, next_at, reason, dead_at)
    SELECT consumer, event_id, 0, entity_id, position, attempts, '2026-01-02T03:05:05Z', reason, dead_at::timestamptz
    FROM (VALUES
        (1, 'nats', 8, 'larger than what the broker takes', '2026-01-02T03:06:05Z'),
        (2, 'mirror', 2, E'a\\x1b[31mred\\x1b[0m reason', NULL)
    ) AS letter (place, consumer, attempts, reason, dead_at) JOIN events ON position = place;";

async fn letters() -> Database {
    let database = Database::new().await;
    database.execute(LETTERS).await;
    database
}

fn events(database: &Database, arguments: &[&str]) -> Ran {
    run(admin_on(database, &[&["events"], arguments].concat()))
}

fn ids(ran: &Ran) -> Vec<String> {
    let letters = ran.json();
    letters.as_array().unwrap().iter().map(|letter| letter["event_id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_are_listed_the_dead_ones_unless_more_is_asked_for() {
    let database = letters().await;
    let dead = events(&database, &["list", "--json"]).ended(0);
    assert_eq!(
        dead.json(),
        json!([{
            "event_id": DEAD,
            "consumer": "nats",
            "position": 1,
            "entity": "movie",
            "entity_id": "00000000-0000-7000-8000-000000000000",
            "action": "updated",
            "occurred_at": "2026-01-02T03:04:05Z",
            "attempts": 8,
            "next_at": "2026-01-02T03:05:05Z",
            "dead_at": "2026-01-02T03:06:05Z",
            "reason": "larger than what the broker takes",
        }])
    );
    assert_eq!(ids(&events(&database, &["list", "--waiting", "--json"]).ended(0)), [DEAD, WAITING]);
    assert_eq!(ids(&events(&database, &["list", "--waiting", "--consumer", "mirror", "--json"]).ended(0)), [WAITING]);

    let table = events(&database, &["list", "--waiting"]).ended(0).out;
    assert!(table.contains("dead since 2026-01-02T03:06:05Z  larger than what the broker takes"), "{table}");
    assert!(!table.contains('\u{1b}'), "a reason does not paint the terminal: {table:?}");
    let nothing = events(&database, &["list", "--consumer", "nobody"]).ended(0);
    assert_eq!(nothing.out, "no dead letters\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_is_put_back_once() {
    let database = letters().await;
    assert_eq!(events(&database, &["retry", DEAD, "--json"]).ended(0).json(), json!({ "count": 1 }));
    assert_eq!(events(&database, &["list", "--json"]).ended(0).json(), json!([]));
    let listed = events(&database, &["list", "--waiting", "--json"]).ended(0).json();
    assert_eq!((&listed[0]["attempts"], &listed[0]["dead_at"]), (&json!(0), &Value::Null));
    let gone = events(&database, &["retry", DEAD]).ended(3);
    assert!(gone.err.contains("admin events list"), "{}", gone.err);
    events(&database, &["retry", "--all"]).ended(0);
    events(&database, &["retry"]).ended(2);
    events(&database, &["retry", DEAD, "--all"]).ended(2);
    events(&database, &["retry", "no id"]).ended(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_are_dropped_those_that_wait_only_when_asked_for() {
    let database = letters().await;
    events(&database, &["drop", WAITING]).ended(3);
    assert_eq!(events(&database, &["drop", "--all"]).ended(0).out, "1 dropped\n");
    assert_eq!(ids(&events(&database, &["list", "--waiting", "--json"]).ended(0)), [WAITING]);
    events(&database, &["drop", WAITING, "--waiting"]).ended(0);
    assert_eq!(events(&database, &["list", "--waiting", "--json"]).ended(0).json(), json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_tells_how_far_each_consumer_is() {
    let database = letters().await;
    let ran = events(&database, &["status", "--json"]).ended(0);
    let status = ran.json();
    assert_eq!(status["position"], 3);
    let consumer = |name: &str, waiting: u32, dead: u32| {
        json!({
            "consumer": name, "behind": 2, "oldest": "2026-01-02T03:04:05Z", "waiting": waiting, "dead": dead,
        })
    };
    assert_eq!(status["consumers"], json!([consumer("mirror", 1, 0), consumer("nats", 0, 1)]));
    assert_eq!(status["partitions"].as_array().unwrap().len(), 8);
    let table = events(&database, &["status"]).ended(0);
    assert!(table.err.contains("8 of 8 parts are handed on by nobody"), "{}", table.err);

    assert_eq!(events(&database, &["forget", "mirror"]).ended(0).out, "mirror is forgotten\n");
    events(&database, &["forget", "mirror"]).ended(3);
    let status = events(&database, &["status", "--json"]).ended(0).json();
    assert_eq!(status["consumers"], json!([consumer("nats", 0, 1)]));
}
