//! One effect for each key, whatever happens to the requests that ask for it.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

use std::time::Duration;

use dbtest::Database;
use futures_util::future::join_all;
use idempotency::{Answer, Error, Key, Outcome};
use sqldb::{Db, Settings, Tx};
use sqlx::Connection;

/// The failure of a handler.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Key(#[from] Error),
    #[error(transparent)]
    Store(#[from] sqldb::Error),
    #[error("refused")]
    Refused,
}

/// A database with a table of effects.
async fn effects() -> Database {
    let database = Database::new().await;
    let mut conn = database.connect().await;
    sqlx::raw_sql("CREATE TABLE effects (what text NOT NULL)").execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    database
}

fn key(name: &str) -> Key {
    Key { scope: "ada".into(), route: "POST /effects".into(), key: name.into(), fingerprint: [7; 32] }
}

fn answer(text: &str) -> Answer {
    Answer {
        status: 201,
        headers: vec![("location".into(), format!("/effects/{text}")), ("etag".into(), "\"1\"".into())],
        body: text.as_bytes().to_vec(),
    }
}

/// Has the effect `what` once under `key`.
async fn affect(db: &Db, key: &Key, what: &str) -> Result<Outcome, Failure> {
    idempotency::once(db, key, async |tx: Tx| {
        tx.db().execute(sqlx::query("INSERT INTO effects VALUES ($1)").bind(what)).await?;
        Ok(answer(what))
    })
    .await
}

async fn count(db: &Db) -> i64 {
    db.fetch_one(sqlx::query_as::<_, (i64,)>("SELECT count(*) FROM effects")).await.unwrap().0
}

/// Makes every kept answer older by `hours`.
async fn age(database: &Database, hours: i32) {
    let mut conn = database.connect().await;
    sqlx::query("UPDATE idempotency_keys SET created_at = created_at - make_interval(hours => $1)")
        .bind(hours)
        .execute(&mut conn)
        .await
        .unwrap();
    conn.close().await.unwrap();
}

#[tokio::test]
async fn a_repeated_request_gets_the_first_answer() {
    let database = effects().await;
    let db = database.db();
    assert_eq!(affect(&db, &key("k"), "one").await.unwrap(), Outcome::Fresh(answer("one")));
    assert_eq!(affect(&db, &key("k"), "two").await.unwrap(), Outcome::Replayed(answer("one")));
    assert_eq!(count(&db).await, 1);
}

#[tokio::test]
async fn another_key_caller_or_route_has_an_effect_of_its_own() {
    let database = effects().await;
    let db = database.db();
    for other in [
        key("k"),
        key("l"),
        Key { scope: "eve".into(), ..key("k") },
        Key { route: "POST /others".into(), ..key("k") },
        // Parts that run into each other must not make one key.
        Key { scope: "adaPOST".into(), route: " /effects".into(), ..key("k") },
    ] {
        assert!(matches!(affect(&db, &other, "x").await.unwrap(), Outcome::Fresh(_)), "{other:?}");
    }
    assert_eq!(count(&db).await, 5);
}

#[tokio::test]
async fn a_key_for_another_payload_is_refused() {
    let database = effects().await;
    let db = database.db();
    affect(&db, &key("k"), "one").await.unwrap();
    let other = Key { fingerprint: [8; 32], ..key("k") };
    assert!(matches!(affect(&db, &other, "two").await, Err(Failure::Key(Error::Reused))));
    assert_eq!(count(&db).await, 1);
}

#[tokio::test]
async fn of_fifty_parallel_requests_one_has_the_effect() {
    let database = effects().await;
    // Two pools, as two replicas have.
    let k = key("k");
    let pools = [database.db(), database.db()];
    let requests = (0..50).map(|n| affect(&pools[n % 2], &k, "one"));
    let (mut fresh, mut others) = (0, 0);
    for outcome in join_all(requests).await {
        match outcome {
            Ok(Outcome::Fresh(given)) => {
                assert_eq!(given, answer("one"));
                fresh += 1;
            }
            Ok(Outcome::Replayed(given)) => {
                assert_eq!(given, answer("one"));
                others += 1;
            }
            Err(Failure::Key(Error::InFlight)) => others += 1,
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!((fresh, others), (1, 49));
    assert_eq!(count(&pools[0]).await, 1);
}

#[tokio::test]
async fn a_request_that_is_worked_on_holds_its_key_and_no_other() {
    let database = effects().await;
    let (db, k) = (database.db(), key("k"));
    let outcome = idempotency::once(&db, &k, async |_tx: Tx| {
        assert!(matches!(affect(&db, &k, "x").await, Err(Failure::Key(Error::InFlight))));
        assert!(matches!(affect(&db, &key("l"), "y").await, Ok(Outcome::Fresh(_))));
        Ok::<_, Failure>(answer("slow"))
    })
    .await;
    assert_eq!(outcome.unwrap(), Outcome::Fresh(answer("slow")));
    assert_eq!(affect(&db, &k, "x").await.unwrap(), Outcome::Replayed(answer("slow")));
}

#[tokio::test]
async fn an_effect_that_fails_leaves_nothing_and_frees_its_key() {
    let database = effects().await;
    let db = database.db();
    let refused = idempotency::once(&db, &key("k"), async |tx: Tx| {
        tx.db().execute(sqlx::query("INSERT INTO effects VALUES ('half')")).await?;
        Err::<Answer, _>(Failure::Refused)
    })
    .await;
    assert!(matches!(refused, Err(Failure::Refused)));
    assert_eq!(count(&db).await, 0);
    let other_payload = Key { fingerprint: [8; 32], ..key("k") };
    assert!(matches!(affect(&db, &other_payload, "whole").await, Ok(Outcome::Fresh(_))));
    assert_eq!(count(&db).await, 1);
}

#[tokio::test]
async fn a_session_that_dies_in_the_middle_leaves_nothing_and_frees_its_key() {
    let database = effects().await;
    let db = database.db();
    let killed = idempotency::once(&db, &key("k"), async |tx: Tx| {
        tx.db().execute(sqlx::query("INSERT INTO effects VALUES ('half')")).await?;
        tx.db().execute(sqlx::query("SELECT pg_terminate_backend(pg_backend_pid())")).await?;
        Ok::<_, Failure>(answer("half"))
    })
    .await;
    assert!(matches!(killed, Err(Failure::Store(sqldb::Error::Unavailable { .. }))), "{killed:?}");
    // The report of its end is sent before the session lets go of its locks.
    let began = std::time::Instant::now();
    let next = loop {
        match affect(&db, &key("k"), "whole").await {
            Err(Failure::Key(Error::InFlight)) if began.elapsed() < Duration::from_secs(5) => {}
            next => break next,
        }
    };
    assert!(matches!(next, Ok(Outcome::Fresh(_))), "{next:?}");
    assert_eq!(count(&db).await, 1);
}

/// A client that leaves drops the future of its request.
#[tokio::test]
async fn a_request_that_is_dropped_in_the_middle_leaves_nothing_and_frees_its_key() {
    let database = effects().await;
    let db = database.db_with(Settings { min_connections: 0, ..Settings::default() });
    let k = key("k");
    let never = idempotency::once(&db, &k, async |tx: Tx| {
        tx.db().execute(sqlx::query("INSERT INTO effects VALUES ('half')")).await?;
        std::future::pending::<Result<Answer, Failure>>().await
    });
    assert!(tokio::time::timeout(Duration::from_millis(300), never).await.is_err(), "it waits");
    // The server sees the closed connection when it next looks.
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    loop {
        match affect(&db, &key("k"), "whole").await {
            Ok(outcome) => break assert!(matches!(outcome, Outcome::Fresh(_))),
            Err(Failure::Key(Error::InFlight)) if tokio::time::Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!(count(&db).await, 1);
}

#[tokio::test]
async fn an_answer_is_kept_for_a_day() {
    let database = effects().await;
    let db = database.db();
    affect(&db, &key("k"), "one").await.unwrap();
    age(&database, 23).await;
    assert!(matches!(affect(&db, &key("k"), "two").await, Ok(Outcome::Replayed(_))));
    age(&database, 1).await;
    let other_payload = Key { fingerprint: [8; 32], ..key("k") };
    assert_eq!(affect(&db, &other_payload, "three").await.unwrap(), Outcome::Fresh(answer("three")));
    assert_eq!(affect(&db, &other_payload, "four").await.unwrap(), Outcome::Replayed(answer("three")));
    assert_eq!(count(&db).await, 2);
}

#[tokio::test]
async fn the_sweep_removes_what_has_expired_and_nothing_else() {
    let database = effects().await;
    let db = database.db();
    let mut conn = database.connect().await;
    sqlx::raw_sql(
        "INSERT INTO idempotency_keys (scope, route, key, fingerprint, status, headers, body, created_at)
        SELECT 'ada', 'POST /effects', n::text, sha256(''), 201, '[]', '', now() FROM generate_series(1, 2500) AS n",
    )
    .execute(&mut conn)
    .await
    .unwrap();
    conn.close().await.unwrap();
    age(&database, 24).await;
    affect(&db, &key("k"), "one").await.unwrap();

    let (one, other) = tokio::join!(idempotency::sweep(&db), idempotency::sweep(&db));
    assert_eq!(one.unwrap() + other.unwrap(), 2500);
    assert!(matches!(affect(&db, &key("k"), "two").await, Ok(Outcome::Replayed(_))));
    assert_eq!(idempotency::sweep(&db).await.unwrap(), 0);
}

#[tokio::test]
async fn a_commit_that_is_not_answered_in_time_is_told_rightly_by_the_next_request() {
    let cluster = dbtest::private_cluster().await;
    let url = cluster.migrated("films").await;
    let direct = Db::open(&url, Settings { deadline: Duration::from_secs(10), ..Settings::default() }).unwrap();
    direct.execute(sqlx::query("CREATE TABLE effects (what text NOT NULL)")).await.unwrap();
    let db = Db::open(&url, Settings { deadline: Duration::from_secs(2), ..Settings::default() }).unwrap();
    db.ping().await.unwrap();
    // A commit is written, and then waits for a standby that is not there.
    let set = |names: &str| {
        let sql = format!("ALTER SYSTEM SET synchronous_standby_names = '{names}'");
        cluster.cluster().query("postgres", &sql).unwrap();
        cluster.cluster().query("postgres", "SELECT pg_reload_conf()").unwrap();
    };
    set("nobody");
    // The server reads its configuration when it comes to it: until then commits are answered.
    let mut tries = 0;
    let late = loop {
        match affect(&db, &key(&format!("k{tries}")), "one").await {
            Ok(_) => tries += 1,
            Err(error) => break error,
        }
    };
    let key = key(&format!("k{tries}"));
    assert!(matches!(late, Failure::Store(sqldb::Error::DeadlineExceeded)), "{late:?}");
    let meanwhile = affect(&db, &key, "two").await;
    assert!(matches!(meanwhile, Err(Failure::Key(Error::InFlight))), "{meanwhile:?}");
    set("");
    let decided = loop {
        match affect(&db, &key, "three").await {
            Err(Failure::Key(Error::InFlight)) => tokio::time::sleep(Duration::from_millis(20)).await,
            decided => break decided.unwrap(),
        }
    };
    assert_eq!(decided, Outcome::Replayed(answer("one")));
    assert_eq!(count(&direct).await, tries + 1);
}

#[tokio::test]
async fn the_age_of_an_answer_is_told_by_the_servers_clock() {
    let database = effects().await;
    let db = database.db();
    let clock = "SELECT now()::text";
    let outcome: Result<Outcome, Failure> = idempotency::once(&db, &key("k"), async |tx: Tx| {
        let (now,): (String,) = tx.db().fetch_one(sqlx::query_as(clock)).await?;
        Ok(answer(&now))
    })
    .await;
    let Outcome::Fresh(first) = outcome.unwrap() else { panic!("it was not there") };
    let (kept,): (String,) =
        db.fetch_one(sqlx::query_as("SELECT created_at::text FROM idempotency_keys")).await.unwrap();
    assert_eq!(kept.into_bytes(), first.body);
}
