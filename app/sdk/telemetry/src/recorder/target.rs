//! Paths and queries as they may be kept.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::scrub;

/// Path and query, with the values of private parameters masked, and those that look like an address or a token.
pub(super) fn masked(target: &str) -> String {
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    let mut clean = String::with_capacity(target.len());
    for (index, segment) in path.split('/').enumerate() {
        if index > 0 {
            clean.push('/');
        }
        clean.push_str(if is_plain(&decoded(segment)) { segment } else { scrub::HIDDEN });
    }
    let Some(query) = query else { return clean };
    for (index, pair) in query.split('&').enumerate() {
        clean.push(if index == 0 { '?' } else { '&' });
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (plain_name, plain_value) = (decoded(name), decoded(value));
        let is_private = scrub::is_private(&plain_name)
            || matches!(&*scrub::last_word(&plain_name), "key" | "apikey" | "code" | "sig");
        if !value.is_empty() && (is_private || !is_plain(&plain_value)) {
            let _ = write!(clean, "{}={}", scrub::text(name), scrub::HIDDEN);
        } else {
            clean.push_str(pair);
        }
    }
    clean
}

/// Whether nothing in it looks like an address or a token.
fn is_plain(text: &str) -> bool {
    match scrub::text(text) {
        Cow::Borrowed(_) => true,
        Cow::Owned(clean) => clean == text,
    }
}

/// The text without percent-encoding, as far as it is text.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let pair = after.first_chunk::<2>().and_then(|pair| std::str::from_utf8(pair).ok());
        match (first, pair.and_then(|pair| u8::from_str_radix(pair, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
                continue;
            }
            (b'+', _) => bytes.push(b' '),
            _ => bytes.push(*first),
        }
        rest = after;
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_lets_somebody_in_is_masked_and_the_rest_can_be_sent_again() {
        for (given, kept) in [
            ("/v1/movies?q=god%20father&limit=1", "/v1/movies?q=god%20father&limit=1"),
            ("/v1/users?email=ada%40example.com&limit=2", "/v1/users?email=***&limit=2"),
            ("/v1/users?name=ada%40example.com", "/v1/users?name=***"),
            ("/v1/media/7?expires=9&signature=abc", "/v1/media/7?expires=9&signature=***"),
            ("/v1/x?access_token=abc&%74oken=abc", "/v1/x?access_token=***&%74oken=***"),
            ("/v1/x?token=&&a=%", "/v1/x?token=&&a=%"),
            ("/v1/x?refreshToken=abc&Token=abc&a=b", "/v1/x?refreshToken=***&Token=***&a=b"),
            ("/v1/x?X-Amz-Signature=abc&api-key=abc&apiKey=abc", "/v1/x?X-Amz-Signature=***&api-key=***&apiKey=***"),
            ("/v1/ada@example.com", "/v1/***"),
            ("/v1/ada%40example.com/orders", "/v1/***/orders"),
            ("/v1/movies", "/v1/movies"),
        ] {
            assert_eq!(masked(given), kept, "{given}");
        }
    }

    proptest! {
        #[test]
        fn any_target_is_survived(target in "\\PC{0,60}") {
            masked(&target);
        }

        #[test]
        fn no_address_survives_in_a_query(name in "[a-z]{1,8}", at in prop::sample::select(vec!["@", "%40"])) {
            // With a point in it, which no name has.
            let given = format!("/v1/x?{name}=ada.l{at}example.com");
            prop_assert!(!masked(&given).contains("ada.l"), "{}", masked(&given));
        }
    }
}
