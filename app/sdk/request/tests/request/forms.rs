//! Forms: each text stands for what its field is, and is refused as JSON is.

use apierror::Code;
use proptest::prelude::*;
use request::{Body, Field, Object, decode, decode_form, field};

use crate::film::lines;

#[derive(Debug, PartialEq)]
struct Seat {
    row: String,
    number: i64,
    width: Option<f64>,
    is_free: bool,
    tags: Vec<String>,
}

static ROW: Field<String> = field::line(1..=5, |text| Ok(types::line(text, 5)?));
static NUMBER: Field<i64> = field::integer(1..=99, Ok);
static WIDTH: Field<f64> = field::number(0.0..=2.0, Ok);
static IS_FREE: Field<bool> = field::boolean();
static TAG: Field<String> = field::text(1..=9, |text| Ok(text.to_owned()));
static TAGS: Field<Vec<String>> = field::list(&TAG, 0..=3);

impl Body for Seat {
    const NAME: &'static str = "Seat";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let row = object.required("row", &ROW);
        let number = object.required("number", &NUMBER);
        let width = object.nullable("width", &WIDTH);
        let is_free = object.defaulted("is_free", &IS_FREE, true);
        let tags = object.defaulted("tags", &TAGS, Vec::<String>::new());
        Some(Self { row: row?, number: number?, width: width?, is_free: is_free?, tags: tags? })
    }
}

#[test]
fn a_form_means_what_the_same_members_mean_in_json() {
    for (form, json) in [
        ("row=A&number=7", r#"{"row": "A", "number": 7}"#),
        ("&number=7.0&row=%C3%89+1&", r#"{"row": "É 1", "number": 7.0}"#),
        ("row=1&number=1&width=0.5&is_free=false", r#"{"row": "1", "number": 1, "width": 0.5, "is_free": false}"#),
        ("r%6Fw=true&number=1&tags=a%26b", r#"{"row": "true", "number": 1, "tags": ["a&b"]}"#),
    ] {
        let read: Seat = decode_form(form.as_bytes()).unwrap();
        assert_eq!(read, decode::<Seat>(json.as_bytes()).unwrap(), "{form}");
    }
}

#[test]
fn every_error_of_a_form_is_found_at_once() {
    let refusals = |form: &str| {
        let error = decode_form::<Seat>(form.as_bytes()).unwrap_err();
        assert_eq!(error.code(), Code::Invalid, "{form}");
        lines(error.errors())
    };
    assert_eq!(refusals(""), ["#/row: is required", "#/number: is required"]);
    assert_eq!(
        refusals("row=&number=+7&width=&is_free=yes&tags=&a/b=1"),
        [
            "#/row: must be 1 to 5 characters long",
            "#/number: must be an integer",
            "#/width: must be a number",
            "#/is_free: must be true or false",
            "#/tags/0: must be 1 to 9 characters long",
            "#/a~1b: is not a member of this resource",
        ]
    );
    assert_eq!(refusals("row=a%00&number=1"), ["#/row: must not contain U+0000"]);
}

#[test]
fn what_is_no_form_is_refused() {
    for form in [&b"row=%4"[..], b"row=%ff&number=1", b"row=\xff", b"row=A&number=1&r%6fw=B", b"row=A&row=A&number=1"] {
        let error = decode_form::<Seat>(form).unwrap_err();
        assert_eq!(error.code(), Code::BadRequest, "{}", String::from_utf8_lossy(form));
    }
}

proptest! {
    #[test]
    fn no_form_panics(form in prop::collection::vec(prop::sample::select(b"row=number&%+41fF\xc3\xa9\x00;".to_vec()), 0..60)) {
        let _ = decode_form::<Seat>(&form);
    }
}
