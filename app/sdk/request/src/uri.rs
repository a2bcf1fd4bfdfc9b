//! Percent-encoding (RFC 3986), strict where it reads.

use std::borrow::Cow;

/// A query that cannot be decoded, in words for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadQuery {
    #[error("the query has a percent sign without two hexadecimal digits after it")]
    Percent,
    #[error("the query is not UTF-8")]
    NotUtf8,
}

/// A parameter of a query: its name and its value.
pub(crate) type Pair<'q> = (Cow<'q, str>, Cow<'q, str>);

/// Splits a query into its parameters, as `application/x-www-form-urlencoded` has it: `+` is a space.
pub(crate) fn pairs(query: &str) -> Result<Vec<Pair<'_>>, BadQuery> {
    query
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            Ok((decode(name)?, decode(value)?))
        })
        .collect()
}

/// Appends `text` with everything encoded but RFC 3986's unreserved characters.
pub(crate) fn push_encoded(out: &mut String, text: &str) {
    push(out, text, is_unreserved);
}

/// Appends a token of a JSON pointer in its URI fragment form (RFC 6901, section 6), with the slash before it.
pub(crate) fn push_token(out: &mut String, token: &str) {
    out.push('/');
    let escaped = token.replace('~', "~0").replace('/', "~1");
    // RFC 3986's `fragment`, less the slash and the question mark, which need no encoding but never hurt.
    push(out, &escaped, |b| is_unreserved(b) || b"!$&'()*+,;=:@".contains(&b));
}

fn push(out: &mut String, text: &str, keep: fn(u8) -> bool) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if keep(byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn decode(text: &str) -> Result<Cow<'_, str>, BadQuery> {
    if !text.bytes().any(|b| b == b'%' || b == b'+') {
        return Ok(Cow::Borrowed(text));
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let ([high, low], after) = rest.split_first_chunk().ok_or(BadQuery::Percent)?;
                out.push(digit(*high)? << 4 | digit(*low)?);
                rest = after;
            }
            other => out.push(*other),
        }
    }
    String::from_utf8(out).map(Cow::Owned).map_err(|_| BadQuery::NotUtf8)
}

fn digit(byte: u8) -> Result<u8, BadQuery> {
    match byte {
        b'0'..=b'9' => Ok(byte - b'0'),
        b'a'..=b'f' => Ok(byte - b'a' + 10),
        b'A'..=b'F' => Ok(byte - b'A' + 10),
        _ => Err(BadQuery::Percent),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_query_is_split_and_decoded() {
        let read = pairs("a=1&b&&c=x%20y+z&d=%C3%A9=").unwrap();
        let expected = [("a", "1"), ("b", ""), ("c", "x y z"), ("d", "é=")];
        assert_eq!(read.len(), expected.len());
        for (read, expected) in read.iter().zip(expected) {
            assert_eq!((read.0.as_ref(), read.1.as_ref()), expected);
        }
    }

    #[test]
    fn what_cannot_be_decoded_is_refused() {
        for query in ["a=%", "a=%2", "a=%zz", "%=1", "a=%+1"] {
            assert_eq!(pairs(query), Err(BadQuery::Percent), "{query}");
        }
        for query in ["a=%ff", "%C3=1", "a=%ED%A0%80"] {
            assert_eq!(pairs(query), Err(BadQuery::NotUtf8), "{query}");
        }
    }

    #[test]
    fn an_empty_query_allocates_nothing() {
        assert_eq!(pairs("").unwrap().capacity(), 0);
    }

    proptest! {
        #[test]
        fn no_query_panics(query in ".{0,60}", odd in "[%a-f0-9+&=]{0,60}") {
            let _ = (pairs(&query), pairs(&odd));
        }

        #[test]
        fn what_is_encoded_is_decoded_again(name in ".{1,20}", value in ".{0,20}") {
            let mut query = String::new();
            push_encoded(&mut query, &name);
            query.push('=');
            push_encoded(&mut query, &value);
            prop_assert!(query.bytes().all(|b| is_unreserved(b) || b == b'%' || b == b'='));
            let read = pairs(&query).unwrap();
            prop_assert_eq!((read[0].0.as_ref(), read[0].1.as_ref()), (name.as_str(), value.as_str()));
        }
    }
}
