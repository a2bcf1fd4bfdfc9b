//! What the values of films take, at their bounds.

use moviebus::{Director, Genre, Genres, GenresError, Price, Rating, Runtime, Search, Stock, Title, Year};
use types::{Currency, Money};

#[test]
fn lines_of_text_are_bounded_in_characters() {
    for (max, parse) in [
        (500, (|text| Title::parse(text).is_ok()) as fn(&str) -> bool),
        (200, |text| Director::parse(text).is_ok()),
        (50, |text| Genre::parse(text).is_ok()),
        (200, |text| Search::parse(text).is_ok()),
    ] {
        assert!(parse("é"), "one character");
        assert!(parse(&"é".repeat(max)), "{max} characters");
        assert!(!parse(&"é".repeat(max + 1)), "{} characters", max + 1);
        for text in ["", " ", "a\nb", "a\u{0}b"] {
            assert!(!parse(text), "{text:?}");
        }
    }
}

#[test]
fn numbers_are_bounded() {
    let next_year = i64::from(Year::max());
    for (parse, min, max) in [
        ((|number| Year::parse(number).is_ok()) as fn(i64) -> bool, 1888, next_year),
        (|number| Runtime::parse(number).is_ok(), 1, 1440),
        (|number| Stock::parse(number).is_ok(), 0, i64::from(i32::MAX)),
        (|amount| Price::parse(Money { amount, currency: Currency::USD }).is_ok(), 0, 999_999_999_999),
    ] {
        assert!(parse(min) && parse(max), "{min} to {max}");
        for number in [min - 1, max + 1, i64::MIN, i64::MAX, -1] {
            assert!(!parse(number), "{number}");
        }
    }
    assert_eq!(Year::parse(1887).unwrap_err().to_string(), format!("must be 1888 to {next_year}"));
}

#[test]
fn a_film_has_at_most_five_genres_and_none_twice() {
    let parse = |names: &[&str]| Genres::parse(names.iter().map(|name| Genre::parse(name).unwrap()).collect());
    assert!(parse(&[]).is_ok());
    assert!(parse(&["a", "b", "c", "d", "e"]).is_ok());
    assert_eq!(parse(&["a", "b", "c", "d", "e", "f"]), Err(GenresError::TooMany));
    assert_eq!(parse(&["Drama", "drama"]), Err(GenresError::Repeated));
    assert_eq!(parse(&["Épopée", "ÉPOPÉE"]), Err(GenresError::Repeated));
}

#[test]
fn every_rating_is_read_back_from_its_name_and_no_other() {
    for rating in Rating::ALL {
        assert_eq!(Rating::parse(rating.as_str()), Ok(rating));
    }
    for text in ["", "r", "Not Rated", "Open", "X", "PG 13"] {
        assert!(Rating::parse(text).is_err(), "{text:?}");
    }
}
