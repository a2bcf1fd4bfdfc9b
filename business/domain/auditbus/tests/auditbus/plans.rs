//! What lists cost on a large table: counted in rows that PostgreSQL reads, which no machine makes faster.

use auditbus::{ActorKind, Business, Error, OrderField, QueryFilter, TraceId, Word};
use chrono::TimeDelta;
use dbtest::{Database, Reads};
use paging::{Direction, OrderBy, Page, Position};
use sqlx::Connection;
use types::{Timestamp, UserId};
use uuid::Uuid;

/// Rows of the table.
const ROWS: u32 = 20_000;

#[tokio::test]
async fn a_page_reads_as_many_rows_as_it_shows_wherever_it_is() {
    let (database, audits, _) = large_table().await;
    for direction in [Direction::Ascending, Direction::Descending] {
        for number in [1, ROWS / 20 / 2, ROWS / 20 - 1] {
            let reads = reads(&database.db(), &audits, QueryFilter::default(), direction, number).await;
            assert_eq!(reads.whole_table, 0, "{direction:?} page {number}");
            assert!(reads.rows <= 25, "{direction:?} page {number}: {reads:?}");
        }
    }
}

#[tokio::test]
async fn every_question_asked_at_night_reads_its_answer_and_little_else() {
    let (database, audits, newest) = large_table().await;
    let filter = QueryFilter::default;
    let word = |text| Some(Word::parse(text).unwrap());
    // The numbers in the texts are those of `large_table`.
    for (filter, most) in [
        (QueryFilter { entity_id: Some(Uuid::from_u128(7)), ..filter() }, 45),
        (QueryFilter { actor_id: Some(UserId::restore(Uuid::from_u128(7))), ..filter() }, 45),
        (QueryFilter { trace_id: Some(TraceId::parse(&format!("{:032x}", 12345)).unwrap()), ..filter() }, 3),
        (QueryFilter { address: Some([192, 0, 2, 7].into()), ..filter() }, 25),
        (QueryFilter { entity: word("movie"), action: word("deleted"), ..filter() }, 25),
        (QueryFilter { entity: word("movie"), ..filter() }, 25),
        // All there are, which are then put in order.
        (QueryFilter { entity: word("key"), ..filter() }, i64::from(ROWS) / 300),
        (QueryFilter { actor: Some(ActorKind::User), ..filter() }, 25),
        (QueryFilter { actor: Some(ActorKind::Operator), ..filter() }, 25),
        (QueryFilter { from: Some(newest - TimeDelta::seconds(5)), ..filter() }, 10),
        (QueryFilter { to: Some(newest - TimeDelta::seconds(10_000)), ..filter() }, 25),
        (
            QueryFilter {
                from: Some(newest - TimeDelta::seconds(10_000)),
                to: Some(newest - TimeDelta::seconds(9_900)),
                ..filter()
            },
            25,
        ),
    ] {
        let reads = reads(&database.db(), &audits, filter.clone(), Direction::Descending, 1).await;
        assert_eq!(reads.whole_table, 0, "{filter:?}");
        assert!(reads.rows <= most, "{filter:?}: {reads:?}");
    }
}

/// What it reads to show page `number`, from where the page before it ended.
async fn reads(db: &sqldb::Db, audits: &Business, filter: QueryFilter, direction: Direction, number: u32) -> Reads {
    let order = OrderBy::by(OrderField::OccurredAt, direction);
    let mut page = Page::first(20);
    if number > 1 {
        let before = Page { position: Position::Number(number - 1), ..page.clone() };
        let slice = audits.query(&filter, order.clone(), &before).await.unwrap();
        page.position = Position::After(slice.next.expect("more follow"));
    }
    db.transact(async |tx| {
        let slice = audits.with_tx(&tx).query(&filter, order.clone(), &page).await?;
        assert!(!slice.items.is_empty(), "{filter:?} selects something");
        Ok::<_, Error>(Reads::of("audits", &tx).await)
    })
    .await
    .unwrap()
}

/// A change a second until now: by 500 users to 500 rows, from 250 addresses, each under a trace of its own; now and then
/// by an operator, of another kind of row, a removal.
async fn large_table() -> (Database, Business, Timestamp) {
    let database = Database::new().await;
    let mut conn = database.connect().await;
    let newest = types::now();
    sqlx::query(
        "INSERT INTO audits (audit_id, occurred_at, actor_kind, actor_id, actor_name, entity, entity_id, action, version,
            difference, trace_id, address)
        SELECT (lpad(to_hex(millis), 12, '0') || '7' || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 1, 15))::uuid,
            to_timestamp(millis / 1000.0), CASE WHEN n % 400 = 0 THEN 'operator' ELSE 'user' END,
            CASE WHEN n % 400 > 0 THEN lpad(to_hex(n % 500), 32, '0')::uuid END, CASE WHEN n % 400 = 0 THEN 'grace' END,
            CASE WHEN n % 300 = 0 THEN 'key' ELSE 'movie' END, lpad(to_hex(n % 500), 32, '0')::uuid,
            CASE WHEN n % 100 = 1 THEN 'deleted' ELSE 'updated' END, 1, '{}', lpad(to_hex(n), 32, '0'),
            '192.0.2.0'::inet + n % 250
        FROM (SELECT n, $2 - ($1 - n) * 1000 AS millis FROM generate_series(1, $1) AS n) AS made",
    )
    .bind(i64::from(ROWS))
    .bind(newest.timestamp_millis())
    .execute(&mut conn)
    .await
    .unwrap();
    sqlx::raw_sql("ANALYZE audits").execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    let audits = Business::new(database.db());
    (database, audits, newest)
}
