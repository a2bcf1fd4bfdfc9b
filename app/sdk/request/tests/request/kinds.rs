//! Days, numbers with decimal places, documents, and UUIDs that name nothing of this product.

use std::sync::LazyLock;

use jsonschema::Validator;
use proptest::prelude::*;
use request::{Body, Field, Object, components_of, decode, field};
use serde_json::{Value, json};
use types::{Date, Decimal, Document};
use uuid::Uuid;

use crate::film::lines;

#[derive(Debug)]
struct Parcel {
    sent_on: Date,
    weight: Decimal,
    label: Document,
    tracked_by: Uuid,
}

const WEIGHT: &str = r"^(0|[1-9][0-9]{0,3})(\.[0-9]{1,2})?$";

static SENT_ON: Field<Date> = field::date();
static KILOGRAMS: Field<Decimal> = field::decimal(WEIGHT, |text| Ok(text.parse()?));
static LABEL: Field<Document> = field::document();
static TRACKED_BY: Field<Uuid> = field::uuid();

impl Body for Parcel {
    const NAME: &'static str = "Parcel";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let sent_on = object.required("sent_on", &SENT_ON);
        let weight = object.required("weight", &KILOGRAMS);
        let label = object.required("label", &LABEL);
        let tracked_by = object.required("tracked_by", &TRACKED_BY);
        Some(Self { sent_on: sent_on?, weight: weight?, label: label?, tracked_by: tracked_by? })
    }
}

static PARCEL: LazyLock<Validator> = LazyLock::new(|| {
    let components: serde_json::Map<_, _> = components_of::<Parcel>()
        .into_iter()
        .map(|(name, schema)| (name, serde_json::to_value(schema).unwrap()))
        .collect();
    let document = json!({ "$ref": "#/components/schemas/Parcel", "components": { "schemas": components } });
    jsonschema::options().should_validate_formats(true).build(&document).unwrap()
});

fn parcel() -> Value {
    json!({
        "sent_on": "2028-02-29", "weight": "12.50", "label": {"to": ["Ada", null, {"floor": 1.5}]},
        "tracked_by": "01890A5D-ac96-774b-bcce-b302099a8057",
    })
}

fn read(body: &Value) -> Result<Parcel, Vec<String>> {
    decode(body.to_string().as_bytes()).map_err(|error| lines(error.errors()))
}

#[test]
fn each_is_read_as_it_was_sent() {
    let read = read(&parcel()).unwrap();
    assert_eq!(read.sent_on.to_string(), "2028-02-29");
    assert_eq!(read.weight, Decimal::new(1250, 2));
    assert_eq!(read.label.value(), &parcel()["label"]);
    assert_eq!(read.tracked_by.to_string(), "01890a5d-ac96-774b-bcce-b302099a8057");
    assert!(PARCEL.is_valid(&parcel()));
}

#[test]
fn what_is_none_is_refused_in_words_for_people() {
    for (name, value, words) in [
        ("sent_on", json!("2027-02-29"), "must be a date, such as 1979-05-25"),
        ("sent_on", json!("2028-2-9"), "must be a date, such as 1979-05-25"),
        ("sent_on", json!("+028-02-09"), "must be a date, such as 1979-05-25"),
        ("sent_on", json!("0000-01-01"), "must be a date, such as 1979-05-25"),
        ("sent_on", json!("2028-02-29T00:00:00Z"), "must be a date, such as 1979-05-25"),
        ("sent_on", json!(20280229), "must be a string"),
        ("label", json!([]), "must be an object"),
        ("label", json!({"to": "a\u{0}b"}), "must not contain U+0000"),
        ("label", json!({"to": "x".repeat(17_000)}), "must be at most 16384 bytes long as JSON"),
        ("label", json!(null), "must not be null"),
        ("tracked_by", json!("01890a5dac96774bbcceb302099a8057"), "must be a UUID"),
        ("weight", json!(12.5), "must be a string"),
        ("weight", json!(""), "must be 1 to 30 characters long"),
    ] {
        let mut body = parcel();
        body[name] = value.clone();
        assert_eq!(read(&body).unwrap_err(), [format!("#/{name}: {words}")], "{value}");
    }
}

/// What a client generates from the description alone is not refused for a U+0000 deep within.
#[test]
fn the_description_of_a_document_knows_of_nul() {
    for (label, valid) in [
        (json!({}), true),
        (json!({"a": [1, -0.5, true, null, "", {"b": [[]]}]}), true),
        (json!({"a": "\u{0}"}), false),
        (json!({"\u{0}": 1}), false),
        (json!({"a": [[{"b": "x\u{0}"}]]}), false),
        (json!({"a": {"b": {"\u{0}": null}}}), false),
    ] {
        let mut body = parcel();
        body["label"] = label.clone();
        assert_eq!(PARCEL.is_valid(&body), valid, "{label}");
        assert_eq!(read(&body).is_ok(), valid, "{label}");
    }
}

proptest! {
    /// JSON Schema's `date` has years of four digits, and so has this one but for the year 0.
    #[test]
    fn what_the_description_takes_for_a_date_is_one(text in "[0-9]{4}-[01][0-9]-[0-3][0-9]") {
        let mut body = parcel();
        body["sent_on"] = json!(text);
        prop_assume!(!text.starts_with("0000"));
        prop_assert_eq!(read(&body).is_ok(), PARCEL.is_valid(&body), "{}", text);
    }
}
