//! What the values of cinemas take, at their bounds.

use cinemabus::places::PlaceId;
use cinemabus::{Address, Name, Screens};

#[test]
fn name_is_bounded_in_characters() {
    let max = 200;
    for text in ["é".to_owned(), "é".repeat(max)] {
        assert_eq!(Name::parse(&text).unwrap().as_str(), text);
    }
    for text in ["é".repeat(max + 1).as_str(), "", " ", "a\nb", "a\u{0}b"] {
        assert!(Name::parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn address_is_bounded_in_characters() {
    let max = 300;
    for text in ["é".to_owned(), "é".repeat(max)] {
        assert_eq!(Address::parse(&text).unwrap().as_str(), text);
    }
    for text in ["é".repeat(max + 1).as_str(), "", " ", "a\nb", "a\u{0}b"] {
        assert!(Address::parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn place_is_bounded() {
    for number in [1_i64, 2_147_483_647] {
        assert_eq!(i64::from(PlaceId::parse(number).unwrap().number()), number);
    }
    for number in [1_i64 - 1, 2_147_483_647_i64 + 1, i64::MIN, i64::MAX] {
        let refused = PlaceId::parse(number).unwrap_err();
        assert_eq!(refused.to_string(), "must be 1 to 2147483647");
    }
}

#[test]
fn screens_is_bounded() {
    for number in [1_i64, 100] {
        assert_eq!(i64::from(Screens::parse(number).unwrap().number()), number);
    }
    for number in [1_i64 - 1, 100_i64 + 1, i64::MIN, i64::MAX] {
        let refused = Screens::parse(number).unwrap_err();
        assert_eq!(refused.to_string(), "must be 1 to 100");
    }
}
