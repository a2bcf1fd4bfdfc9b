//! Lists of cinemas: filters, orders, pages.

use std::cmp::Ordering;

use cinemabus::{Business, Cinema, DEFAULT_ORDER, OrderField, QueryFilter};
use paging::{Direction, OrderBy, Page, Position};
use types::CinemaId;

use crate::samples::{business, numbered};

const FIELDS: [OrderField; 3] = [OrderField::Name, OrderField::Screens, OrderField::CreatedAt];
const DIRECTIONS: [Direction; 2] = [Direction::Ascending, Direction::Descending];

/// A filter, and whether it selects the first of two where it is made of the second.
type Case = (QueryFilter, fn(&Cinema, &Cinema) -> bool);

#[tokio::test]
async fn each_filter_selects_what_it_says_and_filters_add_up() {
    let (_database, cinemas) = many().await;
    let all = walk(&cinemas, &QueryFilter::default(), &OrderBy::new(DEFAULT_ORDER), 100).await;
    let pattern = &all[1];
    let any = QueryFilter::default;
    let cases: Vec<Case> = vec![
        (any(), |_, _| true),
        (QueryFilter { place: Some(pattern.place), ..any() }, |cinema, pattern| cinema.place == pattern.place),
        (QueryFilter { latitude_from: Some(pattern.latitude), ..any() }, |cinema, pattern| {
            cinema.latitude >= pattern.latitude
        }),
        (QueryFilter { latitude_to: Some(pattern.latitude), ..any() }, |cinema, pattern| {
            cinema.latitude <= pattern.latitude
        }),
        (QueryFilter { longitude_from: Some(pattern.longitude), ..any() }, |cinema, pattern| {
            cinema.longitude >= pattern.longitude
        }),
        (QueryFilter { longitude_to: Some(pattern.longitude), ..any() }, |cinema, pattern| {
            cinema.longitude <= pattern.longitude
        }),
        (QueryFilter { screens_from: Some(pattern.screens.number()), ..any() }, |cinema, pattern| {
            cinema.screens.cmp(&pattern.screens).is_ge()
        }),
        (QueryFilter { screens_to: Some(pattern.screens.number()), ..any() }, |cinema, pattern| {
            cinema.screens.cmp(&pattern.screens).is_le()
        }),
    ];
    for (filter, selects) in cases {
        let page = Page { total: true, ..Page::first(100) };
        let slice = cinemas.query(&filter, OrderBy::new(DEFAULT_ORDER), &page).await.unwrap();
        let expected: Vec<_> = all.iter().filter(|cinema| selects(cinema, pattern)).cloned().collect();
        assert!(!expected.is_empty(), "{filter:?}");
        assert_eq!(slice.items, expected, "{filter:?}");
        assert_eq!(slice.total, Some(expected.len() as u64), "{filter:?}");
        assert_eq!(cinemas.count(&filter).await.unwrap(), expected.len() as u64, "{filter:?}");
    }
}

#[tokio::test]
async fn the_newest_come_first_when_nothing_else_is_asked() {
    let (_database, cinemas) = business().await;
    let mut added = Vec::new();
    for number in 0..5 {
        added.insert(0, cinemas.create(numbered(number)).await.unwrap().id);
    }
    let slice = cinemas.query(&QueryFilter::default(), OrderBy::new(DEFAULT_ORDER), &Page::first(20)).await.unwrap();
    assert_eq!(ids(&slice.items), added);
}

#[tokio::test]
async fn numbered_pages_and_cursors_cut_the_same_list() {
    let (_database, cinemas) = many().await;
    let order = OrderBy::by(FIELDS[0], Direction::Descending);
    let walked = walk(&cinemas, &QueryFilter::default(), &order, 7).await;
    for (number, chunk) in (1_u32..).zip(walked.chunks(7)) {
        let page = Page { limit: 7, position: Position::Number(number), total: true };
        let slice = cinemas.query(&QueryFilter::default(), order.clone(), &page).await.unwrap();
        assert_eq!(slice.items, chunk);
        assert_eq!(slice.total, Some(40));
    }
    let beyond = Page { limit: 7, position: Position::Number(u32::MAX), total: false };
    let slice = cinemas.query(&QueryFilter::default(), order, &beyond).await.unwrap();
    assert_eq!((slice.items, slice.next), (vec![], None));
}

/// Every order by one field or two, in all directions, over rows with many ties.
#[tokio::test]
async fn walking_the_pages_gives_exactly_the_sorted_list() {
    let (_database, cinemas) = many().await;
    let all = walk(&cinemas, &QueryFilter::default(), &OrderBy::new([]), 100).await;
    assert_eq!(all.len(), 40);

    let mut orders: Vec<Vec<(OrderField, Direction)>> = vec![vec![]];
    for first in FIELDS {
        for direction in DIRECTIONS {
            orders.push(vec![(first, direction)]);
            for second in FIELDS.into_iter().filter(|field| *field != first) {
                orders.push(vec![(first, direction), (second, Direction::Ascending)]);
                orders.push(vec![(first, direction), (second, Direction::Descending)]);
            }
        }
    }
    for terms in orders {
        let order = OrderBy::new(terms.clone());
        let mut expected = all.clone();
        expected.sort_by(|a, b| compare(&order, a, b));
        let walked = walk(&cinemas, &QueryFilter::default(), &order, 7).await;
        assert_eq!(ids(&walked), ids(&expected), "{terms:?}");
        assert_eq!(walked, expected, "{terms:?}");
    }
}

#[tokio::test]
async fn a_cinema_that_goes_or_comes_between_two_pages_moves_no_other() {
    let (_database, cinemas) = business().await;
    for number in 0..10 {
        cinemas.create(numbered(number)).await.unwrap();
    }
    let order = OrderBy::new(DEFAULT_ORDER);
    let whole = walk(&cinemas, &QueryFilter::default(), &order, 100).await;
    let first = cinemas.query(&QueryFilter::default(), order.clone(), &Page::first(3)).await.unwrap();
    assert_eq!(first.items, whole[..3]);
    cinemas.delete(first.items[2].id, None).await.unwrap();
    cinemas.create(numbered(10)).await.unwrap();
    let page = Page { position: Position::After(first.next.unwrap()), ..Page::first(3) };
    let second = cinemas.query(&QueryFilter::default(), order, &page).await.unwrap();
    assert_eq!(second.items, whole[3..6]);
}

/// Forty that share their values.
async fn many() -> (dbtest::Database, Business) {
    let (database, cinemas) = business().await;
    for number in 0..40 {
        cinemas.create(numbered(number)).await.unwrap();
    }
    (database, cinemas)
}

/// The whole list, page by page.
async fn walk(cinemas: &Business, filter: &QueryFilter, order: &OrderBy<OrderField>, limit: u32) -> Vec<Cinema> {
    let mut page = Page::first(limit);
    let mut walked = Vec::new();
    loop {
        let slice = cinemas.query(filter, order.clone(), &page).await.unwrap();
        walked.extend(slice.items);
        match slice.next {
            Some(keys) => page.position = Position::After(keys),
            None => return walked,
        }
        assert!(walked.len() <= 1000, "the pages do not end");
    }
}

fn ids(cinemas: &[Cinema]) -> Vec<CinemaId> {
    cinemas.iter().map(|cinema| cinema.id).collect()
}

/// What the documentation of [`OrderField`] says, once more.
fn compare(order: &OrderBy<OrderField>, a: &Cinema, b: &Cinema) -> Ordering {
    let turn = |ordering: Ordering, direction| match direction {
        Direction::Ascending => ordering,
        Direction::Descending => ordering.reverse(),
    };
    let by_terms = order.terms().iter().map(|&(field, direction)| match field {
        OrderField::Name => turn(a.name.as_str().to_lowercase().cmp(&b.name.as_str().to_lowercase()), direction),
        OrderField::Screens => turn(a.screens.cmp(&b.screens), direction),
        OrderField::CreatedAt => turn(a.created_at.cmp(&b.created_at), direction),
    });
    by_terms
        .chain([turn(a.id.uuid().cmp(&b.id.uuid()), order.tie_break())])
        .find(|ordering| ordering.is_ne())
        .unwrap_or(Ordering::Equal)
}
