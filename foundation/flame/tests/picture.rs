//! Pictures, read again.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

use std::collections::BTreeMap;

use flame::{DEEPEST, Unit, svg};
use proptest::prelude::*;
use roxmltree::Document;

/// A box of a picture.
#[derive(Debug)]
struct Drawn {
    title: String,
    x: f64,
    y: f64,
    width: f64,
}

/// The boxes of a picture, after a check that it is an SVG file which holds nothing but text and boxes.
fn drawn(picture: &str) -> Vec<Drawn> {
    let document = Document::parse(picture).unwrap();
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        let name = node.tag_name();
        assert_eq!(name.namespace(), Some("http://www.w3.org/2000/svg"));
        assert!(["svg", "title", "style", "rect", "text", "g"].contains(&name.name()), "{name:?}");
        assert!(node.attributes().all(|attribute| !attribute.name().starts_with("on")), "{node:?}");
    }
    let boxes = document.descendants().filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "g")));
    boxes
        .map(|group| {
            let part = |name| group.children().find(|node| node.tag_name().name() == name).unwrap();
            let number = |name| part("rect").attribute(name).unwrap().parse().unwrap();
            Drawn {
                title: part("title").text().unwrap_or_default().to_owned(),
                x: number("x"),
                y: number("y"),
                width: number("width"),
            }
        })
        .collect()
}

fn picture(title: &str, stacks: &[(Vec<String>, u64)]) -> String {
    svg(title, Unit::Count, stacks.iter().map(|(frames, weight)| (frames.iter().map(String::as_str), *weight)))
}

#[test]
fn a_box_is_as_wide_as_its_share_and_what_it_called_lies_below_it() {
    let stacks = [
        (vec!["main".to_owned(), "serve".to_owned(), "price".to_owned()], 60),
        (vec!["main".to_owned(), "serve".to_owned()], 20),
        (vec!["main".to_owned(), "idle".to_owned()], 20),
    ];
    let boxes = drawn(&picture("a title", &stacks));
    let by_name: BTreeMap<&str, &Drawn> = boxes.iter().map(|one| (one.title.lines().next().unwrap(), one)).collect();
    let width = |name: &str| by_name[name].width;
    assert_eq!(
        (width("all"), width("main"), width("serve"), width("price"), width("idle")),
        (1180.0, 1180.0, 944.0, 708.0, 236.0)
    );
    assert_eq!(by_name["serve"].title, "serve\n80, 80.0 %; in itself 20");
    assert!(by_name["price"].y > by_name["serve"].y && by_name["serve"].y > by_name["main"].y);
    assert_eq!(by_name["idle"].x, by_name["serve"].x + width("serve"));
}

#[test]
fn nothing_is_a_picture_too() {
    for stacks in [vec![], vec![(vec!["idle".to_owned()], 0)]] {
        let picture = picture("nothing", &stacks);
        assert!(picture.contains("Nothing was met."));
        assert!(drawn(&picture).is_empty());
    }
}

#[test]
fn a_name_that_would_be_markup_is_text() {
    let hostile = r#"</title><script>alert(1)</script><a href="x" onload='y'>&amp;<![CDATA["#;
    let boxes = drawn(&picture(hostile, &[(vec![hostile.to_owned()], 1)]));
    assert!(boxes[1].title.starts_with(hostile), "{boxes:?}");
}

#[test]
fn a_stack_without_end_ends() {
    let deep: Vec<String> = (0..100_000).map(|depth| format!("f{depth}")).collect();
    assert_eq!(drawn(&picture("deep", &[(deep, u64::MAX)])).len(), DEEPEST + 1);
}

fn stacks() -> impl Strategy<Value = Vec<(Vec<String>, u64)>> {
    let frame = prop_oneof!["[abc]", "[a-c]::[<>&\"' a-c{}]{0,6}", any::<String>()];
    let weight = prop_oneof![1..1000_u64, any::<u64>()];
    prop::collection::vec((prop::collection::vec(frame, 0..6), weight), 1..12)
}

proptest! {
    #[test]
    fn widths_add_up_and_no_box_leaves_its_callers(stacks in stacks(), title in any::<String>()) {
        let boxes = drawn(&picture(&title, &stacks));
        prop_assert_eq!(boxes[0].width, 1180.0);
        let mut rows: BTreeMap<u64, Vec<&Drawn>> = BTreeMap::new();
        for one in &boxes {
            rows.entry(one.y.to_bits()).or_default().push(one);
        }
        let rows: Vec<_> = rows.into_values().collect();
        for row in &rows {
            prop_assert!(row.iter().map(|one| one.width).sum::<f64>() <= 1180.1);
        }
        for (above, below) in rows.iter().zip(&rows[1..]) {
            for one in below {
                let is_inside = |other: &&Drawn| one.x >= other.x - 0.02 && one.x + one.width <= other.x + other.width + 0.02;
                prop_assert!(above.iter().any(is_inside), "{:?} is below nothing", one);
                let overlaps = below.iter().filter(|other| other.x < one.x + one.width - 0.02 && other.x + other.width > one.x + 0.02);
                prop_assert_eq!(overlaps.count(), 1);
            }
        }
        // Of each stack that can be seen, the first frame is there.
        let total: u128 = stacks.iter().map(|(_, weight)| u128::from(*weight)).sum();
        for (frames, weight) in &stacks {
            if let Some(first) = frames.first() && u128::from(*weight) * 100 > total {
                let shown: String = first.chars().map(readable).collect();
                prop_assert!(boxes.iter().any(|one| one.title.starts_with(&shown)), "{:?} is missing", first);
            }
        }
    }
}

/// A character as XML gives it back.
fn readable(c: char) -> char {
    let is_unreadable = c < ' ' || ('\u{7f}'..='\u{9f}').contains(&c) || matches!(c, '\u{fffe}' | '\u{ffff}');
    if is_unreadable { '\u{fffd}' } else { c }
}
