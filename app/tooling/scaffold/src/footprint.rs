//! What a resource leaves in files that others have too, found again to change or to remove it.

use std::ops::Range;

use crate::dsl::Resource;
use crate::renaming::Renaming;
use crate::render::Names;
use crate::wiring::{Missing, dependency};

/// Finds them, in their order.
type Find = fn(&Resource, &str) -> Vec<Range<usize>>;

/// The manifests of the services, whose dependencies are sorted.
const SERVICES: &[&str] = &[
    "app/services/platform/Cargo.toml",
    "app/services/accounts/Cargo.toml",
    "app/services/catalog/Cargo.toml",
    "app/services/orders/Cargo.toml",
];
pub(crate) const POLICY: &str = "app/sdk/auth/src/policy.rs";
const POLICY_TEXT: &str = "app/sdk/auth/tests/auth/policy.rs";

/// The files, those of [`crate::wiring::WIRED`], each with what finds the lines in it.
const FOOTPRINT: &[(&str, Find)] = &[
    ("Cargo.toml", workspace),
    ("business/types/src/id.rs", ids),
    ("business/types/src/lib.rs", id_exports),
    (POLICY, policy),
    (POLICY_TEXT, policy_text),
    (SERVICES[0], manifest),
    ("app/services/platform/src/lib.rs", tables),
    ("app/services/platform/tests/platform/policy/lines.rs", lines),
    (SERVICES[1], manifest),
    ("app/services/accounts/src/lib.rs", tables),
    (SERVICES[2], manifest),
    ("app/services/catalog/src/lib.rs", tables),
    (SERVICES[3], manifest),
    ("app/services/orders/src/lib.rs", tables),
];

/// The lines of `resource` in the file at `path`.
pub(crate) fn own(path: &str, resource: &Resource, text: &str) -> Vec<Range<usize>> {
    let find = FOOTPRINT.iter().find(|(known, _)| *known == path);
    let mut found = find.map_or_else(Vec::new, |(_, find)| find(resource, text));
    found.sort_by_key(|range| range.start);
    found
}

/// `text` without them.
pub(crate) fn without(path: &str, resource: &Resource, text: &str) -> String {
    let mut text = text.to_owned();
    for range in own(path, resource, &text).into_iter().rev() {
        text.replace_range(range, "");
    }
    text
}

/// `text` with them under the new name.
pub(crate) fn renamed(path: &str, (old, new): (&Resource, &Resource), text: &str) -> Result<String, Missing> {
    if SERVICES.contains(&path) && !own(path, old, text).is_empty() {
        return dependency(&without(path, old, text), &format!("{}.workspace = true", Names::of(new).app));
    }
    let renaming = &Renaming::of(old, new);
    let mut text = text.to_owned();
    for range in own(path, old, &text).into_iter().rev() {
        let new = match path {
            POLICY => text[range.clone()].split_inclusive('\n').map(|line| policy_line(path, renaming, line)).collect(),
            POLICY_TEXT => policy_text_line(path, renaming, &text[range.clone()]),
            _ => renaming.apply(path, &text[range.clone()]),
        };
        text.replace_range(range, &new);
    }
    Ok(text)
}

/// The permissions of `resource`: what they are called in code, and by name.
pub(crate) fn permissions(resource: &Resource, policy: &str) -> Vec<String> {
    let lines = own(POLICY, resource, policy).into_iter().flat_map(|range| policy[range].lines());
    let row = |line: &str| {
        let (code, rest) = line.split_once(" = \"")?;
        Some([code.trim().to_owned(), rest.split('"').next().unwrap_or_default().to_owned()])
    };
    lines.filter_map(row).flatten().collect()
}

fn workspace(resource: &Resource, text: &str) -> Vec<Range<usize>> {
    let Names { bus, app, .. } = Names::of(resource);
    lines_that(text, |line| [&bus, &app].iter().any(|krate| starts(line, krate, " = ")))
}

fn ids(resource: &Resource, text: &str) -> Vec<Range<usize>> {
    let pascal = &resource.name.pascal;
    let ranges = lines_that(text, |line| {
        line.starts_with(&format!("pub enum {pascal}Kind ")) || line.starts_with(&format!("pub type {pascal}Id "))
    });
    ranges.into_iter().map(|range| with_head(text, range)).collect()
}

fn id_exports(resource: &Resource, text: &str) -> Vec<Range<usize>> {
    element(text, &format!("{}Id", resource.name.pascal)).into_iter().collect()
}

fn policy(resource: &Resource, text: &str) -> Vec<Range<usize>> {
    let name = format!(" = \"{}:", resource.plural.snake);
    lines_that(text, |line| line.contains(&name)).into_iter().map(|range| with_head(text, range)).collect()
}

fn policy_text(resource: &Resource, text: &str) -> Vec<Range<usize>> {
    let name = format!("    {}:", resource.plural.snake);
    lines_that(text, |line| line.starts_with(&name))
}

fn manifest(resource: &Resource, text: &str) -> Vec<Range<usize>> {
    let Names { app, .. } = Names::of(resource);
    lines_that(text, |line| starts(line, &app, ".workspace") || starts(line, &app, " = "))
}

fn tables(resource: &Resource, text: &str) -> Vec<Range<usize>> {
    let call = format!("{}::", Names::of(resource).app);
    let starts = lines_that(text, |line| line.trim_start().starts_with(&call));
    starts.into_iter().map(|line| line.start..statement_end(text, line.start)).collect()
}

fn lines(resource: &Resource, text: &str) -> Vec<Range<usize>> {
    let plural = &resource.plural.snake;
    let mut found = lines_that(text, |line| line == format!("mod {plural};"));
    found.extend(element(text, &format!("{plural}::LINES")));
    found
}

/// A row of the policy, in its columns.
fn policy_line(path: &str, renaming: &Renaming, line: &str) -> String {
    let row = renaming.apply(path, line);
    let Some((code, rest)) = row.split_once('=').filter(|_| line.contains(" = \"")) else { return row };
    let (indent, code) = code.split_at(code.len() - code.trim_start().len());
    let (name, grants) = rest.trim_start().split_once("\":").unwrap_or((rest, ""));
    let grants = grants.trim_start();
    format!("{indent}{:<16} = {:<24} {grants}", code.trim_end(), format!("{name}\":"))
}

/// A row of the policy as text, in its columns.
fn policy_text_line(path: &str, renaming: &Renaming, line: &str) -> String {
    /// The width of a permission, and that of what the roles may.
    const WIDTHS: (usize, usize) = (19, 45);
    let row = line.trim_start();
    let name = row.split(' ').next().unwrap_or_default();
    // A long name leaves no space before the first cell.
    let glued = ["any", "own", "-"].iter().find_map(|cell| name.strip_suffix(cell)).filter(|_| name.len() > WIDTHS.0);
    let name = glued.unwrap_or(name);
    let rest = row[name.len()..].trim_start();
    let (cells, purpose) = rest.split_at(WIDTHS.1.min(rest.len()));
    format!("    {:<19}{cells}{}", renaming.apply(path, name), renaming.prose(purpose))
}

/// The lines of `text` that are wanted, with their ends.
fn lines_that(text: &str, wanted: impl Fn(&str) -> bool) -> Vec<Range<usize>> {
    let mut at = 0;
    let mut found = Vec::new();
    for line in text.split_inclusive('\n') {
        if wanted(line.trim_end()) {
            found.push(at..at + line.len());
        }
        at += line.len();
    }
    found
}

fn starts(line: &str, krate: &str, next: &str) -> bool {
    line.strip_prefix(krate).is_some_and(|rest| rest.starts_with(next))
}

/// With the comments and attributes right above it.
fn with_head(text: &str, range: Range<usize>) -> Range<usize> {
    let mut start = range.start;
    for line in text[..start].split_inclusive('\n').rev() {
        let line_start = line.trim_start();
        if !line_start.starts_with("///") && !line_start.starts_with("#[") {
            break;
        }
        start -= line.len();
    }
    start..range.end
}

/// An element of a list, with the comma beside it.
fn element(text: &str, element: &str) -> Option<Range<usize>> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let whole = |at: usize| !text[..at].ends_with(is_word) && !text[at + element.len()..].starts_with(is_word);
    let (start, _) = text.match_indices(element).find(|(at, _)| whole(*at))?;
    let end = start + element.len();
    if let Some(rest) = text[end..].strip_prefix(',') {
        let spaces = rest.len() - rest.trim_start().len();
        return Some(start..end + 1 + spaces);
    }
    let before = text[..start].trim_end();
    Some(before.strip_suffix(',').unwrap_or(before).len()..end)
}

/// Where the statement ends that starts at `start`, with the comma and the end of the line behind it.
fn statement_end(text: &str, start: usize) -> usize {
    let mut depth = 0_i32;
    for (at, c) in text[start..].char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            '\n' if depth <= 0 => return start + at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::FOOTPRINT;
    use crate::wiring::WIRED;

    #[test]
    fn lines_are_found_in_every_file_that_gets_some() {
        let [wired, shared]: [Vec<&str>; 2] =
            [WIRED.iter().map(|(path, _)| *path).collect(), FOOTPRINT.iter().map(|(path, _)| *path).collect()];
        assert_eq!(wired, shared);
    }
}
