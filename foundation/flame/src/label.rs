//! Names of functions, as they fit into a box.

use std::borrow::Cow;

/// Text as XML has it. What XML cannot hold at all becomes a replacement character.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| {
        c >= ' ' && !matches!(c, '&' | '<' | '>' | '"' | '\'' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}')
    };
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c if is_plain(c) => escaped.push(c),
            _ => escaped.push('\u{fffd}'),
        }
    }
    Cow::Owned(escaped)
}

/// What is written into a box that has room for so many characters: the name, else its end, else the beginning of that.
pub(crate) fn fitting(name: &str, room: usize) -> Option<String> {
    if room < 3 {
        return None;
    }
    let fits = |text: &str| text.chars().count() <= room;
    if fits(name) {
        return Some(name.to_owned());
    }
    let short = shorten(name);
    if fits(&short) {
        return Some(short);
    }
    Some(short.chars().take(room - 1).chain(['…']).collect())
}

/// A function's own name with that of what it belongs to: `<a::b::C<D> as e::F>::g::{{closure}}` is `C::g::{{closure}}`.
pub(crate) fn shorten(name: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let plain = without_generics(name);
    for part in plain.split("::").filter(|part| !part.is_empty()) {
        parts.push(part);
    }
    let closures = parts.iter().rev().take_while(|part| part.starts_with('{')).count();
    let kept = parts.len().saturating_sub(closures + 2);
    parts[kept..].join("::")
}

/// The crate that a function is from, as far as its name tells.
pub(crate) fn crate_of(name: &str) -> &str {
    let start = name.trim_start_matches(['<', '&', '(', '*', '[']);
    let start = start.strip_prefix("dyn ").or_else(|| start.strip_prefix("mut ")).unwrap_or(start);
    start.split("::").next().unwrap_or(start)
}

/// The name without what stands in angle brackets; of a type with a trait, the type.
fn without_generics(name: &str) -> String {
    let is_qualified = name.starts_with('<');
    let name = name.strip_prefix('<').unwrap_or(name);
    let mut plain = String::new();
    let mut depth = 0_usize;
    // Between ` as ` and the bracket that closes the type is the trait.
    let mut in_trait = false;
    for (at, c) in name.char_indices() {
        match c {
            '<' => depth += 1,
            // `->` is no bracket.
            '>' if name[..at].ends_with('-') => {}
            '>' if depth == 0 => in_trait = false,
            '>' => depth -= 1,
            ' ' if is_qualified && depth == 0 && name[at..].starts_with(" as ") => in_trait = true,
            c if depth == 0 && !in_trait => plain.push(c),
            _ => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_told_by_its_end() {
        for (name, short) in [
            ("main", "main"),
            ("faults::slow::price", "slow::price"),
            ("faults::slow::{{closure}}", "faults::slow::{{closure}}"),
            ("<a::b::C<D, e::F> as g::H<i>>::j::{{closure}}", "C::j::{{closure}}"),
            ("core::ptr::drop_in_place<alloc::vec::Vec<u8>>", "ptr::drop_in_place"),
            ("alloc::vec::Vec<T,A>::push", "Vec::push"),
            ("<F as core::ops::FnOnce<(A) -> B>>::call_once", "F::call_once"),
            ("", ""),
            ("<<<>>>>>::", ""),
        ] {
            assert_eq!(shorten(name), short, "{name}");
        }
        assert_eq!(fitting("faults::slow::price", 19).unwrap(), "faults::slow::price");
        assert_eq!(fitting("faults::slow::price", 12).unwrap(), "slow::price");
        assert_eq!(fitting("faults::slow::price", 6).unwrap(), "slow:…");
        assert_eq!(fitting("faults::slow::price", 2), None);
    }

    #[test]
    fn a_function_is_of_the_crate_that_its_name_begins_with() {
        for (name, of) in
            [("a::b", "a"), ("<a::B as c::D>::e", "a"), ("<&mut a::B as c>::d", "a"), ("main", "main"), ("", "")]
        {
            assert_eq!(crate_of(name), of, "{name}");
        }
    }
}
