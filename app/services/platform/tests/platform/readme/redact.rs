//! What differs from run to run, taken out; JSON laid out for people.

use std::collections::BTreeSet;

use serde_json::value::RawValue;

/// In the place of what differs from run to run.
const ELSE: &str = "…";

/// The widest line of JSON that is not broken.
const WIDTH: usize = 110;

/// An output, or what is shown as one, in a form that is the same for the same answer.
pub(crate) fn comparable(kind: &str, text: &str) -> String {
    let shown = if kind == "json" { values(text).join("\n") } else { narrow(&with_sorted_fields(&redacted(text))) };
    // The last year that a film may have is the next one: it was this when the README was written, and goes on.
    let is_later = |word: &str| word.len() == 4 && word.parse().is_ok_and(|year| (2027..2100_u16).contains(&year));
    each_word(&shown, |word| if is_later(word) { ELSE } else { word })
}

/// An output as it is to be shown.
pub(crate) fn shown(kind: &str, text: &str) -> String {
    if kind == "json" {
        let laid_out: Vec<String> = values(text).iter().map(|value| lay_out(value, 0)).collect();
        laid_out.join("\n\n")
    } else {
        with_sorted_fields(&redacted(text))
    }
}

/// Lines with the header fields of each answer in one order: they come in any.
fn with_sorted_fields(text: &str) -> String {
    let is_field = |line: &&str| line.split_once(": ").is_some_and(|(name, _)| !name.contains(' '));
    let mut lines: Vec<&str> = text.lines().collect();
    for fields in lines.chunk_by_mut(|one, other| is_field(one) == is_field(other)) {
        if fields.iter().all(&is_field) {
            fields.sort_unstable();
        }
    }
    lines.join("\n")
}

/// The values of a text of JSON values, one after the other, each on one line. Members stay in their order.
fn values(text: &str) -> Vec<String> {
    let redacted = redacted(text);
    let values = serde_json::Deserializer::from_str(&redacted).into_iter::<Box<RawValue>>();
    let flat = values.map(|value| value.map(|value| flat(value.get())));
    flat.collect::<Result<_, _>>().unwrap_or_else(|error| panic!("not JSON: {error}\n{text}"))
}

/// Breaks a value on one line into lines where it is too wide.
fn lay_out(flat: &str, depth: usize) -> String {
    let is_narrow = depth > 0 && flat.chars().count() + 2 * depth <= WIDTH;
    let inside = flat.strip_prefix(['{', '[']).and_then(|rest| rest.strip_suffix(['}', ']']));
    let Some(inside) = inside.filter(|inside| !inside.is_empty() && !is_narrow) else {
        return flat.to_owned();
    };
    let indent = "  ".repeat(depth + 1);
    let parts = parts(inside).into_iter().map(|part| {
        // A member is a name and its value.
        let (name, value) = match flat.starts_with('{') {
            true => part.split_once("\": ").map_or(("", part), |(name, value)| (&part[..name.len() + 3], value)),
            false => ("", part),
        };
        format!("{indent}{name}{}", lay_out(value, depth + 1))
    });
    let parts: Vec<String> = parts.collect();
    format!("{}\n{}\n{}{}", &flat[..1], parts.join(",\n"), "  ".repeat(depth), &flat[flat.len() - 1..])
}

/// The members or items within an object or array.
fn parts(inside: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0);
    for (at, character) in outside_strings(inside) {
        match character {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(inside[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(inside[start..].trim());
    parts
}

/// JSON on one line, with a space after each comma and colon.
fn flat(json: &str) -> String {
    let structure: BTreeSet<usize> = outside_strings(json).map(|(at, _)| at).collect();
    let mut flat = String::new();
    for (at, character) in json.char_indices() {
        let is_structure = structure.contains(&at);
        if !(is_structure && character.is_ascii_whitespace()) {
            flat.push(character);
        }
        if is_structure && [',', ':'].contains(&character) {
            flat.push(' ');
        }
    }
    flat
}

/// The characters of JSON that are not within a string.
fn outside_strings(json: &str) -> impl Iterator<Item = (usize, char)> {
    let (mut is_string, mut is_escaped) = (false, false);
    json.char_indices().filter(move |(_, character)| {
        let was_string = is_string;
        match character {
            '"' if !is_escaped => is_string = !is_string,
            _ => {}
        }
        is_escaped = was_string && *character == '\\' && !is_escaped;
        !was_string && !is_string
    })
}

/// Text without the widths of its columns, which go with what stands in them.
fn narrow(text: &str) -> String {
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.collect::<Vec<_>>().join("\n")
}

fn redacted(text: &str) -> String {
    let text = text.trim_start_matches('\n').trim_end();
    unnumbered(&without_durations(&each_word(text, settled)))
}

/// A text with the names of migrations without their numbers: each is the next one where it was made.
fn unnumbered(text: &str) -> String {
    let parts = text.split_inclusive(['/', ' ', '\n']).map(|part| match part.split_once('_') {
        Some((number, name)) if number.len() == 4 && number.parse::<u16>().is_ok() && name.contains(".sql") => {
            format!("{ELSE}_{name}")
        }
        _ => part.to_owned(),
    });
    parts.collect()
}

/// A text that does not say how many milliseconds something took.
fn without_durations(text: &str) -> String {
    let unit = " ms";
    let parts = text.split_inclusive(unit).map(|part| match part.strip_suffix(unit) {
        Some(before) => {
            let kept = before.trim_end_matches(|character: char| character.is_ascii_digit() || character == '.');
            if kept == before { part.to_owned() } else { format!("{kept}{ELSE}{unit}") }
        }
        None => part.to_owned(),
    });
    parts.collect()
}

/// A text with another word in the place of each.
fn each_word(text: &str, put: impl for<'w> Fn(&'w str) -> &'w str) -> String {
    let mut changed = String::new();
    let mut word = String::new();
    for character in text.chars() {
        if character.is_ascii_alphanumeric() || "-_:.".contains(character) {
            word.push(character);
            continue;
        }
        changed.push_str(put(&word));
        word.clear();
        changed.push(character);
    }
    changed.push_str(put(&word));
    changed
}

/// A word, or what stands in its place.
fn settled(word: &str) -> &str {
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_uuid =
        word.len() == 36 && word.split('-').map(str::len).eq([8, 4, 4, 4, 12]) && is_hex(&word.replace('-', ""));
    let is_time = word.len() >= 20 && word.ends_with('Z') && word.get(10..11) == Some("T") && word.starts_with("20");
    let is_trace = word.len() == 32 && is_hex(word);
    // Cursors and tokens: longer than any word, with no separator of words in them.
    let is_opaque = word.len() >= 40 && !word.contains(':');
    // Seconds of Unix time.
    let is_moment = word.len() == 10 && word.starts_with('1') && word.bytes().all(|byte| byte.is_ascii_digit());
    if is_uuid || is_time || is_trace || is_opaque || is_moment { ELSE } else { word }
}

#[test]
fn what_differs_from_run_to_run_is_taken_out_and_the_rest_stays() {
    let text = r#"{"id":"01a1fe57-53d9-74e6-a7c6-8543980362f2","at":"2026-11-21T13:41:38.394963Z","year":1972,
        "next":"AQGh_ldT2XTmp8aFQ5gDYvIDP_xOxQAAAADCW-1UP7T3zzQf5xomZ-Ji","trace_id":"2c4f59724b5d274a2335fa3cecb49daa"}"#;
    let expected = r#"{"id": "…", "at": "…", "year": 1972, "next": "…", "trace_id": "…"}"#;
    assert_eq!(comparable("json", text), expected);
    assert_eq!(comparable("json", &shown("json", text)), expected);
    let location = "location: /v1/movies/01a1fe57-53d9-74e6-a7c6-8543980362f2";
    assert_eq!(redacted(location), "location: /v1/movies/…");
    assert_eq!(redacted("the-quick/brown.fox"), "the-quick/brown.fox");
    assert_eq!(redacted("?expires=1795737600&x=1000"), "?expires=…&x=1000");
    let refused = |year: u16| comparable("json", &format!("{{\"detail\": \"must be 1888 to {year}\"}}"));
    assert_eq!(refused(2027), refused(2031));
    assert_ne!(refused(2027), refused(1979));
    let answer = |fields: &str| comparable("text", &format!("HTTP/1.1 200 OK\n{fields}\nHTTP/1.1 404 Not Found"));
    assert_eq!(answer("etag: 1\nlocation: /x"), answer("location: /x\netag: 1"));
    assert_ne!(answer("etag: 1"), answer("etag: 2"));
    assert_eq!(
        redacted("applied 0001 (17 ms), met 2.90 ms at most, in ms"),
        "applied 0001 (… ms), met … ms at most, in ms"
    );
    assert_eq!(comparable("text", "one   2.9 ms  two"), comparable("text", "one  12.9 ms  two"));
}

#[test]
fn json_is_laid_out_in_lines_that_can_be_read() {
    let long = "x, [y] ".repeat(20);
    let text = format!(r#"{{"a":[1,2],"b":{{"c\"":"{long}","d":{{}}}}}} [3]"#);
    let first = format!("{{\n  \"a\": [1, 2],\n  \"b\": {{\n    \"c\\\"\": \"{long}\",\n    \"d\": {{}}\n  }}\n}}");
    assert_eq!(shown("json", &text), format!("{first}\n\n[\n  3\n]"));
}
