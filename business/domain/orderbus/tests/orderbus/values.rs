//! What the values of orders take, at their bounds.

use orderbus::{Status, Worth};
use types::{Currency, Money};

#[test]
fn worth_is_bounded() {
    let parse = |amount| Worth::parse(Money { amount, currency: Currency::USD });
    for amount in [0, 999_999_999_999] {
        assert_eq!(parse(amount).unwrap().money().amount, amount);
    }
    for amount in [-1, 1_000_000_000_000, i64::MIN, i64::MAX] {
        assert_eq!(parse(amount).unwrap_err().to_string(), "must be 0 to 999999999999");
    }
}

#[test]
fn every_status_is_read_back_from_its_name_and_no_other() {
    let names: Vec<&str> = Status::ALL.iter().map(|known| known.as_str()).collect();
    assert_eq!(names, ["pending", "paid", "cancelled", "refunded",]);
    for known in Status::ALL {
        assert_eq!(Status::parse(known.as_str()), Ok(known));
        assert_eq!(Status::restore(known.as_str()), known);
    }
    for text in ["", "unknown", "Pending"] {
        assert!(Status::parse(text).is_err(), "{text:?}");
        assert_eq!(Status::restore(text), Status::Unknown);
    }
}
