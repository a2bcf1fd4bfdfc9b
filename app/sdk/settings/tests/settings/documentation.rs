//! One file holds defaults and documentation, and says all of it.

use std::collections::BTreeSet;

use crate::Given;

const FILE: &str = include_str!("../../config.default.toml");

/// The keys of a TOML document, read by the TOML parser.
fn leaves(group: &str, table: &toml::Table, into: &mut BTreeSet<String>) {
    for (name, value) in table {
        let key = if group.is_empty() { name.clone() } else { format!("{group}.{name}") };
        match value {
            toml::Value::Table(table) => leaves(&key, table, into),
            _ => assert!(into.insert(key)),
        }
    }
}

#[test]
fn the_file_holds_exactly_the_keys_of_the_schema() {
    let mut in_file = BTreeSet::new();
    leaves("", &FILE.parse().unwrap(), &mut in_file);
    // A key of the schema that the file lacks makes loading fail; one the schema lacks is never declared.
    Given::default().loaded();
    let documented: BTreeSet<_> = settings::keys().into_iter().map(|key| key.name).collect();
    let shown: BTreeSet<_> = Given::default().loaded().show().into_iter().map(|row| row.key).collect();
    assert_eq!(in_file, documented);
    assert_eq!(in_file, shown);
    for key in &in_file {
        // A key that the schema knows takes no value of this kind, or any; one it does not know takes all.
        let errors = Given::default().arguments(&["--set", &format!("{key}x=1")]).refused();
        assert!(errors.to_string().contains(&format!("did you mean {key}?")), "{errors}");
    }
}

#[test]
fn every_key_and_every_table_is_explained_in_sentences() {
    for section in settings::sections() {
        assert!(section.name.is_empty() || section.doc.ends_with('.'), "[{}] {}", section.name, section.doc);
        for key in section.keys {
            assert!(key.doc.ends_with('.'), "{}: {}", key.name, key.doc);
            assert!(key.doc.len() >= 15, "{}: {}", key.name, key.doc);
        }
    }
}

#[test]
fn the_names_that_others_rely_on_are_keys() {
    let keys: BTreeSet<_> = settings::keys().into_iter().map(|key| key.name).collect();
    for name in [
        "env",
        "db.url",
        "db.data_dir",
        "db.max_connections",
        "db.acquire_timeout",
        "db.deadline",
        "web.api_host",
        "web.debug_host",
        "web.drain",
        "web.shutdown",
        "auth.keys_dir",
        "auth.issuer",
        "auth.access_ttl",
        "telemetry.log_format",
        "telemetry.otlp_endpoint",
        "telemetry.sample_ratio",
        "events.nats_url",
        "mail.smtp_url",
        "limits.enabled",
        "media.stores",
    ] {
        assert!(keys.contains(name), "{name}");
    }
}

#[test]
fn the_default_file_is_itself_a_valid_file() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/config.default.toml");
    let loaded = Given::default().file(path).loaded();
    let row = loaded.show().into_iter().find(|row| row.key == "env").unwrap();
    assert_eq!(row.source.to_string(), format!("{path}:3"));
}
