//! What the values of orders take, at their bounds.

use orderbus::{ItemsError, NewItem, NewOrder, Order, Quantity, Status, Step};
use types::MovieId;

#[test]
fn a_quantity_is_bounded() {
    for copies in [1, 10] {
        assert_eq!(i64::from(Quantity::parse(copies).unwrap().copies()), copies);
    }
    for copies in [0, 11, -1, i64::MIN, i64::MAX, 65_537] {
        assert_eq!(Quantity::parse(copies).unwrap_err().to_string(), "must be 1 to 10");
    }
}

#[test]
fn an_order_has_items_and_each_film_once() {
    let item = |movie_id| NewItem { movie_id, quantity: Quantity::parse(1).unwrap() };
    let many = |count: usize| (0..count).map(|_| item(MovieId::new())).collect::<Vec<_>>();
    for count in [1, 50] {
        assert_eq!(NewOrder::parse(many(count)).unwrap().items().len(), count);
    }
    for count in [0, 51] {
        assert_eq!(NewOrder::parse(many(count)), Err(ItemsError::Count));
    }
    let mut twice = many(5);
    twice[3] = NewItem { quantity: Quantity::parse(2).unwrap(), ..twice[1] };
    assert_eq!(NewOrder::parse(twice), Err(ItemsError::Repeated { index: 3 }));
}

#[test]
fn the_largest_total_is_exact_for_readers_of_doubles() {
    assert_eq!(Order::MAX_TOTAL, 499_999_999_999_500);
    assert_eq!(Order::MAX_TOTAL as f64 as i64, Order::MAX_TOTAL);
    assert_eq!((Order::MAX_TOTAL - 1) as f64 as i64, Order::MAX_TOTAL - 1);
}

/// Every step from every state: what is not named here may not be taken.
#[test]
fn an_order_goes_the_ways_that_there_are() {
    let ways = [
        (Status::Pending, Step::Pay, Status::Paid),
        (Status::Pending, Step::Cancel, Status::Cancelled),
        (Status::Paid, Step::Refund, Status::Refunded),
    ];
    for from in Status::ALL.into_iter().chain([Status::Unknown]) {
        for step in [Step::Pay, Step::Cancel, Step::Refund] {
            let way = ways.iter().find(|way| (way.0, way.1) == (from, step));
            assert_eq!(from.after(step), way.map(|way| way.2), "{from:?} {step:?}");
        }
    }
}

#[test]
fn every_status_is_read_back_from_its_name_and_no_other() {
    let names: Vec<&str> = Status::ALL.iter().map(|known| known.as_str()).collect();
    assert_eq!(names, ["pending", "paid", "cancelled", "refunded"]);
    for known in Status::ALL {
        assert_eq!(Status::parse(known.as_str()), Ok(known));
        assert_eq!(Status::restore(known.as_str()), known);
    }
    for text in ["", "unknown", "Pending"] {
        assert!(Status::parse(text).is_err(), "{text:?}");
        assert_eq!(Status::restore(text), Status::Unknown);
    }
}
