//! The description of a body or of a query, beside what is taken.

use std::sync::LazyLock;

use jsonschema::Validator;
use proptest::prelude::*;
use request::{Body, Field, IdempotencyKey, IfMatch, Object, components_of, decode, field, parameters_of, schema_of};
use serde_json::{Value, json};

use crate::film::{FilmPatch, FilmQuery, NewFilm, Screening};
use crate::queries;

/// A validator of `B`'s schema, made of what the API description would hold.
fn validator<B: Body>() -> Validator {
    let components: serde_json::Map<_, _> =
        components_of::<B>().into_iter().map(|(name, schema)| (name, serde_json::to_value(schema).unwrap())).collect();
    let document = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": format!("#/components/schemas/{}", B::NAME),
        "components": {"schemas": components},
    });
    jsonschema::validator_for(&document).unwrap()
}

static NEW_FILM: LazyLock<Validator> = LazyLock::new(validator::<NewFilm>);
static FILM_PATCH: LazyLock<Validator> = LazyLock::new(validator::<FilmPatch>);
static SCREENING: LazyLock<Validator> = LazyLock::new(validator::<Screening>);

fn schema<B: Body>() -> Value {
    serde_json::to_value(schema_of::<B>()).unwrap()
}

#[test]
fn a_body_is_described_by_its_reader() {
    let schema = schema::<NewFilm>();
    assert_eq!(schema["additionalProperties"], json!(false));
    assert_eq!(schema["required"], json!(["title", "year", "price"]));
    assert_eq!(
        schema["properties"]["title"],
        json!({
            "type": "string", "minLength": 1, "maxLength": 500, "pattern": "\\S",
            "description": "The title.", "examples": ["1984"],
        })
    );
    assert_eq!(
        schema["properties"]["year"],
        json!({"type": "integer", "format": "int64", "minimum": 1888, "maximum": 2027, "examples": [1984]})
    );
    assert_eq!(
        schema["properties"]["rating"],
        json!({"type": ["string", "null"], "enum": ["G", "PG", "PG-13", "R", "NC-17", null]})
    );
    assert_eq!(schema["properties"]["director"]["type"], json!(["string", "null"]));
    assert_eq!(
        schema["properties"]["genres"],
        json!({
            "type": "array", "maxItems": 3, "uniqueItems": true, "default": [],
            "items": {"type": "string", "minLength": 1, "maxLength": 30, "pattern": r"^[^\u0000]*$"},
        })
    );
    assert_eq!(schema["properties"]["price"], json!({"$ref": "#/components/schemas/Price"}));
    assert_eq!(schema["properties"]["stock"]["default"], json!(0));
}

#[test]
fn objects_within_are_components_of_their_own() {
    let names: Vec<_> = components_of::<FilmPatch>().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["FilmPatch", "PricePatch"]);
    assert_eq!(schema::<FilmPatch>().get("required"), None, "a patch requires nothing");
}

#[test]
fn a_query_is_described_by_its_reader() {
    let parameters = serde_json::to_value(parameters_of::<FilmQuery>()).unwrap();
    let named = |name: &str| parameters.as_array().unwrap().iter().find(|p| p["name"] == name).unwrap();
    let names: Vec<_> = parameters.as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["q", "year_from", "rating", "genre", "near", "limit", "cursor", "page", "total", "sort"]);
    assert_eq!(named("genre")["explode"], json!(true));
    assert_eq!(named("sort")["explode"], json!(false));
    assert_eq!(named("sort")["schema"]["items"]["enum"], json!(["title", "-title", "year", "-year"]));
    assert_eq!(named("sort")["schema"]["default"], json!(["title"]));
    assert_eq!(named("limit")["schema"]["default"], json!(20));
    assert_eq!(named("limit")["in"], json!("query"));
    assert_eq!(named("limit")["required"], json!(false));
}

/// A text of one line, and one of several.
struct Note;

static LINE: Field<String> = field::line(1..=20, |text| Ok(types::line(text, 20)?));
static LINES: Field<String> = field::text(0..=20, |text| Ok(text.to_owned()));

impl Body for Note {
    const NAME: &'static str = "Note";
    fn read(object: &mut Object<'_>) -> Option<Self> {
        let line = object.patch("line", &LINE);
        let lines = object.patch("lines", &LINES);
        line.and(lines).map(|_| Self)
    }
}

static NOTE: LazyLock<Validator> = LazyLock::new(validator::<Note>);
static KEY: LazyLock<Validator> = LazyLock::new(|| pattern(IdempotencyKey::PATTERN));
static TAGS: LazyLock<Validator> = LazyLock::new(|| pattern(IfMatch::PATTERN));

fn pattern(pattern: &str) -> Validator {
    jsonschema::validator_for(&json!({"type": "string", "pattern": pattern})).unwrap()
}

#[test]
fn text_is_described_as_what_is_taken() {
    let any = ('\0'..='\u{ff}').chain(['\u{1680}', '\u{2003}', '\u{2028}', '\u{202f}', '\u{3000}', '\u{feff}']);
    for text in any.flat_map(|one| [one.to_string(), format!("{one}{one}"), format!("a{one}"), format!("{one}\na")]) {
        for name in ["line", "lines"] {
            let note = json!({name: text});
            let taken = decode::<Note>(note.to_string().as_bytes()).is_ok();
            assert_eq!(taken, NOTE.is_valid(&note), "{note}");
        }
    }
}

#[test]
fn a_key_may_be_as_long_as_its_description_says() {
    for (length, taken) in [(0, false), (1, true), (255, true), (256, false)] {
        for key in ["x".repeat(length), format!("\"{}\"", "x".repeat(length)), format!("\"{}\"", "\\\"".repeat(length))]
        {
            assert_eq!(IdempotencyKey::parse(key.as_bytes()).is_some(), taken, "{key}");
            assert_eq!(KEY.is_valid(&json!(key)), taken, "{key}");
        }
    }
}

/// A value that is often, and only often, what some member wants.
fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3..3000_i64).prop_map(Value::from),
        (0..3_i64).prop_map(|number| json!(number as f64)),
        any::<f64>().prop_filter("JSON", |number| number.is_finite()).prop_map(Value::from),
        "[ a-zé😀]{0,4}".prop_map(Value::from),
        prop::sample::select(vec![
            "EUR",
            "XXX",
            "PG",
            "pg",
            "1979-05-25T20:00:00Z",
            "01890a5d-ac96-774b-bcce-b302099a8057"
        ])
        .prop_map(Value::from),
        prop::collection::vec(prop_oneof!["[ab]{0,2}".prop_map(Value::from), (0..3_i64).prop_map(Value::from)], 0..5)
            .prop_map(Value::from),
        (0..3_i64, prop::sample::select(vec!["EUR", "eur"]))
            .prop_map(|(amount, currency)| json!({"amount": amount - 1, "currency": currency})),
        Just(json!({})),
    ]
}

/// `valid` with some members replaced, added or removed.
fn near(valid: Value) -> impl Strategy<Value = Value> {
    let mut names: Vec<String> = valid.as_object().unwrap().keys().cloned().collect();
    names.push("director".into());
    names.push("unknown".into());
    let change = (prop::sample::select(names), prop::option::weighted(0.8, any_value()));
    prop::collection::vec(change, 0..3).prop_map(move |changes| {
        let mut value = valid.clone();
        for (name, to) in changes {
            match to {
                Some(to) => value[name] = to,
                None => {
                    value.as_object_mut().unwrap().remove(&name);
                }
            }
        }
        value
    })
}

fn film() -> Value {
    json!({
        "title": "Alien", "year": 1979, "director": "Scott", "rating": "R", "genres": ["Horror"],
        "price": {"amount": 1, "currency": "EUR"}, "stock": 0,
    })
}

fn screening() -> Value {
    json!({
        "movie": "01890a5d-ac96-774b-bcce-b302099a8057", "starts": "1979-05-25T20:00:00Z",
        "latitude": 1, "subtitled": true, "seats": [1],
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_the_schema_allows_is_taken_and_nothing_else(value in near(film())) {
        let taken = decode::<NewFilm>(value.to_string().as_bytes());
        prop_assert_eq!(taken.is_ok(), NEW_FILM.is_valid(&value), "{}: {:?}", value, taken);
    }

    #[test]
    fn what_the_schema_of_a_patch_allows_is_taken_and_nothing_else(value in near(json!({"title": "Alien", "price": {"amount": 1}}))) {
        let taken = decode::<FilmPatch>(value.to_string().as_bytes());
        prop_assert_eq!(taken.is_ok(), FILM_PATCH.is_valid(&value), "{}: {:?}", value, taken);
    }

    #[test]
    fn what_the_schema_refuses_is_refused(value in near(screening())) {
        // One way only: formats are not asserted by a validator of JSON Schema 2020-12.
        if decode::<Screening>(value.to_string().as_bytes()).is_ok() {
            prop_assert!(SCREENING.is_valid(&value), "{}", value);
        }
    }

    #[test]
    fn a_key_that_its_description_allows_is_taken_and_nothing_else(key in "[!-~]{1,6}|\"([!-~]|\\\\[!-~]){0,4}\"| ?a?\"?") {
        // A field's value has no white space around it (RFC 9110, section 5.5).
        prop_assume!(key.trim() == key);
        prop_assert_eq!(IdempotencyKey::parse(key.as_bytes()).is_some(), KEY.is_valid(&json!(key)), "{}", key);
    }

    #[test]
    fn a_condition_that_its_description_allows_is_taken_and_nothing_else(value in "([W*/\",7 \t\u{e9}]|\"7\"|W/\"\"){0,6}") {
        let bytes: Vec<u8> = value.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        let taken = etag::Condition::parse([bytes.as_slice()]).is_ok();
        prop_assert_eq!(taken, TAGS.is_valid(&json!(value)), "{:?}", value);
    }

    #[test]
    fn a_sort_that_the_schema_allows_is_taken(terms in prop::collection::hash_set(
        prop::sample::select(vec!["title", "-title", "year", "-year"]), 1..5,
    )) {
        let terms: Vec<_> = terms.into_iter().collect();
        let taken = queries::read(&format!("/v1/films?sort={}", terms.join(",")));
        prop_assert!(taken.is_ok(), "{:?}", terms);
    }
}
