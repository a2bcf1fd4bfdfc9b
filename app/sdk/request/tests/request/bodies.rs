//! Bodies: every error at once, each with its pointer, in words for the client.

use apierror::Code;
use proptest::prelude::*;
use request::decode;
use serde_json::{Value, json};
use types::{Currency, Patch};

use crate::film::{FilmPatch, NewFilm, Price, PricePatch, Screening, lines};

fn film() -> Value {
    json!({"title": "Alien", "year": 1979, "price": {"amount": 999, "currency": "EUR"}})
}

fn with(member: &str, value: Value) -> Value {
    let mut film = film();
    film[member] = value;
    film
}

fn refusals_of<B: request::Body>(value: &Value) -> Vec<String> {
    match decode::<B>(value.to_string().as_bytes()) {
        Ok(_) => Vec::new(),
        Err(error) => {
            assert_eq!(error.code(), Code::Invalid, "{value}");
            assert!(!error.errors().is_empty(), "{value} is refused with a reason");
            lines(error.errors())
        }
    }
}

fn refusals(value: &Value) -> Vec<String> {
    refusals_of::<NewFilm>(value)
}

#[test]
fn a_film_is_read_with_what_may_be_missing() {
    let film: NewFilm = decode(film().to_string().as_bytes()).unwrap();
    let price = Price { amount: 999, currency: Currency::parse("EUR").unwrap() };
    let expected =
        NewFilm { title: "Alien".into(), year: 1979, director: None, rating: None, genres: vec![], price, stock: 0 };
    assert_eq!(film, expected);
}

#[test]
fn every_error_is_found_at_once() {
    let value = json!({
        "title": "", "director": 7, "rating": "X", "genres": ["a", "", "a"],
        "price": {"amount": -1, "currency": "eur", "vat": 19}, "stock": null, "id": 1, "__proto__": {},
    });
    assert_eq!(
        refusals(&value),
        [
            "#/title: must be 1 to 500 characters long",
            "#/year: is required",
            "#/director: must be a string",
            "#/rating: must be one of G, PG, PG-13, R, NC-17",
            "#/genres/2: repeats an earlier item",
            "#/genres/1: must be 1 to 30 characters long",
            "#/price/amount: must be 0 or greater",
            "#/price/currency: must be a currency code of ISO 4217, such as EUR",
            "#/price/vat: is not a member of this resource",
            "#/stock: must not be null",
            "#/__proto__: is not a member of this resource",
            "#/id: is not a member of this resource",
        ]
    );
}

#[test]
fn the_length_of_text_counts_characters() {
    assert_eq!(refusals(&with("title", json!("😀".repeat(500)))), Vec::<String>::new());
    for title in ["😀".repeat(501), "a".repeat(501), "a".repeat(100_000)] {
        assert_eq!(refusals(&with("title", json!(title))), ["#/title: must be 1 to 500 characters long"]);
    }
}

#[test]
fn the_domain_has_the_last_word() {
    assert_eq!(refusals(&with("title", json!("  "))), ["#/title: must not be blank"]);
    assert_eq!(refusals(&with("title", json!("a\u{7}b"))), ["#/title: must not contain control characters"]);
}

#[test]
fn text_with_u_0000_is_invalid_and_not_malformed() {
    assert_eq!(refusals(&with("director", json!("a\0b"))), ["#/director: must not contain U+0000"]);
    assert_eq!(refusals(&with("rating", json!("\0"))), ["#/rating: must be one of G, PG, PG-13, R, NC-17"]);
}

#[test]
fn an_integer_is_what_json_schema_takes_for_one() {
    let year = |text: &str| {
        let body = film().to_string().replace("1979", text);
        decode::<NewFilm>(body.as_bytes()).map(|film| film.year).map_err(|error| lines(error.errors()).join("; "))
    };
    assert_eq!(year("1979.0"), Ok(1979));
    assert_eq!(year("1.979e3"), Ok(1979));
    for text in ["1979.5", "\"1979\"", "true", "[1979]", "{}"] {
        assert_eq!(year(text), Err("#/year: must be an integer".into()), "{text}");
    }
    for text in ["1887", "2028", "-1", "1e18", "-1e300", "9223372036854775808", "100000000000000000000000"] {
        assert_eq!(year(text), Err("#/year: must be 1888 to 2027".into()), "{text}");
    }
    assert_eq!(year("1e400"), Err("#: has a number that is out of range".into()));
    assert_eq!(year("null"), Err("#/year: must not be null".into()));
}

#[test]
fn a_double_that_stands_for_several_integers_is_refused() {
    let refused = refusals(&with("price", json!({"amount": 1e17, "currency": "EUR"})));
    assert_eq!(refused, ["#/price/amount: must be an integer without fraction and exponent"]);
}

#[test]
fn lists_are_bounded_and_items_compared_as_json_schema_does() {
    assert_eq!(refusals(&with("genres", json!(["a", "b", "c", "d"]))), ["#/genres: must have at most 3 items"]);
    assert_eq!(refusals(&with("genres", json!("a"))), ["#/genres: must be an array"]);
    assert_eq!(refusals(&with("genres", json!([null]))), ["#/genres/0: must not be null"]);
    let seats = |seats: Value| {
        json!({
            "movie": "01890a5d-ac96-774b-bcce-b302099a8057", "starts": "1979-05-25T20:00:00Z",
            "latitude": 1, "subtitled": true, "seats": seats,
        })
    };
    assert_eq!(refusals_of::<Screening>(&seats(json!([]))), ["#/seats: must have 1 to 4 items"]);
    assert_eq!(refusals_of::<Screening>(&seats(json!([1, 1.0]))), Vec::<String>::new(), "a list, not a set");
    assert_eq!(
        refusals_of::<Screening>(&seats(json!([1, 0, "x"]))),
        ["#/seats/1: must be 1 to 500", "#/seats/2: must be an integer"]
    );
}

#[test]
fn the_other_kinds_of_values() {
    let value = json!({
        "movie": "01890A5D-AC96-774B-BCCE-B302099A8057", "starts": "1979-05-25T22:00:00.1234567+02:00",
        "latitude": -33.5, "subtitled": false, "seats": [1, 2],
    });
    let screening: Screening = decode(value.to_string().as_bytes()).unwrap();
    assert_eq!(screening.movie.to_string(), "01890a5d-ac96-774b-bcce-b302099a8057");
    assert_eq!(screening.starts.to_rfc3339(), "1979-05-25T20:00:00.123456+00:00", "what the database keeps");
    assert_eq!((screening.latitude, screening.subtitled), (-33.5, false));

    let value = json!({
        "movie": "01890a5dac96774bbcceb302099a8057", "starts": "1979-05-25 20:00:00Z",
        "latitude": 90.5, "subtitled": "true", "seats": [1],
    });
    assert_eq!(
        refusals_of::<Screening>(&value),
        [
            "#/movie: must be a UUID",
            "#/starts: must be a date with time and offset, such as 1979-05-25T20:00:00Z",
            "#/latitude: must be -90 to 90",
            "#/subtitled: must be true or false",
        ]
    );
}

#[test]
fn what_is_no_object_is_invalid() {
    for value in [json!([]), json!(null), json!("x"), json!(1), json!(true)] {
        assert_eq!(refusals(&value), ["#: must be an object"]);
        assert_eq!(refusals_of::<FilmPatch>(&value), ["#: must be an object"]);
    }
    assert_eq!(refusals(&with("price", json!([]))), ["#/price: must be an object"]);
}

#[test]
fn a_hostile_body_gets_a_bounded_answer() {
    let mut value = film();
    for index in 0..50_000 {
        value[format!("m{index}")] = json!(1);
    }
    let error = decode::<NewFilm>(value.to_string().as_bytes()).unwrap_err();
    assert_eq!(error.errors().len(), 100);
    assert_eq!(error.to_string(), "50000 faults were found, the first 100 are listed");

    let long = refusals(&with(&"x".repeat(900_000), json!(1)));
    assert_eq!(long, ["#: has a member with a very long name, which is not one of this resource"]);
}

#[test]
fn malformed_bodies_are_bad_requests() {
    for body in ["", "{", "{}{}", "{\"title\": 1, \"title\": 2}", "\u{feff}{}", "title=Alien"] {
        let error = decode::<NewFilm>(body.as_bytes()).unwrap_err();
        assert_eq!(error.code(), Code::BadRequest, "{body}");
        assert!(error.errors().is_empty());
    }
}

#[test]
fn a_merge_patch_keeps_clears_and_sets() {
    let patch = |text: &str| decode::<FilmPatch>(text.as_bytes()).unwrap();
    assert_eq!(patch("{}"), FilmPatch { title: None, director: Patch::Keep, price: None });
    assert_eq!(patch(r#"{"director": null}"#).director, Patch::Clear);
    assert_eq!(patch(r#"{"director": "Scott"}"#).director, Patch::Set("Scott".into()));
    assert_eq!(patch(r#"{"price": {}}"#).price, Some(PricePatch { amount: None }));
    assert_eq!(patch(r#"{"price": {"amount": 5}}"#).price, Some(PricePatch { amount: Some(5) }));
}

#[test]
fn a_merge_patch_cannot_clear_what_must_not_be_empty() {
    assert_eq!(refusals_of::<FilmPatch>(&json!({"title": null})), ["#/title: must not be null"]);
    assert_eq!(refusals_of::<FilmPatch>(&json!({"price": {"amount": null}})), ["#/price/amount: must not be null"]);
    assert_eq!(
        refusals_of::<FilmPatch>(&json!({"price": null, "x": null})),
        ["#/price: must not be null", "#/x: is not a member of this resource"]
    );
}

proptest! {
    #[test]
    fn a_patch_says_of_each_member_one_of_three_things(
        title in prop::option::of("[a-z]{1,9}"),
        director in prop::option::of(prop::option::of("[a-z]{1,9}")),
        amount in prop::option::of(prop::option::of(0..i64::MAX)),
    ) {
        let mut body = serde_json::Map::new();
        title.iter().for_each(|title| { body.insert("title".into(), json!(title)); });
        director.iter().for_each(|director| { body.insert("director".into(), json!(director)); });
        amount.iter().for_each(|amount| {
            let price = amount.map_or(json!({}), |amount| json!({"amount": amount}));
            body.insert("price".into(), price);
        });
        let patch: FilmPatch = decode(&serde_json::to_vec(&body).unwrap()).unwrap();
        prop_assert_eq!(patch.title, title);
        prop_assert_eq!(patch.director, match director {
            None => Patch::Keep,
            Some(None) => Patch::Clear,
            Some(Some(name)) => Patch::Set(name),
        });
        prop_assert_eq!(patch.price, amount.map(|amount| PricePatch { amount }));
    }

    #[test]
    fn no_body_panics_or_is_refused_without_a_reason(bytes in "[\\[\\]{}:,\"0-9.nulltiteyearpicgs ]{0,80}") {
        if let Err(error) = decode::<NewFilm>(bytes.as_bytes()) {
            prop_assert!(matches!(error.code(), Code::BadRequest | Code::Invalid), "{bytes}: {error:?}");
        }
    }

    #[test]
    fn words_never_come_from_the_decoder(member in "(title|year|price|genres|rating|stock)", value in prop_oneof![
        Just(json!(null)), Just(json!(1.5)), Just(json!("")), Just(json!([[]])), Just(json!({"a": 1})), Just(json!(true)),
    ]) {
        for line in refusals(&with(&member, value)) {
            for word in ["expected", "invalid type", "missing field", "unknown", "EOF", "::"] {
                prop_assert!(!line.contains(word), "{line}");
            }
        }
    }
}
