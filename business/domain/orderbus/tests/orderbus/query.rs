//! Lists of orders: filters, orders, pages.

use std::cmp::Ordering;

use orderbus::{Business, DEFAULT_ORDER, Order, OrderField, QueryFilter};
use paging::{Direction, OrderBy, Page, Position};
use types::{OrderId, Scope};

use crate::samples::{business, film, numbered, owner, stranger};

const FIELDS: [OrderField; 2] = [OrderField::Total, OrderField::CreatedAt];
const DIRECTIONS: [Direction; 2] = [Direction::Ascending, Direction::Descending];

/// A filter, and whether it selects the first of two where it is made of the second.
type Case = (QueryFilter, fn(&Order, &Order) -> bool);

#[tokio::test]
async fn each_filter_selects_what_it_says_and_filters_add_up() {
    let (_database, orders) = many().await;
    let all = walk(&orders, &QueryFilter::default(), &OrderBy::new(DEFAULT_ORDER), 100).await;
    let pattern = &all[1];
    let any = QueryFilter::default;
    let cases: Vec<Case> = vec![
        (any(), |_, _| true),
        (QueryFilter { status: Some(pattern.status), ..any() }, |order, pattern| order.status == pattern.status),
        (QueryFilter { movie_id: Some(film(2)), ..any() }, |order, _| {
            order.items.iter().any(|item| item.movie_id == film(2))
        }),
        (QueryFilter { total_from: Some(pattern.total.amount), ..any() }, |order, pattern| {
            order.total.amount.cmp(&pattern.total.amount).is_ge()
        }),
        (QueryFilter { total_to: Some(pattern.total.amount), ..any() }, |order, pattern| {
            order.total.amount.cmp(&pattern.total.amount).is_le()
        }),
    ];
    for (filter, selects) in cases {
        let page = Page { total: true, ..Page::first(100) };
        let slice = orders.query(Scope::Any, &filter, OrderBy::new(DEFAULT_ORDER), &page).await.unwrap();
        let expected: Vec<_> = all.iter().filter(|order| selects(order, pattern)).cloned().collect();
        assert!(!expected.is_empty(), "{filter:?}");
        assert_eq!(slice.items, expected, "{filter:?}");
        assert_eq!(slice.total, Some(expected.len() as u64), "{filter:?}");
        assert_eq!(orders.count(Scope::Any, &filter).await.unwrap(), expected.len() as u64, "{filter:?}");
    }
}

#[tokio::test]
async fn the_newest_come_first_when_nothing_else_is_asked() {
    let (_database, orders) = business().await;
    let mut added = Vec::new();
    for number in 0..5 {
        added.insert(0, orders.create(owner(), &numbered(number)).await.unwrap().id);
    }
    let slice =
        orders.query(Scope::Any, &QueryFilter::default(), OrderBy::new(DEFAULT_ORDER), &Page::first(20)).await.unwrap();
    assert_eq!(ids(&slice.items), added);
}

#[tokio::test]
async fn numbered_pages_and_cursors_cut_the_same_list() {
    let (_database, orders) = many().await;
    let order = OrderBy::by(FIELDS[0], Direction::Descending);
    let walked = walk(&orders, &QueryFilter::default(), &order, 7).await;
    for (number, chunk) in (1_u32..).zip(walked.chunks(7)) {
        let page = Page { limit: 7, position: Position::Number(number), total: true };
        let slice = orders.query(Scope::Any, &QueryFilter::default(), order.clone(), &page).await.unwrap();
        assert_eq!(slice.items, chunk);
        assert_eq!(slice.total, Some(40));
    }
    let beyond = Page { limit: 7, position: Position::Number(u32::MAX), total: false };
    let slice = orders.query(Scope::Any, &QueryFilter::default(), order, &beyond).await.unwrap();
    assert_eq!((slice.items, slice.next), (vec![], None));
}

/// Every order by one field or two, in all directions, over rows with many ties.
#[tokio::test]
async fn walking_the_pages_gives_exactly_the_sorted_list() {
    let (_database, orders) = many().await;
    let all = walk(&orders, &QueryFilter::default(), &OrderBy::new([]), 100).await;
    assert_eq!(all.len(), 40);

    let mut sortings: Vec<Vec<(OrderField, Direction)>> = vec![vec![]];
    for first in FIELDS {
        for direction in DIRECTIONS {
            sortings.push(vec![(first, direction)]);
            for second in FIELDS.into_iter().filter(|field| *field != first) {
                sortings.push(vec![(first, direction), (second, Direction::Ascending)]);
                sortings.push(vec![(first, direction), (second, Direction::Descending)]);
            }
        }
    }
    for terms in sortings {
        let order = OrderBy::new(terms.clone());
        let mut expected = all.clone();
        expected.sort_by(|a, b| compare(&order, a, b));
        let walked = walk(&orders, &QueryFilter::default(), &order, 7).await;
        assert_eq!(ids(&walked), ids(&expected), "{terms:?}");
        assert_eq!(walked, expected, "{terms:?}");
    }
}

#[tokio::test]
async fn an_order_that_comes_between_two_pages_moves_no_other() {
    let (_database, orders) = business().await;
    for number in 0..10 {
        orders.create(owner(), &numbered(number)).await.unwrap();
    }
    let order = OrderBy::new(DEFAULT_ORDER);
    let whole = walk(&orders, &QueryFilter::default(), &order, 100).await;
    let first = orders.query(Scope::Any, &QueryFilter::default(), order.clone(), &Page::first(3)).await.unwrap();
    assert_eq!(first.items, whole[..3]);
    orders.create(owner(), &numbered(10)).await.unwrap();
    let page = Page { position: Position::After(first.next.unwrap()), ..Page::first(3) };
    let second = orders.query(Scope::Any, &QueryFilter::default(), order, &page).await.unwrap();
    assert_eq!(second.items, whole[3..6]);
}

/// A user's list is a list of their own, and to them there is nothing else.
#[tokio::test]
async fn within_the_scope_of_a_user_is_what_belongs_to_them() {
    let (_database, orders) = business().await;
    let mine = orders.create(owner(), &numbered(0)).await.unwrap();
    let theirs = orders.create(stranger(), &numbered(1)).await.unwrap();
    let own = Scope::Own(owner());
    let any = QueryFilter::default();
    let page = Page { total: true, ..Page::first(20) };
    let slice = orders.query(own, &any, OrderBy::new(DEFAULT_ORDER), &page).await.unwrap();
    assert_eq!((slice.items, slice.total), (vec![mine.clone()], Some(1)));
    assert_eq!((orders.count(own, &any).await.unwrap(), orders.count(Scope::Any, &any).await.unwrap()), (1, 2));
    assert_eq!(orders.query_by_id(own, mine.id).await.unwrap(), mine);
    assert!(matches!(orders.query_by_id(own, theirs.id).await, Err(orderbus::Error::NotFound)));
}

/// Forty that share their values.
async fn many() -> (dbtest::Database, Business) {
    let (database, orders) = business().await;
    for number in 0..40 {
        let order = orders.create(owner(), &numbered(number)).await.unwrap();
        if number % 5 == 0 {
            orders.cancel(Scope::Any, order.id, None).await.unwrap();
        }
    }
    (database, orders)
}

/// The whole list, page by page.
async fn walk(orders: &Business, filter: &QueryFilter, order: &OrderBy<OrderField>, limit: u32) -> Vec<Order> {
    let mut page = Page::first(limit);
    let mut walked = Vec::new();
    loop {
        let slice = orders.query(Scope::Any, filter, order.clone(), &page).await.unwrap();
        walked.extend(slice.items);
        match slice.next {
            Some(keys) => page.position = Position::After(keys),
            None => return walked,
        }
        assert!(walked.len() <= 1000, "the pages do not end");
    }
}

fn ids(orders: &[Order]) -> Vec<OrderId> {
    orders.iter().map(|order| order.id).collect()
}

/// What the documentation of [`OrderField`] says, once more.
fn compare(order: &OrderBy<OrderField>, a: &Order, b: &Order) -> Ordering {
    let turn = |ordering: Ordering, direction| match direction {
        Direction::Ascending => ordering,
        Direction::Descending => ordering.reverse(),
    };
    let by_terms = order.terms().iter().map(|&(field, direction)| match field {
        OrderField::Total => turn(a.total.amount.cmp(&b.total.amount), direction),
        OrderField::CreatedAt => turn(a.created_at.cmp(&b.created_at), direction),
    });
    by_terms
        .chain([turn(a.id.uuid().cmp(&b.id.uuid()), order.tie_break())])
        .find(|ordering| ordering.is_ne())
        .unwrap_or(Ordering::Equal)
}
