//! The rules of RFC 9110, as a client and a cache meet them.

use etag::{Condition, EntityTag, ParseError, if_match, if_none_match};
use proptest::prelude::*;

fn parse(line: &str) -> Result<Condition, ParseError> {
    Condition::parse([line.as_bytes()])
}

fn tags(condition: Condition) -> Vec<String> {
    match condition {
        Condition::Any => vec!["*".to_owned()],
        Condition::Tags(tags) => tags.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn a_version_is_a_strong_tag_and_back() {
    let tag = EntityTag::of_version(7);
    assert_eq!(tag.to_string(), "\"7\"");
    assert!(!tag.is_weak());
    assert_eq!(tag.version(), Some(7));
}

#[test]
fn tags_that_were_not_made_of_a_version_have_none() {
    for text in ["W/\"7\"", "\"07\"", "\"+7\"", "\"\"", "\"x\"", "\"99999999999999999999\"", "\"7-gzip\""] {
        let Ok(Condition::Tags(tags)) = parse(text) else { panic!("{text} is a tag") };
        assert_eq!(tags[0].version(), None, "{text}");
    }
}

#[test]
fn lists_are_read_with_commas_inside_tags_and_empty_elements() {
    let read = |line| tags(parse(line).unwrap());
    assert_eq!(read("\"a\""), ["\"a\""]);
    assert_eq!(read("\"a\", W/\"b\",\"c,d\"\t,\"\""), ["\"a\"", "W/\"b\"", "\"c,d\"", "\"\""]);
    assert_eq!(read(" ,, \"a\" ,,\"b\", "), ["\"a\"", "\"b\""]);
}

#[test]
fn several_lines_are_one_list() {
    let condition = Condition::parse([&b"\"a\""[..], b"\"b\""]).unwrap();
    assert_eq!(tags(condition), ["\"a\"", "\"b\""]);
    assert_eq!(Condition::parse([&b"*"[..], b"\"b\""]), Err(ParseError::Syntax));
    assert_eq!(Condition::parse([&b"*"[..], b"*"]), Err(ParseError::Syntax));
}

#[test]
fn malformed_fields_are_refused() {
    for line in
        ["7", "\"7", "7\"", "w/\"7\"", "W\"7\"", "\"a\" \"b\"", "\"a\"b", "*, \"a\"", "**", "\"a b\"", "\"a\u{7f}\""]
    {
        assert_eq!(parse(line), Err(ParseError::Syntax), "{line}");
    }
    for line in ["", " ", ",", " , ,"] {
        assert_eq!(parse(line), Err(ParseError::Empty), "{line:?}");
    }
}

#[test]
fn the_table_of_comparisons() {
    // RFC 9110, section 8.8.3.2, table 3.
    for (one, other, strong, weak) in [
        ("W/\"1\"", "W/\"1\"", false, true),
        ("W/\"1\"", "W/\"2\"", false, false),
        ("W/\"1\"", "\"1\"", false, true),
        ("\"1\"", "\"1\"", true, true),
    ] {
        let tag = |text| match parse(text).unwrap() {
            Condition::Tags(tags) => tags[0].clone(),
            Condition::Any => panic!("`*` is no tag"),
        };
        assert_eq!(tag(one).strong_eq(&tag(other)), strong, "{one} {other}");
        assert_eq!(tag(one).weak_eq(&tag(other)), weak, "{one} {other}");
    }
}

#[test]
fn if_match_compares_strongly_and_if_none_match_weakly() {
    let current = EntityTag::of_version(7);
    // (field, If-Match goes on, If-None-Match goes on)
    for (line, matches, differs) in [
        ("\"7\"", true, false),
        ("\"6\", \"7\"", true, false),
        ("\"6\"", false, true),
        ("W/\"7\"", false, false),
        ("*", true, false),
    ] {
        let condition = parse(line).unwrap();
        assert_eq!(if_match(&condition, Some(&current)), matches, "{line}");
        assert_eq!(if_none_match(&condition, Some(&current)), differs, "{line}");
        assert!(!if_match(&condition, None), "{line}: nothing exists");
        assert!(if_none_match(&condition, None), "{line}: nothing exists");
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..4)) {
        let _ = Condition::parse(lines.iter().map(Vec::as_slice));
    }

    #[test]
    fn what_is_written_is_read_back(list in prop::collection::vec((any::<bool>(), "[!#-~]{0,12}"), 1..6), gap in "[ \t,]{0,4}") {
        let line = list
            .iter()
            .map(|(weak, opaque)| format!("{}\"{opaque}\"", if *weak { "W/" } else { "" }))
            .collect::<Vec<_>>()
            .join(&format!("{gap},{gap}"));
        let condition = parse(&line).unwrap();
        let again = parse(&tags(condition.clone()).join(",")).unwrap();
        prop_assert_eq!(&condition, &again);
        prop_assert_eq!(tags(condition).len(), list.len());
    }

    #[test]
    fn every_version_survives(version in any::<i64>()) {
        prop_assert_eq!(EntityTag::of_version(version).version(), Some(version));
    }
}
