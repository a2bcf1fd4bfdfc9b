//! Which metrics and labels an expression of PromQL names.
//!
//! Enough of the language for that: names, selectors, groupings. A name before a parenthesis is a function.

use std::collections::BTreeSet;

/// Words that are neither metrics nor functions.
const WORDS: &[&str] = &[
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
    "and",
    "or",
    "unless",
    "offset",
    "bool",
    "inf",
    "nan",
];

/// Words that are followed by labels.
const GROUPINGS: &[&str] = &["by", "without", "on", "ignoring", "group_left", "group_right"];

/// What an expression names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Used {
    /// Each metric with the labels that its selector has.
    pub(crate) metrics: BTreeSet<(String, Vec<String>)>,
    /// Labels that something is grouped by or matched on.
    pub(crate) labels: BTreeSet<String>,
}

/// What `expression` names; the variables of a dashboard may stand in it.
pub(crate) fn used(expression: &str) -> Used {
    let mut used = Used::default();
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        if first == '"' {
            rest = after_string(rest);
        } else if first == '[' {
            // A window; it ends in this expression.
            rest = rest.find(']').map_or("", |end| &rest[end + 1..]);
        } else if is_of_name(first) || first == '$' {
            let end = rest.find(|c: char| !(is_of_name(c) || c == '$')).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            rest = take(name, after, &mut used);
        } else {
            rest = &rest[first.len_utf8()..];
        }
    }
    used
}

/// Deals with a name, and gives what comes after it.
fn take<'e>(name: &str, after: &'e str, used: &mut Used) -> &'e str {
    let next = after.trim_start();
    if GROUPINGS.contains(&name) {
        let Some(inside) = next.strip_prefix('(') else { return after };
        let (labels, rest) = inside.split_once(')').unwrap_or((inside, ""));
        used.labels.extend(labels.split(',').map(|label| label.trim().to_owned()).filter(|label| !label.is_empty()));
        return rest;
    }
    // An aggregation may name its labels before what it is of.
    let follows = |word: &str| next.strip_prefix(word).is_some_and(|rest| rest.starts_with([' ', '(']));
    let is_function = next.starts_with('(') || follows("by") || follows("without");
    let is_no_metric = is_function || name.starts_with(|c: char| c.is_ascii_digit() || c == '$');
    if is_no_metric || WORDS.contains(&name.to_ascii_lowercase().as_str()) {
        return after;
    }
    let (labels, rest) = match next.strip_prefix('{') {
        Some(inside) => selector(inside),
        None => (Vec::new(), after),
    };
    used.metrics.insert((name.to_owned(), labels));
    rest
}

/// The labels of a selector, and what comes after it.
fn selector(mut rest: &str) -> (Vec<String>, &str) {
    let mut labels = Vec::new();
    while let Some(first) = rest.chars().next() {
        match first {
            '}' => return (labels, &rest[1..]),
            '"' => rest = after_string(rest),
            name if is_of_name(name) => {
                let end = rest.find(|c: char| !is_of_name(c)).unwrap_or(rest.len());
                labels.push(rest[..end].to_owned());
                rest = &rest[end..];
            }
            other => rest = &rest[other.len_utf8()..],
        }
    }
    (labels, rest)
}

/// What comes after the string that `text` begins with.
fn after_string(text: &str) -> &str {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return &text[at + 1..],
            _ => {}
        }
    }
    ""
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == ':'
}

#[test]
fn names_selectors_and_groupings_are_found_and_nothing_else() {
    let found = used(
        "histogram_quantile(0.99, sum by (le, route) (rate(a_bucket{job=~\"$job\", x=\"}y\"}[$__rate_interval]))) \
         > on (method) group_left (class) (14.4 * (1 - b:c)) unless topk(3, d) == Inf",
    );
    let metrics: Vec<_> = found.metrics.iter().map(|(name, labels)| (name.as_str(), labels.join(" "))).collect();
    let expected = [("a_bucket", "job x"), ("b:c", ""), ("d", "")].map(|(name, labels)| (name, labels.to_owned()));
    assert_eq!(metrics, expected);
    assert_eq!(found.labels.iter().map(String::as_str).collect::<Vec<_>>(), ["class", "le", "method", "route"]);
}
