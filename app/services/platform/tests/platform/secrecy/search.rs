//! What was said or kept, searched for secrets however they are written.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use crate::shop::Shop;

/// What was said or kept, by the place.
#[derive(Default)]
pub(crate) struct Told(BTreeMap<String, String>);

/// A secret that was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Leak {
    pub(crate) place: String,
    pub(crate) secret: String,
    /// How it was written, and what stands around it.
    pub(crate) found: String,
}

impl Told {
    /// What was said at one place.
    pub(crate) fn of(place: &str, text: String) -> Self {
        Self(BTreeMap::from([(place.to_owned(), text)]))
    }

    /// Adds what was said at a place.
    pub(crate) fn add(&mut self, place: &str, text: &str) {
        let said = self.0.entry(place.to_owned()).or_default();
        said.push('\n');
        said.push_str(text);
    }

    /// Adds every row of every table, each under `table` and its name.
    pub(crate) fn add_tables(&mut self, shop: &Shop) {
        const TABLES: &str = "
            SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables
            WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')";
        for table in shop.rows(TABLES) {
            let rows = shop.rows(&format!("SELECT to_jsonb(row)::text FROM {table} row"));
            self.add(&format!("table {}", table.trim_start_matches("public.")), &rows.join("\n"));
        }
    }

    /// Leaves a place out.
    pub(crate) fn without(mut self, place: &str) -> Self {
        self.0.remove(place).expect(place);
        self
    }

    /// The text of a place.
    pub(crate) fn at(&self, place: &str) -> &str {
        self.0.get(place).expect(place)
    }

    /// The places.
    pub(crate) fn places(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Where which of the secrets is.
    pub(crate) fn leaks(&self, secrets: &[&str]) -> Vec<Leak> {
        let mut leaks = Vec::new();
        for (place, text) in &self.0 {
            for secret in secrets {
                let found = forms(secret).into_iter().find_map(|form| text.find(&form).map(|at| (form, at)));
                if let Some((form, at)) = found {
                    let around = text.floor_char_boundary(at.saturating_sub(200))..text.ceil_char_boundary(at + 200);
                    let found = format!("as {form}:\n{}", &text[around]);
                    leaks.push(Leak { place: place.clone(), secret: (*secret).to_owned(), found });
                }
            }
        }
        leaks
    }

    /// Fails if a secret is anywhere.
    #[track_caller]
    pub(crate) fn assert_keeps(&self, secrets: &[&str]) {
        let leaks = self.leaks(secrets);
        assert!(leaks.is_empty(), "{leaks:#?}");
    }
}

/// How a secret may look on its way out.
pub(crate) fn forms(secret: &str) -> Vec<String> {
    let json = serde_json::to_string(secret).unwrap();
    let json = json.trim_matches('"').to_owned();
    let mut forms = vec![
        secret.to_owned(),
        percent_encoded(secret),
        percent_encoded(secret).replace("%20", "+"),
        // As text within text, too.
        serde_json::to_string(&json).unwrap().trim_matches('"').to_owned(),
        json,
    ];
    let mut bytes = vec![secret.as_bytes().to_vec()];
    // Of a token the bytes that it is made from.
    bytes.extend(URL_SAFE_NO_PAD.decode(secret).ok().filter(|decoded| decoded.len() >= 16));
    for bytes in bytes {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        forms.extend([hex.to_uppercase(), hex, format!("{bytes:?}").trim_matches(['[', ']']).to_owned()]);
        // Base64 of a longer text holds one of three forms of a part of it, by where the part begins.
        for lead in 0..3 {
            let text = [&[0, 0, 0][..lead], &bytes].concat();
            for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
                let encoded = engine.encode(&text);
                let (first, last) = ([0, 2, 3][lead], text.len() / 3 * 4);
                forms.push(encoded[first..last].to_owned());
            }
        }
    }
    forms
}

/// RFC 3986, section 2.1.
pub(crate) fn percent_encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

#[test]
fn a_secret_is_found_however_it_is_written() {
    let secret = "canary/\"say\"+friend?~";
    let nested = serde_json::json!({ "body": serde_json::json!({ "password": secret }).to_string() }).to_string();
    for written in [
        secret.to_owned(),
        format!("{:?}", Some(secret)),
        serde_json::json!({ "password": secret }).to_string(),
        nested,
        format!("password={}&", percent_encoded(secret)),
        STANDARD_NO_PAD.encode(format!("user:{secret}")),
        URL_SAFE_NO_PAD.encode(format!("a user:{secret}")),
        secret.bytes().map(|byte| format!("{byte:02X}")).collect(),
        secret.bytes().map(|byte| format!("{byte:02x}")).collect(),
        format!("{:?}", secret.as_bytes()),
    ] {
        assert_eq!(Told::of("here", format!("before {written} after")).leaks(&[secret]).len(), 1, "{written}");
    }
    let token = URL_SAFE_NO_PAD.encode([7; 32]);
    assert_eq!(Told::of("here", format!("\\x{}", "07".repeat(32))).leaks(&[&token]).len(), 1);
    assert_eq!(Told::of("here", "canary/say".to_owned()).leaks(&[secret]), []);
}
