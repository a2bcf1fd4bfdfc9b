//! What sales come to, beside a sum of the same lines that is made here.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use orderbus::Status;
use paging::{Direction, OrderBy, Page, Position};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use salesview::{Business, By, Group, QueryFilter, Total, TotalField};
use types::Currency;

use crate::ground::{Placed, at, business, film, many, place, title};

/// Orders, copies, amount.
type Sum = (i64, i64, i128);

const FIELDS: [TotalField; 3] = [TotalField::Amount, TotalField::Copies, TotalField::Orders];

fn any_order() -> impl Strategy<Value = Placed> {
    let currency = prop_oneof![Just("USD"), Just("EUR"), Just("JPY")];
    let lines =
        prop::collection::btree_map(1..6_u128, (1..=10_i16, prop_oneof![Just(999), 0..=999_999_999_999_i64]), 1..5);
    // Around the end of a year, a month, a day, by the minute.
    (1..5_u128, 0..4_usize, -90_000..90_000_i64, currency, lines).prop_map(
        |(owner, status, minute, currency, lines)| Placed {
            number: 0,
            owner,
            status: Status::ALL[status],
            minute,
            currency: Currency::parse(currency).unwrap(),
            lines: lines.into_iter().map(|(film, (copies, price))| (film, copies, price)).collect(),
        },
    )
}

#[test]
fn totals_are_exact_whatever_was_sold() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (database, sales) = runtime.block_on(business());
    let mut runner = TestRunner::new(Config { cases: 32, failure_persistence: None, ..Config::default() });
    let orders = prop::collection::vec(any_order(), 0..40);
    let filters = (
        prop::collection::btree_set(0..4_usize, 0..4),
        prop::option::of(-90_000..90_000_i64),
        prop::option::of(1..6_u128),
    );
    runner
        .run(&(orders, filters), |(mut orders, (statuses, from, movie))| {
            let statuses: Vec<Status> = statuses.into_iter().map(|status| Status::ALL[status]).collect();
            (0_u128..).zip(&mut orders).for_each(|(number, placed)| placed.number = number);
            let filter = QueryFilter {
                statuses: statuses.clone(),
                from: from.map(at),
                movie_id: movie.map(film),
                ..QueryFilter::default()
            };
            let counts = |placed: &Placed, line: (u128, i16, i64)| {
                (statuses.is_empty() || statuses.contains(&placed.status))
                    && from.is_none_or(|from| placed.minute >= from)
                    && movie.is_none_or(|movie| line.0 == movie)
            };
            runtime.block_on(async {
                database.execute("TRUNCATE orders CASCADE").await;
                place(&database, &orders).await;
                for by in By::ALL {
                    let expected = summed(&orders, by, counts);
                    let found = walk(&sales, by, &filter, &OrderBy::new(by.default_order().iter().copied()), 3).await;
                    prop_assert_eq!(found.len(), expected.len());
                    prop_assert_eq!(sales_of(found), expected);
                }
                Ok(())
            })
        })
        .unwrap();
}

/// The sums of the lines that count, by film or month and currency, made here.
fn summed(
    orders: &[Placed],
    by: By,
    counts: impl Fn(&Placed, (u128, i16, i64)) -> bool,
) -> BTreeMap<(String, String), Sum> {
    let mut sums: BTreeMap<(String, String), (BTreeSet<u128>, i64, i128)> = BTreeMap::new();
    for placed in orders {
        for &(number, copies, price) in &placed.lines {
            if !counts(placed, (number, copies, price)) {
                continue;
            }
            let group = match by {
                By::Film => film(number).to_string(),
                By::Month => at(placed.minute).format("%Y-%m-01").to_string(),
            };
            let sum = sums.entry((group, placed.currency.as_str().to_owned())).or_default();
            sum.0.insert(placed.number);
            sum.1 += i64::from(copies);
            sum.2 += i128::from(copies) * i128::from(price);
        }
    }
    sums.into_iter().map(|(key, (orders, copies, amount))| (key, (orders.len() as i64, copies, amount))).collect()
}

fn sales_of(totals: Vec<Total>) -> BTreeMap<(String, String), Sum> {
    let group = |group: &Group| match group {
        Group::Film { movie_id, .. } => movie_id.to_string(),
        Group::Month(first) => first.to_string(),
    };
    let one = |total: Total| {
        ((group(&total.group), total.currency.as_str().to_owned()), (total.orders, total.copies, total.amount))
    };
    totals.into_iter().map(one).collect()
}

#[tokio::test]
async fn totals_come_in_the_order_that_is_asked_for_page_by_page() {
    let (database, sales) = business().await;
    place(&database, &many()).await;
    let any = QueryFilter::default();
    for by in By::ALL {
        let fields: Vec<TotalField> =
            if by == By::Month { [&FIELDS[..], &[TotalField::Month]].concat() } else { FIELDS.into() };
        for field in fields {
            for direction in [Direction::Ascending, Direction::Descending] {
                let order = OrderBy::by(field, direction);
                let whole = walk(&sales, by, &any, &order, 100).await;
                let key = |total: &Total| match (field, &total.group) {
                    (TotalField::Amount, _) => total.amount,
                    (TotalField::Copies, _) => total.copies.into(),
                    (TotalField::Orders, _) => total.orders.into(),
                    (TotalField::Month, Group::Month(first)) => chrono::Datelike::num_days_from_ce(first).into(),
                    (TotalField::Month, Group::Film { .. }) => 0,
                };
                let mut keys: Vec<i128> = whole.iter().map(key).collect();
                if direction == Direction::Descending {
                    keys.reverse();
                }
                assert!(keys.is_sorted(), "{by:?} {order:?}: {keys:?}");
                assert_eq!(walk(&sales, by, &any, &order, 1).await, whole, "{by:?} {order:?}");
                let page = Page { limit: 2, position: Position::Number(2), total: true };
                let second = sales.totals(by, &any, order.clone(), &page).await.unwrap();
                assert_eq!(
                    (second.items.as_slice(), second.total),
                    (&whole[2..4.min(whole.len())], Some(whole.len() as u64))
                );
            }
        }
    }
}

#[tokio::test]
async fn a_film_is_called_what_it_is_called_now_or_what_it_was_sold_as() {
    let (database, sales) = business().await;
    place(&database, &many()).await;
    let order = OrderBy::new(By::Film.default_order().iter().copied());
    let titles: BTreeSet<String> = walk(&sales, By::Film, &QueryFilter::default(), &order, 100)
        .await
        .into_iter()
        .filter_map(|total| match total.group {
            Group::Film { title, .. } => Some(title),
            Group::Month(_) => None,
        })
        .collect();
    let now = moviebus::Business::new(database.db());
    let mut expected = BTreeSet::from([title(3), title(4)]);
    for number in [1, 2] {
        expected.insert(now.query_by_id(film(number)).await.unwrap().title.as_str().to_owned());
    }
    assert_eq!(titles, expected);
}

#[tokio::test]
async fn months_are_those_of_utc_wherever_the_server_is() {
    let (database, _) = business().await;
    let name = database.name().to_owned();
    database.execute(format!("ALTER DATABASE \"{name}\" SET timezone = 'Pacific/Kiritimati'")).await;
    let placed = |number: u128, minute| Placed {
        number,
        owner: 1,
        status: Status::Paid,
        minute,
        currency: Currency::USD,
        lines: vec![(1, 1, 100)],
    };
    // A minute before and at the turn of the year.
    place(&database, &[placed(1, 59), placed(2, 60)]).await;
    let sales = Business::new(database.db());
    let order = OrderBy::new(By::Month.default_order().iter().copied());
    let months: Vec<_> = walk(&sales, By::Month, &QueryFilter::default(), &order, 1)
        .await
        .into_iter()
        .map(|total| (total.group, total.amount))
        .collect();
    let first = |year, month| Group::Month(NaiveDate::from_ymd_opt(year, month, 1).unwrap());
    assert_eq!(months, [(first(2026, 1), 100), (first(2025, 12), 100)]);
}

/// A million lines of the highest price do, of which these two stand for many.
#[tokio::test]
async fn a_sum_that_no_integer_of_64_bits_holds_is_exact() {
    const MOST: i64 = i64::MAX / 10;
    let (database, sales) = business().await;
    database
        .execute(format!(
            "ALTER TABLE order_items DROP CONSTRAINT order_items_price_range;
             INSERT INTO orders (order_id, owner_id, status, total_amount, total_currency, version, created_at, updated_at)
             SELECT gen_random_uuid(), gen_random_uuid(), 'paid', 1, 'USD', 1, now(), now() FROM generate_series(1, 3);
             INSERT INTO order_items (order_id, place, movie_id, title, quantity, price_amount, price_currency)
             SELECT order_id, 1, '00000000-0000-7000-8000-000000000001', 'Gold', 10, {MOST}, 'USD' FROM orders"
        ))
        .await;
    for by in By::ALL {
        let order = OrderBy::new(by.default_order().iter().copied());
        let slice = sales.totals(by, &QueryFilter::default(), order, &Page::first(1)).await.unwrap();
        assert_eq!(slice.items[0].amount, 3 * 10 * i128::from(MOST));
    }
}

/// The whole list, page by page.
async fn walk(sales: &Business, by: By, filter: &QueryFilter, order: &OrderBy<TotalField>, limit: u32) -> Vec<Total> {
    let mut page = Page::first(limit);
    let mut walked = Vec::new();
    loop {
        let slice = sales.totals(by, filter, order.clone(), &page).await.unwrap();
        walked.extend(slice.items);
        match slice.next {
            Some(keys) => page.position = Position::After(keys),
            None => return walked,
        }
        assert!(walked.len() <= 1000, "the pages do not end");
    }
}
