//! Content negotiation: `Accept` (RFC 9110, section 12.5.1) and `If-None-Match` (section 13.1.2).

use actix_web::http::header::{self, HeaderMap};

/// Whether the client takes one of the media types `offered`, each in lower case and without parameters.
pub(crate) fn accepts(headers: &HeaderMap, offered: &[&'static str]) -> bool {
    let mut values = headers.get_all(header::ACCEPT).peekable();
    if values.peek().is_none() {
        return true;
    }
    let ranges: Vec<(&str, bool)> =
        values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).filter_map(range).collect();
    // A field with nothing readable in it excludes nothing.
    ranges.is_empty() || offered.iter().any(|media_type| is_wanted(&ranges, media_type))
}

/// Whether `If-None-Match` names `tag`, by the weak comparison that it asks for.
pub(crate) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let opaque = tag.strip_prefix("W/").unwrap_or(tag);
    headers
        .get_all(header::IF_NONE_MATCH)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == opaque)
}

/// The most specific range that matches decides.
fn is_wanted(ranges: &[(&str, bool)], media_type: &str) -> bool {
    let family = media_type.split_once('/').map_or(media_type, |(family, _)| family);
    let exact = |range: &str| range.eq_ignore_ascii_case(media_type);
    let same_family = |range: &str| range.strip_suffix("/*").is_some_and(|range| range.eq_ignore_ascii_case(family));
    let any = |range: &str| range == "*/*";
    let find =
        |matches: &dyn Fn(&str) -> bool| ranges.iter().find(|(range, _)| matches(range)).map(|(_, wanted)| *wanted);
    find(&exact).or_else(|| find(&same_family)).or_else(|| find(&any)).unwrap_or(false)
}

/// A media range and whether its weight is above zero.
fn range(text: &str) -> Option<(&str, bool)> {
    let mut parts = text.split(';').map(str::trim);
    let range = parts.next().filter(|range| !range.is_empty())?;
    let refused = parts.any(|parameter| {
        parameter
            .split_once('=')
            .filter(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
            .and_then(|(_, weight)| weight.trim().parse::<f32>().ok())
            .is_some_and(|weight| weight <= 0.0)
    });
    Some((range, !refused))
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
    fn a_known_tag_is_found_by_weak_comparison() {
        for (known, expected) in
            [("\"7\"", true), ("W/\"7\"", true), ("\"6\", \"7\"", true), ("*", true), ("\"6\"", false), ("7", false)]
        {
            let found = is_known(&headers(header::IF_NONE_MATCH, known), "\"7\"");
            assert_eq!(found, expected, "{known}");
        }
    }
}
