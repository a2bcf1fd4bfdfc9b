//! Lists of sales: what is joined, filters, orders, pages.

use std::cmp::Ordering;

use orderbus::{NewItem, NewOrder, Quantity, Status};
use paging::{Direction, OrderBy, Page, Position};
use salesview::{Account, Business, Buyer, DEFAULT_ORDER, OrderField, QueryFilter, Sale, Search};
use types::{Currency, Email, Money, Name};

use crate::ground::{Placed, at, business, film, many, order, place, title, user, walk};

const FIELDS: [OrderField; 2] = [OrderField::Amount, OrderField::CreatedAt];
const DIRECTIONS: [Direction; 2] = [Direction::Ascending, Direction::Descending];

/// A filter, and whether it selects a line of an order.
type Case = (QueryFilter, fn(&Placed, (u128, i16, i64)) -> bool);

#[tokio::test]
async fn a_sale_is_a_line_of_an_order_with_buyer_film_and_money() {
    let (database, sales) = business().await;
    database.execute("UPDATE movies SET stock = 10").await;
    let item = |number, copies| NewItem { movie_id: film(number), quantity: Quantity::parse(copies).unwrap() };
    let new = NewOrder::parse(vec![item(2, 2), item(1, 1)]).unwrap();
    let placed = orderbus::Business::new(database.db()).create(user(1), &new).await.unwrap();
    // What was sold stays what it was.
    database.execute("UPDATE movies SET title = 'Another', price_amount = 1").await;
    let listed = walk(&sales, &QueryFilter::default(), &OrderBy::new(DEFAULT_ORDER), 20).await;
    let usd = |amount| Money { amount, currency: Currency::USD };
    let account =
        Account { name: Name::restore("Ada Lovelace".into()), email: Email::restore("ada@example.com".into()) };
    let sale = |place: i16, quantity: i16, price: i64| Sale {
        order_id: placed.id,
        place,
        status: Status::Pending,
        created_at: placed.created_at,
        buyer: Buyer { id: user(1), account: Some(account.clone()) },
        movie_id: placed.items[usize::try_from(place).unwrap() - 1].movie_id,
        title: placed.items[usize::try_from(place).unwrap() - 1].title.as_str().to_owned(),
        quantity,
        price: usd(price),
        amount: usd(price * i64::from(quantity)),
        total: usd(2 * 799 + 999),
    };
    assert_eq!(listed, [sale(1, 2, 799), sale(2, 1, 999)]);
}

#[tokio::test]
async fn what_somebody_bought_outlives_their_account_and_the_film() {
    let (database, sales) = business().await;
    place(&database, &many()).await;
    database.execute("DELETE FROM users WHERE email = 'ada@example.com'").await;
    database.execute("DELETE FROM movies").await;
    let theirs = QueryFilter { buyer: Some(user(1)), ..QueryFilter::default() };
    let listed = walk(&sales, &theirs, &OrderBy::new(DEFAULT_ORDER), 100).await;
    let expected: usize = many().iter().filter(|placed| placed.owner == 1).map(|placed| placed.lines.len()).sum();
    assert_eq!(listed.len(), expected);
    assert!(listed.iter().all(|sale| sale.buyer == Buyer { id: user(1), account: None }));
    assert!(listed.iter().any(|sale| sale.title == title(1)));
}

#[tokio::test]
async fn each_filter_selects_what_it_says_and_filters_add_up() {
    let (database, sales) = business().await;
    let orders = many();
    place(&database, &orders).await;
    let any = QueryFilter::default;
    let search = |text| Some(Search::parse(text).unwrap());
    let cases: Vec<Case> = vec![
        (any(), |_, _| true),
        (QueryFilter { statuses: vec![Status::Paid], ..any() }, |placed, _| placed.status == Status::Paid),
        (QueryFilter { statuses: vec![Status::Paid, Status::Cancelled], ..any() }, |placed, _| {
            matches!(placed.status, Status::Paid | Status::Cancelled)
        }),
        (QueryFilter { movie_id: Some(film(3)), ..any() }, |_, (film, ..)| film == 3),
        (QueryFilter { buyer: Some(user(9)), ..any() }, |placed, _| placed.owner == 9),
        (QueryFilter { search: search("grace h"), ..any() }, |placed, _| placed.owner == 2),
        (QueryFilter { search: search("AMAZING@"), ..any() }, |placed, _| placed.owner == 2),
        (QueryFilter { search: search("EXAMPLE.COM"), ..any() }, |placed, _| matches!(placed.owner, 1 | 3)),
        (QueryFilter { search: search("00%"), ..any() }, |placed, _| placed.owner == 3),
        (QueryFilter { search: search("_re"), ..any() }, |placed, _| placed.owner == 3),
        (QueryFilter { from: Some(at(49)), ..any() }, |placed, _| placed.minute >= 49),
        (QueryFilter { to: Some(at(49)), ..any() }, |placed, _| placed.minute < 49),
        (QueryFilter { amount_from: Some(1500), ..any() }, |_, (_, copies, price)| i64::from(copies) * price >= 1500),
        (QueryFilter { amount_to: Some(1500), ..any() }, |_, (_, copies, price)| i64::from(copies) * price <= 1500),
        (QueryFilter { total_from: Some(2500), ..any() }, |placed, _| placed.total() >= 2500),
        (QueryFilter { total_to: Some(2500), ..any() }, |placed, _| placed.total() <= 2500),
        (QueryFilter { currency: Some(Currency::USD), ..any() }, |placed, _| placed.currency == Currency::USD),
        (QueryFilter { movie_id: Some(film(1)), from: Some(at(14)), statuses: vec![Status::Pending], ..any() }, {
            |placed, (film, ..)| film == 1 && placed.minute >= 14 && placed.status == Status::Pending
        }),
    ];
    for (filter, selects) in cases {
        let lines = orders.iter().flat_map(|placed| placed.lines.iter().map(move |line| (placed, *line)));
        let expected = lines.filter(|(placed, line)| selects(placed, *line)).count();
        assert!(expected > 0, "{filter:?}");
        for field in FIELDS {
            let listed = walk(&sales, &filter, &OrderBy::by(field, Direction::Descending), 7).await;
            assert_eq!(listed.len(), expected, "{filter:?}");
            for sale in &listed {
                let placed = orders.iter().find(|placed| order(placed.number) == sale.order_id).unwrap();
                assert!(selects(placed, placed.line(sale).unwrap()), "{filter:?} {sale:?}");
            }
        }
        assert_eq!(sales.count(&filter).await.unwrap(), expected as u64, "{filter:?}");
    }
    for nobody in ["a%e", "Ada_Lovelace", "zzz"] {
        assert_eq!(sales.count(&QueryFilter { search: search(nobody), ..any() }).await.unwrap(), 0, "{nobody}");
    }
}

#[test]
fn what_is_in_no_index_is_not_searched_for() {
    for text in ["", "ad", "é1", " a ", "a\nb", &"a".repeat(255)] {
        assert!(Search::parse(text).is_err(), "{text:?}");
    }
    for text in ["ada", "äöü", &"a".repeat(254)] {
        assert_eq!(Search::parse(text).unwrap().as_str(), text);
    }
}

/// Every order by one field or two, in all directions, over rows with many ties.
#[tokio::test]
async fn walking_the_pages_gives_exactly_the_sorted_list() {
    let (database, sales) = business().await;
    place(&database, &many()).await;
    let any = QueryFilter::default();
    let all = walk(&sales, &any, &OrderBy::new([]), 100).await;
    assert_eq!(all.len(), many().iter().map(|placed| placed.lines.len()).sum::<usize>());
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
        let whole = walk(&sales, &any, &order, 100).await;
        assert_eq!(whole.len(), all.len());
        for pair in whole.windows(2) {
            assert!(compare(&order, &pair[0], &pair[1]).is_le(), "{terms:?}: {pair:?}");
        }
        assert_eq!(walk(&sales, &any, &order, 7).await, whole, "{terms:?}");
        assert_eq!(numbered(&sales, &order).await, whole, "{terms:?}");
    }
}

#[tokio::test]
async fn the_newest_order_comes_first_with_its_lines_in_their_own_order() {
    let (database, sales) = business().await;
    let line = |film| (film, 1, 500);
    let placed = |number, minute| Placed {
        number,
        owner: 1,
        status: Status::Paid,
        minute,
        currency: Currency::USD,
        lines: vec![line(3), line(1), line(2)],
    };
    place(&database, &[placed(1, 1), placed(2, 2)]).await;
    let listed = walk(&sales, &QueryFilter::default(), &OrderBy::new(DEFAULT_ORDER), 2).await;
    let seen: Vec<_> = listed.iter().map(|sale| (sale.order_id, sale.place, sale.movie_id)).collect();
    let lines = |number| [(order(number), 1, film(3)), (order(number), 2, film(1)), (order(number), 3, film(2))];
    assert_eq!(seen, [lines(2), lines(1)].concat());
}

/// The whole list by numbered pages.
async fn numbered(sales: &Business, order: &OrderBy<OrderField>) -> Vec<Sale> {
    let mut walked = Vec::new();
    for number in 1.. {
        let page = Page { limit: 7, position: Position::Number(number), total: true };
        let slice = sales.query(&QueryFilter::default(), order.clone(), &page).await.unwrap();
        walked.extend(slice.items);
        if slice.next.is_none() {
            assert_eq!(slice.total, Some(walked.len() as u64));
            break;
        }
    }
    walked
}

/// What the documentation of [`OrderField`] says, once more.
fn compare(order: &OrderBy<OrderField>, a: &Sale, b: &Sale) -> Ordering {
    let by_terms = order.terms().iter().map(|&(field, direction)| {
        let ordering = match field {
            OrderField::Amount => a.amount.amount.cmp(&b.amount.amount),
            OrderField::CreatedAt => a.created_at.cmp(&b.created_at),
        };
        if direction == Direction::Ascending { ordering } else { ordering.reverse() }
    });
    by_terms.into_iter().find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal)
}
