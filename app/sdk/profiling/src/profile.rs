//! A profile, and the forms it is read in.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::io::{self, Write as _};

use flame::Unit;
use flate2::Compression;
use flate2::write::GzEncoder;
use pprof::protos::{self, Message as _};

/// Functions in the table, of those that have a thousandth of the whole.
const ROWS: usize = 500;

/// Characters of a name in the table; generic types can have thousands.
const LONGEST_NAME: usize = 140;

/// A form that a profile is read in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// pprof's: protobuf, compressed, for `go tool pprof` and its like.
    Pprof,
    /// A flame graph.
    Svg,
    /// A table of functions, the heaviest first.
    Text,
    /// A line for each stack, for other tools: frames, the outermost first, and a weight.
    Folded,
}

/// A profile.
#[derive(Clone, Debug)]
pub struct Profile {
    inner: protos::Profile,
    title: &'static str,
    unit: Unit,
    /// Which of a sample's values is the weight.
    value: usize,
}

/// A stack and what was met in it.
struct Stack<'a> {
    /// The outermost first.
    frames: Vec<&'a str>,
    weight: u64,
}

/// A name on one line, of a length that can be read.
fn line(name: &str) -> String {
    let is_long = name.chars().count() > LONGEST_NAME;
    let kept = name.chars().take(if is_long { LONGEST_NAME - 1 } else { LONGEST_NAME }).chain(is_long.then_some('…'));
    kept.map(|c| if c.is_control() { ' ' } else { c }).collect()
}

impl Format {
    /// Every form.
    pub const ALL: [Self; 4] = [Self::Pprof, Self::Svg, Self::Text, Self::Folded];

    /// The name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pprof => "pprof",
            Self::Svg => "svg",
            Self::Text => "text",
            Self::Folded => "folded",
        }
    }

    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Pprof => "application/octet-stream",
            Self::Svg => "image/svg+xml",
            Self::Text | Self::Folded => "text/plain; charset=utf-8",
        }
    }
}

impl Profile {
    /// Samples of the processor: how many, and nanoseconds.
    pub(crate) fn cpu(inner: protos::Profile) -> Self {
        Self { inner, title: "Time of the processor", unit: Unit::Nanoseconds, value: 1 }
    }

    /// Memory that is held: bytes.
    #[cfg(feature = "jemalloc")]
    pub(crate) fn heap(inner: protos::Profile) -> Self {
        Self { inner, title: "Memory in use", unit: Unit::Bytes, value: 0 }
    }

    /// The profile in a form.
    ///
    /// # Errors
    ///
    /// It cannot be compressed.
    pub fn render(&self, format: Format) -> io::Result<Vec<u8>> {
        match format {
            Format::Pprof => self.pprof(),
            Format::Svg => Ok(self.svg().into_bytes()),
            Format::Text => Ok(self.text().into_bytes()),
            Format::Folded => Ok(self.folded().into_bytes()),
        }
    }

    fn pprof(&self) -> io::Result<Vec<u8>> {
        let mut compressed = GzEncoder::new(Vec::new(), Compression::default());
        compressed.write_all(&self.inner.encode_to_vec())?;
        compressed.finish()
    }

    fn svg(&self) -> String {
        let stacks = self.stacks();
        flame::svg(self.title, self.unit, stacks.iter().map(|stack| (stack.frames.iter().copied(), stack.weight)))
    }

    fn folded(&self) -> String {
        let mut lines: BTreeMap<String, u64> = BTreeMap::new();
        for stack in self.stacks() {
            // What separates frames and lines is no part of a name here.
            let names: Vec<String> = stack.frames.iter().map(|name| name.replace([';', '\n', '\r'], ":")).collect();
            let sum = lines.entry(names.join(";")).or_default();
            *sum = sum.saturating_add(stack.weight);
        }
        lines.iter().fold(String::new(), |mut text, (stack, weight)| {
            let _ = writeln!(text, "{stack} {weight}");
            text
        })
    }

    fn text(&self) -> String {
        let stacks = self.stacks();
        let mut functions: HashMap<&str, (u128, u128)> = HashMap::new();
        let mut whole = 0_u128;
        for stack in &stacks {
            let weight = u128::from(stack.weight);
            whole += weight;
            if let Some(last) = stack.frames.last() {
                functions.entry(last).or_default().0 += weight;
            }
            // One that calls itself is met once.
            for name in stack.frames.iter().copied().collect::<HashSet<&str>>() {
                functions.entry(name).or_default().1 += weight;
            }
        }
        let mut rows: Vec<(&str, u128, u128)> =
            functions.into_iter().map(|(name, (own, all))| (name, own, all)).collect();
        let count = rows.len();
        rows.retain(|(_, _, weight)| weight * 1000 >= whole);
        rows.sort_by(|a, b| b.1.cmp(&a.1).then(b.2.cmp(&a.2)).then(a.0.cmp(b.0)));
        let mut text = format!("{}: {} in all\n\n", self.title, flame::amount(self.unit, whole));
        let _ = writeln!(text, "{:>12} {:>8}   {:>12} {:>8}   function", "in itself", "", "with callees", "");
        for (name, own, all) in rows.iter().take(ROWS) {
            let [own, all] = [own, all]
                .map(|part| format!("{:>12} {:>8}", flame::amount(self.unit, *part), flame::percent(*part, whole)));
            let _ = writeln!(text, "{own}   {all}   {}", line(name));
        }
        if count > rows.len().min(ROWS) {
            let _ = writeln!(text, "\n{} more functions", count - rows.len().min(ROWS));
        }
        text
    }

    fn stacks(&self) -> Vec<Stack<'_>> {
        let word = |index: i64| {
            let index = usize::try_from(index).ok()?;
            self.inner.string_table.get(index).map(String::as_str)
        };
        let functions: HashMap<u64, &str> =
            self.inner.function.iter().map(|function| (function.id, word(function.name).unwrap_or("?"))).collect();
        let frames: HashMap<u64, Vec<&str>> = self
            .inner
            .location
            .iter()
            .map(|location| {
                // What was inlined comes first in pprof's order.
                let names = location.line.iter().rev().filter_map(|line| functions.get(&line.function_id).copied());
                let mut names: Vec<&str> = names.collect();
                if names.is_empty() {
                    names.push("?");
                }
                (location.id, names)
            })
            .collect();
        let stack = |sample: &'_ protos::Sample| {
            let thread = sample.label.iter().find(|label| word(label.key) == Some("thread"));
            let thread = thread.and_then(|label| word(label.str));
            let called = sample.location_id.iter().rev().filter_map(|id| frames.get(id)).flatten().copied();
            let weight = sample.value.get(self.value).copied().unwrap_or_default();
            Stack {
                frames: thread.into_iter().chain(called).collect(),
                weight: u64::try_from(weight).unwrap_or_default(),
            }
        };
        self.inner.sample.iter().map(stack).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two stacks of one thread, one of which calls itself.
    fn profile() -> Profile {
        let names = ["", "thread", "worker", "main", "serve;\nprice", "again"];
        let string_table = names.map(str::to_owned).to_vec();
        let function = |id: u64, name| protos::Function { id, name, ..protos::Function::default() };
        let location = |id: u64, functions: &[u64]| protos::Location {
            id,
            line: functions.iter().map(|id| protos::Line { function_id: *id, ..protos::Line::default() }).collect(),
            ..protos::Location::default()
        };
        let sample = |locations: &[u64], value| protos::Sample {
            location_id: locations.to_vec(),
            value: vec![1, value],
            label: vec![protos::Label { key: 1, str: 2, ..protos::Label::default() }],
        };
        Profile::cpu(protos::Profile {
            sample: vec![sample(&[2, 1], 3_000_000), sample(&[3, 3, 1], 1_000_000)],
            location: vec![location(1, &[1]), location(2, &[2, 1]), location(3, &[3])],
            function: vec![function(1, 3), function(2, 4), function(3, 5)],
            string_table,
            ..protos::Profile::default()
        })
    }

    #[test]
    fn a_stack_is_a_line_whose_names_cannot_break_it() {
        let folded = profile().folded();
        assert_eq!(folded, "worker;main;again;again 1000000\nworker;main;main;serve::price 3000000\n");
    }

    #[test]
    fn the_table_has_what_is_in_a_function_itself_and_counts_what_calls_itself_once() {
        let text = profile().text();
        let rows: Vec<Vec<&str>> = text.lines().skip(3).map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(rows[0], ["3.0", "ms", "75.0", "%", "3.0", "ms", "75.0", "%", "serve;", "price"]);
        assert_eq!(rows[1], ["1.0", "ms", "25.0", "%", "1.0", "ms", "25.0", "%", "again"]);
        assert_eq!(rows[2], ["0", "ns", "0.0", "%", "4.0", "ms", "100.0", "%", "main"]);
        assert!(text.starts_with("Time of the processor: 4.0 ms in all\n"), "{text}");
    }
}
