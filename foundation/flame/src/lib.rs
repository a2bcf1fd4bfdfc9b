//! Stacks with weights, drawn as a flame graph.
//!
//! The picture is one SVG file without scripts: it is looked at in a browser, mailed, and put into a document as it is. A box is a
//! function, as wide as its share of the whole; what it called lies below it. A box's colour is that of its crate; its full
//! name and figures appear when it is pointed at.

mod label;
mod tree;

use std::fmt::Write as _;

use crate::label::{crate_of, escape, fitting};
use crate::tree::{Node, Tree};

/// What is counted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unit {
    /// Nanoseconds.
    Nanoseconds,
    /// Bytes.
    Bytes,
    /// Things.
    Count,
}

/// Pixels.
const WIDTH: f64 = 1200.0;
const ROW: f64 = 17.0;
const MARGIN: f64 = 10.0;
const HEAD: f64 = 44.0;
/// What a character takes of a line, in the font of the boxes.
const CHARACTER: f64 = 6.7;
/// Nobody sees a box that is narrower.
const NARROWEST: f64 = 0.3;

/// Frames below the root that are drawn; deeper ones count and are not seen.
pub const DEEPEST: usize = 200;

const STYLE: &str = "text{font:11px ui-monospace,Menlo,Consolas,monospace;fill:#111}\
    .t{font:600 15px system-ui,sans-serif}.s{font:12px system-ui,sans-serif;fill:#555}\
    rect{stroke:#fff;stroke-width:.6}g:hover>rect{stroke:#111;stroke-width:1.2}";

/// Draws stacks, each with its outermost frame first, and its weight.
///
/// Any name is shown as it is: none can leave its place in the file.
pub fn svg<'a, S, F>(title: &str, unit: Unit, stacks: S) -> String
where
    S: IntoIterator<Item = (F, u64)>,
    F: IntoIterator<Item = &'a str>,
{
    let tree = Tree::of(stacks, DEEPEST);
    let boxes = tree.layout(WIDTH - 2.0 * MARGIN, NARROWEST);
    let rows = boxes.iter().map(|place| place.depth + 1).max().unwrap_or(1);
    #[expect(clippy::cast_precision_loss, reason = "a picture has fewer rows than a float has integers")]
    let height = HEAD + rows as f64 * ROW + MARGIN;
    let mut out = String::new();
    let title = escape(title);
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         role=\"img\"><title>{title}</title><style>{STYLE}</style><rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>\
         <text class=\"t\" x=\"{MARGIN}\" y=\"20\">{title}</text>"
    );
    let whole = tree.total();
    let hint = if whole == 0 {
        "Nothing was met.".to_owned()
    } else {
        format!(
            "{} in all. Below each box is what it called; point at one for its name and figures.",
            amount(unit, whole)
        )
    };
    let _ = write!(out, "<text class=\"s\" x=\"{MARGIN}\" y=\"37\">{hint}</text>");
    for place in &boxes {
        draw(&mut out, &tree, unit, place.node, MARGIN + place.x, place.depth, place.width);
    }
    out.push_str("</svg>\n");
    out
}

fn draw(out: &mut String, tree: &Tree<'_>, unit: Unit, node: &Node<'_>, x: f64, depth: usize, width: f64) {
    #[expect(clippy::cast_precision_loss, reason = "a picture has fewer rows than a float has integers")]
    let y = HEAD + depth as f64 * ROW;
    let name = escape(node.name);
    let (all, own) = (amount(unit, node.weight), amount(unit, node.own));
    let _ = write!(
        out,
        "<g><title>{name}\n{all}, {}; in itself {own}</title><rect x=\"{x:.2}\" y=\"{y}\" width=\"{width:.2}\" \
         height=\"{ROW}\" fill=\"{}\"/>",
        percent(node.weight, tree.total()),
        colour(crate_of(node.name)),
    );
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a width is positive and small")]
    let room = ((width - 6.0).max(0.0) / CHARACTER) as usize;
    if let Some(label) = fitting(node.name, room) {
        let _ = write!(out, "<text x=\"{:.2}\" y=\"{}\">{}</text>", x + 3.0, y + 12.0, escape(&label));
    }
    out.push_str("</g>");
}

/// An amount for a person.
pub fn amount(unit: Unit, value: u128) -> String {
    let steps: &[(&str, u128)] = match unit {
        Unit::Nanoseconds => &[("ns", 1), ("µs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000)],
        Unit::Bytes => &[("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)],
        Unit::Count => &[("", 1)],
    };
    let (name, factor) = steps.iter().rev().find(|(_, factor)| value >= *factor).unwrap_or(&steps[0]);
    let (whole, rest) = (value / factor, value % factor);
    let text = if *factor == 1 || whole >= 100 { whole.to_string() } else { format!("{whole}.{}", rest * 10 / factor) };
    format!("{text} {name}").trim_end().to_owned()
}

/// A share for a person, with one decimal place.
pub fn percent(part: u128, whole: u128) -> String {
    let thousandths = part.saturating_mul(1000).checked_div(whole).unwrap_or(0);
    format!("{}.{} %", thousandths / 10, thousandths % 10)
}

/// A colour that text can be read on, the same for the same crate in every picture.
fn colour(name: &str) -> String {
    // FNV-1a: spreads short names, and stays as it is.
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    format!("hsl({},{}%,{}%)", hash % 360, 50 + hash / 360 % 25, 70 + hash / 9000 % 12)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_for_people() {
        for (unit, value, text) in [
            (Unit::Nanoseconds, 0, "0 ns"),
            (Unit::Nanoseconds, 1_500, "1.5 µs"),
            (Unit::Nanoseconds, 9_990_000_000, "9.9 s"),
            (Unit::Bytes, 1023, "1023 B"),
            (Unit::Bytes, 150 << 20, "150 MiB"),
            (Unit::Count, 12_345, "12345"),
        ] {
            assert_eq!(amount(unit, value), text);
        }
        assert_eq!(percent(1, 3), "33.3 %");
        assert_eq!(percent(1, 0), "0.0 %");
        assert_eq!(percent(u128::from(u64::MAX), u128::from(u64::MAX)), "100.0 %");
    }
}
