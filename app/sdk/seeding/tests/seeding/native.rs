//! Rows as the API takes films.

use proptest::prelude::*;
use seeding::{Members, Refusal, film};
use serde_json::{Value, json};

fn read(value: Value) -> Result<moviebus::ImportMovie, Refusal> {
    film(&serde_json::from_value::<Members>(value).unwrap(), seeding::COLLECTION_ENDS)
}

fn details(value: Value) -> Vec<String> {
    read(value).unwrap_err().reasons.iter().map(|reason| format!("{} {}", reason.member, reason.detail)).collect()
}

#[test]
fn a_film_as_the_api_takes_it_is_a_row() {
    let film = read(json!({
        "key": "tt0245429", "title": "千と千尋の神隠し", "year": 2001, "runtime_minutes": 125, "genres": ["Animation"],
        "director": "宮崎 駿", "rating": "PG", "price": {"amount": 1499, "currency": "EUR"}, "stock": 3,
    }));
    let film = film.unwrap();
    assert_eq!(film.key.as_str(), "tt0245429");
    assert_eq!((film.new.price.money().amount, film.new.stock.copies()), (1499, 3));
}

#[test]
fn without_a_key_title_and_year_are_the_key() {
    let row = |title: &str| json!({ "title": title, "year": 1972, "price": {"amount": 0, "currency": "EUR"} });
    assert_eq!(read(row("Solaris")).unwrap().key.as_str(), "film: Solaris (1972)");
    let [one, other] = ["1", "2"].map(|end| read(row(&format!("{}{end}", "x".repeat(490)))).unwrap().key);
    assert_ne!(one, other, "long titles that differ at their end have different keys");
}

#[test]
fn what_is_wrong_is_told_by_member() {
    assert_eq!(
        details(json!({ "title": null, "year": "1972", "price": {"amount": 1.5, "currency": "EUR"}, "prize": 1 })),
        [
            " unknown member \"prize\"",
            "title is missing",
            "year must be a whole number",
            "price must be {\"amount\": whole minor units, \"currency\": code}",
        ]
    );
    assert_eq!(details(json!({})), ["title is missing", "year is missing", "price is missing"]);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        "[A-Z][a-z]{2} [0-9]{1,2} [0-9]{4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("(amount|currency|.{0,3})", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_row_panics_and_a_refusal_has_a_reason(
        members in prop::collection::btree_map(
            prop::sample::select(vec![
                "Title", "Release Date", "Running Time min", "Major Genre", "Director", "MPAA Rating", "title", "year",
                "runtime_minutes", "genres", "director", "rating", "price", "stock", "key", "other",
            ]).prop_map(str::to_owned),
            any_json(),
            0..16,
        ),
        latest in any::<i64>(),
    ) {
        if let Err(refusal) = film(&members, latest) {
            prop_assert!(!refusal.reasons.is_empty());
        }
    }
}
