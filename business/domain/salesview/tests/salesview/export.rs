//! All sales at once: whole, of one moment, and of no more than what is asked for.

use std::time::Duration;

use orderbus::Status;
use paging::OrderBy;
use salesview::{Business, DEFAULT_ORDER, Error, QueryFilter, Sale};

use crate::ground::{business, many, place, walk};

const LIMIT: Duration = Duration::from_secs(60);

/// Everything that is given, part by part.
async fn exported(sales: &Business, filter: &QueryFilter) -> Vec<Vec<Sale>> {
    let mut parts = Vec::new();
    let take = |part| {
        parts.push(part);
        async { Ok::<_, Error>(()) }
    };
    sales.export(filter, OrderBy::new(DEFAULT_ORDER), LIMIT, take).await.unwrap();
    parts
}

#[tokio::test]
async fn an_export_is_the_whole_list_in_its_order() {
    let (database, sales) = business().await;
    place(&database, &many()).await;
    let paid = QueryFilter { statuses: vec![Status::Paid], ..QueryFilter::default() };
    for filter in [QueryFilter::default(), paid] {
        let whole = walk(&sales, &filter, &OrderBy::new(DEFAULT_ORDER), 100).await;
        // Twice: a second cursor has the name of the first.
        for _ in 0..2 {
            assert_eq!(exported(&sales, &filter).await.concat(), whole);
        }
    }
    assert_eq!(exported(&sales, &QueryFilter { total_from: Some(1 << 40), ..QueryFilter::default() }).await, [vec![]]);
}

#[tokio::test]
async fn an_export_shows_one_moment_however_long_it_takes() {
    let (database, sales) = business().await;
    crowd(&database, 2_500).await;
    let mut numbers = Vec::new();
    let take = |part: Vec<Sale>| {
        let is_first = numbers.is_empty();
        numbers.push(part.len());
        assert!(part.iter().all(|sale| sale.status == Status::Paid));
        let database = &database;
        async move {
            if is_first {
                database.execute("UPDATE orders SET status = 'refunded'; DELETE FROM users").await;
                crowd(database, 2_500).await;
            }
            Ok::<_, Error>(())
        }
    };
    sales.export(&QueryFilter::default(), OrderBy::new(DEFAULT_ORDER), LIMIT, take).await.unwrap();
    assert_eq!(numbers, [1_000, 1_000, 500]);
    assert_eq!(sales.count(&QueryFilter::default()).await.unwrap(), 5_000);
}

#[tokio::test]
async fn whoever_has_enough_ends_it_and_the_connection_serves_again() {
    let (database, _) = business().await;
    crowd(&database, 2_500).await;
    let db = database.db();
    let sales = Business::new(db.clone());
    for _ in 0..10 {
        let mut parts = 0;
        let take = |_| {
            parts += 1;
            async { Err::<(), Enough>(Enough) }
        };
        assert!(sales.export(&QueryFilter::default(), OrderBy::new(DEFAULT_ORDER), LIMIT, take).await.is_err());
        assert_eq!(parts, 1);
    }
    let stats = db.stats();
    assert_eq!((stats.connections, stats.closed_unclean), (1, 0));
}

/// Somebody who takes nothing more.
#[derive(Debug)]
struct Enough;

impl From<Error> for Enough {
    fn from(error: Error) -> Self {
        unreachable!("{error}")
    }
}

/// So many paid orders of one line.
async fn crowd(database: &dbtest::Database, number: u32) {
    database
        .execute(format!(
            "WITH placed AS (
                INSERT INTO orders (order_id, owner_id, status, total_amount, total_currency, version, created_at, updated_at)
                SELECT gen_random_uuid(), '00000000-0000-7000-8000-000000000001', 'paid', 999, 'USD', 1, now(), now()
                FROM generate_series(1, {number}) RETURNING order_id
             )
             INSERT INTO order_items (order_id, place, movie_id, title, quantity, price_amount, price_currency)
             SELECT order_id, 1, '00000000-0000-7000-8000-000000000001', 'Alien', 1, 999, 'USD' FROM placed"
        ))
        .await;
}
