//! The strict reader beside `serde_json`, over valid and hostile bytes.

use super::*;
use proptest::prelude::*;

fn as_serde(value: &Value<'_>) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Int(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::Text(text) => text.as_ref().into(),
        Value::List(items) => items.iter().map(as_serde).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.to_string(), as_serde(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        prop::num::f64::NORMAL.prop_map(serde_json::Value::from),
        ".{0,12}".prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(6, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            prop::collection::hash_map(".{0,6}", inner, 0..6)
                .prop_map(|members| members.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

/// One step from the root to the place of a doubled member.
#[derive(Clone, Debug)]
enum Step {
    Item(usize),
    Member(String),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![(0..4_usize).prop_map(Step::Item), "[a-z]{1,5}".prop_map(Step::Member)]
}

/// `text` with every character written as an escape.
fn escaped(text: &str) -> String {
    text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect()
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
    }

    #[test]
    fn what_looks_like_json_does_not_panic_and_is_never_taken_where_serde_json_refuses(
        text in "[\\[\\]{}:,\"0-9eE.+\\-nulltrefas\\\\ ]{0,60}",
    ) {
        let theirs = serde_json::from_str::<serde_json::Value>(&text);
        match read(text.as_bytes()) {
            Ok(ours) => prop_assert_eq!(as_serde(&ours), theirs.unwrap()),
            Err(Malformed::Duplicate { .. } | Malformed::TooDeep) => {}
            Err(refused) => prop_assert!(theirs.is_err(), "{} refused as {}", text, refused),
        }
    }

    #[test]
    fn valid_json_is_read_as_serde_json_reads_it(value in any_json(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        let theirs: serde_json::Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(as_serde(&read(text.as_bytes()).unwrap()), theirs);
    }

    #[test]
    fn cutting_valid_json_short_never_panics(value in any_json(), at in any::<prop::sample::Index>()) {
        let text = serde_json::to_vec(&value).unwrap();
        let _ = read(&text[..at.index(text.len())]);
    }

    #[test]
    fn a_doubled_member_is_found_at_any_depth_however_it_is_spelt(
        steps in prop::collection::vec(any_step(), 0..8),
        name in "[a-zé😀~/]{1,6}",
        other in any_json(),
        escape in any::<bool>(),
    ) {
        let again = if escape { escaped(&name) } else { name.clone() };
        let mut text = format!("{{\"{name}\": {other}, \"{again}\": 1}}");
        let mut pointer = String::from("#");
        for step in steps.iter().rev() {
            text = match step {
                Step::Item(index) => format!("[{}{text}]", "0,".repeat(*index)),
                Step::Member(member) => format!("{{\"{member}\": {text}, \"Z\": null}}"),
            };
        }
        for step in &steps {
            match step {
                Step::Item(index) => uri::push_token(&mut pointer, &index.to_string()),
                Step::Member(member) => uri::push_token(&mut pointer, member),
            }
        }
        uri::push_token(&mut pointer, &name);
        prop_assert_eq!(read(text.as_bytes()), Err(Malformed::Duplicate { pointer }));
    }
}

#[test]
fn the_same_name_in_different_objects_is_no_double() {
    assert!(read(br#"{"a": {"a": 1}, "b": [{"a": 1}, {"a": 1}], "A": 2}"#).is_ok());
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(read(nested(MAX_DEPTH).as_bytes()).is_ok());
    assert_eq!(read(nested(MAX_DEPTH + 1).as_bytes()), Err(Malformed::TooDeep));
    // Half a megabyte of brackets is refused at the 65th.
    assert_eq!(read("[".repeat(500_000).as_bytes()), Err(Malformed::TooDeep));
    assert_eq!(read("{\"a\":".repeat(100_000).as_bytes()), Err(Malformed::TooDeep));
}

#[test]
fn what_is_not_one_json_value_is_refused_in_our_words() {
    let words = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
    assert_eq!(words(b""), "the body is empty");
    assert_eq!(words(b" \r\n\t"), "the body is empty");
    assert_eq!(words(b"{\"a\": \"\xff\"}"), "the body is not UTF-8");
    assert_eq!(words(b"\xef\xbb\xbf{}"), "the body starts with a byte order mark");
    assert_eq!(words(b"{\"a\": 1"), "the body ends in the middle of a JSON value");
    assert_eq!(words(b"{\"a\": 1,}"), "the body is not JSON: line 1, column 9");
    assert_eq!(words(b"{'a': 1}"), "the body is not JSON: line 1, column 2");
    assert_eq!(words(b"{}\n{}"), "something follows the JSON value: line 2, column 1");
    assert_eq!(words(b"{} x"), "something follows the JSON value: line 1, column 4");
    assert_eq!(words(br#"{"a": {"b/c": 1, "b\u002fc": 2}}"#), "the body has the member #/a/b~1c more than once");
    assert_eq!(words(&b"[".repeat(65)), "the body is nested more than 64 levels deep");
    for text in
        ["NaN", "01", "+1", ".5", "[1.]", "[0x1]", "True", "\"a\nb\"", r#""\ud800""#, r#""\x41""#, "[1,,2]", "/**/1"]
    {
        assert!(words(text.as_bytes()).starts_with("the body is not JSON"), "{text}: {}", words(text.as_bytes()));
    }
}

#[test]
fn numbers_keep_their_value_or_are_out_of_range() {
    assert_eq!(read(b"9223372036854775807"), Ok(Value::Int(i64::MAX)));
    assert_eq!(read(b"-9223372036854775808"), Ok(Value::Int(i64::MIN)));
    assert_eq!(read(b"9223372036854775808"), Ok(Value::Float(9_223_372_036_854_775_808.0)));
    assert_eq!(read(b"1.0"), Ok(Value::Int(1)), "equal, though kept as a double");
    assert_eq!(read(b"1e999"), Err(Malformed::NumberRange));
    assert_eq!(read("9".repeat(400).as_bytes()), Err(Malformed::NumberRange));
}

#[test]
fn many_members_are_read_in_less_than_quadratic_time() {
    let members: Vec<_> = (0..60_000).map(|index| format!("\"{index}\":1")).collect();
    let text = format!("{{{}}}", members.join(","));
    let Value::Object(read) = read(text.as_bytes()).unwrap() else { panic!("an object") };
    assert_eq!(read.len(), 60_000);
}
