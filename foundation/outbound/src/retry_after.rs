//! What a peer says of when to come back.

use std::time::{Duration, SystemTime};

use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};

/// How long to stay away (RFC 9110, 10.2.3): seconds, or a time, which is compared with the peer's own clock where it tells
/// that. None: it says nothing, or nothing that is understood.
pub(crate) fn read(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More than can be counted is for ever.
        return Some(text.parse().map_or(Duration::MAX, Duration::from_secs));
    }
    let then = httpdate::parse_http_date(text).ok()?;
    let now = date(headers, &DATE).unwrap_or_else(SystemTime::now);
    Some(then.duration_since(now).unwrap_or(Duration::ZERO))
}

fn date(headers: &HeaderMap, name: &HeaderName) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::header::HeaderValue;

    use super::*;

    fn said(retry_after: &str, date: Option<&str>) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_str(retry_after).ok()?);
        if let Some(date) = date {
            headers.insert(DATE, HeaderValue::from_str(date).unwrap());
        }
        read(&headers)
    }

    #[test]
    fn seconds_and_times_are_understood_and_nothing_else() {
        let now = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        for (text, expected) in [
            ("0", Some(0)),
            ("120", Some(120)),
            ("Sun, 06 Nov 1994 08:50:07 GMT", Some(30)),
            ("Sunday, 06-Nov-94 08:50:07 GMT", Some(30)),
            ("Sun Nov  6 08:50:07 1994", Some(30)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("", None),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
            ("2 hours", None),
        ] {
            assert_eq!(said(text, now), expected.map(Duration::from_secs), "{text:?}");
        }
        assert_eq!(said("99999999999999999999", now), Some(Duration::MAX));
    }

    #[test]
    fn without_the_clock_of_the_peer_ours_counts() {
        let then = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(60));
        let seconds = said(&then, None).unwrap().as_secs();
        assert!((57..=60).contains(&seconds), "{seconds}");
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "[ -~]{0,40}", date in prop::option::of("[ -~]{0,40}")) {
            let _ = said(&text, date.as_deref());
        }
    }
}
