//! Content negotiation: `Accept` (RFC 9110, section 12.5.1) and `If-None-Match` (section 13.1.2).

use actix_web::http::header::{self, HeaderMap};

/// A media range with its weight.
type Range<'h> = (&'h str, f32);

/// Whether the client takes one of the media types `offered`, each in lower case and without parameters.
pub(crate) fn accepts(headers: &HeaderMap, offered: &[&'static str]) -> bool {
    let ranges = ranges(headers);
    ranges.is_empty() || offered.iter().any(|media_type| weight(&ranges, media_type) > 0.0)
}

/// Which of the media types `offered` the client likes best; of several alike, and of those that it did not ask for, the
/// first. The answer's `Vary` has to name `Accept`.
pub fn preferred(headers: &HeaderMap, offered: &[&'static str]) -> &'static str {
    let ranges = ranges(headers);
    let mut best = (offered.first().copied().unwrap_or_default(), 0.0);
    for media_type in offered {
        let weight = weight(&ranges, media_type);
        if weight > best.1 {
            best = (media_type, weight);
        }
    }
    best.0
}

/// Whether `If-None-Match` names `tag`, by the weak comparison that it asks for.
pub fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let opaque = tag.strip_prefix("W/").unwrap_or(tag);
    headers
        .get_all(header::IF_NONE_MATCH)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == opaque)
}

/// The ranges of the field; none when it is absent, or nothing in it can be read: then it excludes nothing.
fn ranges(headers: &HeaderMap) -> Vec<Range<'_>> {
    let values = headers.get_all(header::ACCEPT).filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).filter_map(range).collect()
}

/// The most specific range that matches decides.
fn weight(ranges: &[Range<'_>], media_type: &str) -> f32 {
    let family = media_type.split_once('/').map_or(media_type, |(family, _)| family);
    let exact = |range: &str| range.eq_ignore_ascii_case(media_type);
    let same_family = |range: &str| range.strip_suffix("/*").is_some_and(|range| range.eq_ignore_ascii_case(family));
    let any = |range: &str| range == "*/*";
    let find =
        |matches: &dyn Fn(&str) -> bool| ranges.iter().find(|(range, _)| matches(range)).map(|(_, weight)| *weight);
    find(&exact).or_else(|| find(&same_family)).or_else(|| find(&any)).unwrap_or(0.0)
}

/// A media range and its weight, 1 where none can be read.
fn range(text: &str) -> Option<Range<'_>> {
    let mut parts = text.split(';').map(str::trim);
    let range = parts.next().filter(|range| !range.is_empty())?;
    let weight = parts.find_map(|parameter| {
        let (name, weight) = parameter.split_once('=')?;
        if name.trim().eq_ignore_ascii_case("q") { weight.trim().parse::<f32>().ok() } else { None }
    });
    Some((range, weight.filter(|weight| weight.is_finite()).unwrap_or(1.0).clamp(0.0, 1.0)))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn headers(name: header::HeaderName, value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_static(value));
        headers
    }

    #[test]
    fn the_most_specific_range_decides() {
        for (accept, expected) in [
            ("*/*", true),
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/*;q=0.1", true),
            ("text/html, */*;q=0.1", true),
            ("", true),
            ("text/html", false),
            ("text/*, image/png", false),
            ("application/json;q=0", false),
            ("application/json;q=0, */*", false),
            ("application/*;q=0.0, */*", false),
            ("application/xml, application/json ; q=0.5", true),
        ] {
            let found = accepts(&headers(header::ACCEPT, accept), &["application/json"]);
            assert_eq!(found, expected, "{accept}");
        }
        assert!(accepts(&HeaderMap::new(), &["application/json"]));
    }

    #[test]
    fn the_one_that_is_liked_best_is_preferred_and_the_first_of_those_alike() {
        const OFFERED: [&str; 2] = ["application/json", "text/csv"];
        for (accept, expected) in [
            ("*/*", 0),
            ("", 0),
            ("text/csv", 1),
            ("text/*", 1),
            ("text/csv, application/json", 0),
            ("text/csv, application/json;q=0.9", 1),
            ("text/csv;q=0.8, application/json;q=0.9", 0),
            ("text/csv, */*;q=0.1", 1),
            ("text/csv;q=0, */*", 0),
            ("application/json;q=0, */*;q=0.1", 1),
            ("TEXT/CSV; header=present; q=0.5, application/*;q=0.4", 1),
            ("text/csv;q=nonsense", 1),
            ("text/html", 0),
        ] {
            assert_eq!(preferred(&headers(header::ACCEPT, accept), &OFFERED), OFFERED[expected], "{accept}");
        }
        assert_eq!(preferred(&HeaderMap::new(), &OFFERED), OFFERED[0]);
    }

    #[test]
    fn a_known_tag_is_found_by_weak_comparison() {
        for (known, expected) in
            [("\"7\"", true), ("W/\"7\"", true), ("\"6\", \"7\"", true), ("*", true), ("\"6\"", false), ("7", false)]
        {
            let found = is_known(&headers(header::IF_NONE_MATCH, known), "\"7\"");
            assert_eq!(found, expected, "{known}");
        }
    }
}
