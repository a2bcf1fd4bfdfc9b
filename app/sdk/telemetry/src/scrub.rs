//! The last line of defence: masks what must never be recorded, by the name of a field or the shape of its text.

use std::borrow::Cow;

pub(crate) const HIDDEN: &str = "***";

/// Whether a field of this name is never recorded, whatever it holds.
pub(crate) fn is_private(name: &str) -> bool {
    matches!(
        &*last_word(name),
        "password"
            | "passwd"
            | "secret"
            | "token"
            | "authorization"
            | "cookie"
            | "email"
            | "mail"
            | "body"
            | "signature"
    )
}

/// The last word of a name in lower case: of `refresh_token`, `refresh-token`, `refreshToken` it is `token`.
pub(crate) fn last_word(name: &str) -> Cow<'_, str> {
    // Bytes, since this is asked of every field of every line.
    let last = name.bytes().rposition(|byte| matches!(byte, b'.' | b'_' | b'-'));
    let word = last.and_then(|last| name.get(last + 1..)).unwrap_or(name);
    if !word.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Cow::Borrowed(word);
    }
    let humps = word
        .as_bytes()
        .windows(2)
        .rposition(|pair| matches!(pair, [a, b] if a.is_ascii_lowercase() && b.is_ascii_uppercase()));
    let word = humps.and_then(|before| word.get(before + 1..)).unwrap_or(word);
    Cow::Owned(word.to_ascii_lowercase())
}

/// The text without mail addresses, credentials in URLs, bearer credentials and JWTs.
#[must_use]
pub fn text(text: &str) -> Cow<'_, str> {
    let suspicious = text.contains('@') || text.contains("eyJ") || text.contains("earer ") || text.contains("asic ");
    if !suspicious {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut credentials_follow = false;
    for piece in text.split_inclusive(is_boundary) {
        let word = piece.trim_end_matches(is_boundary);
        let hidden = mask(word, credentials_follow);
        if !word.is_empty() {
            let scheme = word.rsplit(['=', ':']).next().unwrap_or(word);
            credentials_follow = scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("basic");
        }
        clean.push_str(&hidden);
        clean.push_str(&piece[word.len()..]);
    }
    Cow::Owned(clean)
}

fn is_boundary(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '"' | '\'' | '`' | '(' | ')' | '<' | '>' | '{' | '}' | ',' | ';')
}

fn mask(word: &str, credentials: bool) -> Cow<'_, str> {
    if credentials && !word.is_empty() {
        return Cow::Borrowed(HIDDEN);
    }
    if let Some(start) = word.find("eyJ") {
        return Cow::Owned(format!("{}{HIDDEN}", &word[..start]));
    }
    match word.rsplit_once('@') {
        Some((before, place)) if !before.is_empty() && !place.is_empty() => match before.split_once("://") {
            Some((scheme, _)) => Cow::Owned(format!("{scheme}://{HIDDEN}@{place}")),
            None => Cow::Borrowed(HIDDEN),
        },
        _ => Cow::Borrowed(word),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_private_is_masked_and_the_rest_is_kept() {
        for (given, kept) in [
            ("no rows returned", "no rows returned"),
            ("Key (email)=(ada@example.com) already exists", "Key (email)=(***) already exists"),
            ("cannot reach postgres://app:hunter2@db:5432/films", "cannot reach postgres://***@db:5432/films"),
            ("Authorization: Bearer eyJhbGciOi.eyJzdWIi.c2ln", "Authorization: Bearer ***"),
            ("authorization=bearer  abc123", "authorization=bearer  ***"),
            ("token=eyJhbGciOi.eyJzdWIi.c2ln rejected", "token=*** rejected"),
            ("Basic YTpi", "Basic ***"),
            ("at 10 @ noon, @home", "at 10 @ noon, @home"),
        ] {
            assert_eq!(text(given), kept, "{given}");
        }
    }

    #[test]
    fn names_of_private_fields_are_known_by_their_last_word() {
        for name in [
            "password",
            "new_password",
            "user.email",
            "refresh_token",
            "http.request.body",
            "cookie",
            "refresh-token",
            "refreshToken",
            "Token",
            "TOKEN",
            "X-Amz-Signature",
        ] {
            assert!(is_private(name), "{name}");
        }
        for name in ["status", "token_count", "body_bytes", "user_id", "route", "tokenCount", "Body-Bytes"] {
            assert!(!is_private(name), "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_address_survives_in_any_surrounding(before in "[^a-z@]{0,8}", after in "[^a-z@.]{0,8}") {
            let given = format!("{before}ada@example.com{after}");
            prop_assert!(!text(&given).contains("ada@"), "{}", text(&given));
        }
    }
}
