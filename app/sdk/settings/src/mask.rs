//! Values as they may be shown.

use crate::value::Raw;

pub(crate) const HIDDEN: &str = "***";

/// A value for a person to read: of a secret only what helps to recognise it, of a URL no password.
pub(crate) fn shown(raw: &Raw, secret: bool) -> String {
    match raw {
        Raw::Text(text) => format!("{:?}", one(text, secret)),
        Raw::List(items) => format!("{:?}", items.iter().map(|item| one(item, secret)).collect::<Vec<_>>()),
        Raw::Other => "a table".to_owned(),
    }
}

/// One text without its secret. Errs on the side of hiding too much.
pub(crate) fn one(text: &str, secret: bool) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return if secret && !text.is_empty() { HIDDEN.to_owned() } else { text.to_owned() };
    };
    // An unescaped password may hold `/`, `?` or `@`: all up to the last `@` counts as credentials.
    let (user, place) = match rest.rsplit_once('@') {
        // Without a `:` the whole may be a token, as NATS takes one.
        Some((credentials, place)) => (credentials.split_once(':').map_or(HIDDEN, |(user, _)| user), Some(place)),
        None => ("", None),
    };
    let place_or_rest = place.unwrap_or(rest);
    // PostgreSQL takes a password in the query too.
    let (address, query) = place_or_rest.split_once('?').map_or((place_or_rest, ""), |(address, _)| (address, "?***"));
    let query = if secret { query } else { &place_or_rest[address.len()..] };
    match place {
        Some(_) => format!("{scheme}://{user}:{HIDDEN}@{address}{query}"),
        None => format!("{scheme}://{address}{query}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_url_shows_where_it_leads_and_no_password() {
        for (text, shown) in [
            ("postgres://app:hunter2@db:5432/films", "postgres://app:***@db:5432/films"),
            ("postgres://app:hun/t@er?2@db/films", "postgres://app:***@db/films"),
            ("postgres://db/films?user=app&password=hunter2", "postgres://db/films?***"),
            ("nats://hunter2@broker:4222", "nats://***:***@broker:4222"),
            ("hunter2", "***"),
            ("", ""),
        ] {
            assert_eq!(one(text, true), shown, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_password_is_shown(password in "[a-z0-9/?#@:%]{4,20}zq") {
            let shown = one(&format!("postgres://app:{password}@db/films"), true);
            prop_assert!(!shown.contains("zq"), "{}", shown);
        }
    }
}
