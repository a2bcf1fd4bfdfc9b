//! Which layer wins.

use std::{fs, time::Duration};

use settings::{ExposeSecret, LogFormat, Source};

use crate::Given;

fn source(loaded: &settings::Loaded, key: &str) -> String {
    loaded.show().into_iter().find(|row| row.key == key).unwrap().source.to_string()
}

#[test]
fn nothing_said_is_the_documented_defaults() {
    let loaded = Given::default().loaded();
    assert_eq!(loaded.settings.web.api_host, "127.0.0.1:3000".parse().unwrap());
    assert_eq!(loaded.settings.web.debug_host, "127.0.0.1:3010".parse().unwrap());
    assert_eq!(loaded.settings.web.drain, Duration::from_secs(5));
    assert_eq!(loaded.settings.web.body_limit.bytes(), 1024 * 1024);
    assert_eq!(loaded.settings.web.workers, None);
    assert_eq!(loaded.settings.telemetry.log_format, LogFormat::Auto);
    assert!(loaded.settings.db.url.is_none());
    assert!(loaded.show().iter().all(|row| row.source == Source::Default));
    assert_eq!(loaded.warnings, Vec::<String>::new());
}

#[test]
fn each_layer_beats_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let (file, dotenv) = (folder.path().join("marquee.toml"), folder.path().join(".env"));
    fs::write(&file, "[web]\ndrain = \"1s\"\nshutdown = \"1s\"\nbody_timeout = \"1s\"\nheader_timeout = \"1s\"\n")
        .unwrap();
    fs::write(&dotenv, "MARQUEE__WEB__SHUTDOWN=2s\nMARQUEE__WEB__BODY_TIMEOUT=2s\nMARQUEE__WEB__HEADER_TIMEOUT=2s\n")
        .unwrap();
    let loaded = Given::default()
        .arguments(&["--web.header_timeout", "4s"])
        .file(&file)
        .dotenv(&dotenv)
        .variables(&[("MARQUEE__WEB__BODY_TIMEOUT", "3s"), ("MARQUEE__WEB__HEADER_TIMEOUT", "3s")])
        .loaded();

    let web = &loaded.settings.web;
    let seconds = [web.keep_alive, web.drain, web.shutdown, web.body_timeout, web.header_timeout].map(|d| d.as_secs());
    assert_eq!(seconds, [75, 1, 2, 3, 4]);
    assert_eq!(source(&loaded, "web.keep_alive"), "default");
    assert_eq!(source(&loaded, "web.drain"), format!("{}:2", file.display()));
    assert_eq!(source(&loaded, "web.shutdown"), ".env MARQUEE__WEB__SHUTDOWN");
    assert_eq!(source(&loaded, "web.body_timeout"), "environment MARQUEE__WEB__BODY_TIMEOUT");
    assert_eq!(source(&loaded, "web.header_timeout"), "flag --web.header_timeout");
}

#[test]
fn a_secret_keeps_every_character() {
    for secret in ["nats://0012345", "nats://1e5", "nats://true", "nats:// spaces , commas ", "nats://\"quoted\""] {
        let loaded = Given::default().variables(&[("MARQUEE__EVENTS__NATS_URL", secret)]).loaded();
        assert_eq!(loaded.settings.events.nats_url.unwrap().expose_secret(), secret);
    }
    for text in ["0012345", "1e5", "true", "0x10"] {
        let loaded = Given::default().variables(&[("MARQUEE__AUTH__AUDIENCE", text)]).loaded();
        assert_eq!(loaded.settings.auth.audience, text);
    }
}

#[test]
fn a_list_is_a_toml_list_or_separated_by_commas() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("marquee.toml");
    fs::write(&file, "web.trusted_proxies = [\"10.0.0.0/8\", \"::1\"]\n").unwrap();
    let from_file = Given::default().file(&file).loaded();
    let from_variable = Given::default().variables(&[("MARQUEE__WEB__TRUSTED_PROXIES", "10.0.0.0/8, ::1")]).loaded();
    assert_eq!(from_file.settings.web.trusted_proxies, from_variable.settings.web.trusted_proxies);
    assert_eq!(from_file.settings.web.trusted_proxies.len(), 2);
    let emptied = Given::default().file(&file).variables(&[("MARQUEE__WEB__TRUSTED_PROXIES", "")]).loaded();
    assert_eq!(emptied.settings.web.trusted_proxies, vec![]);
}

#[test]
fn an_empty_value_unsets_what_a_weaker_layer_set() {
    let loaded =
        Given::default().arguments(&["--db.url="]).variables(&[("MARQUEE__DB__URL", "postgres://db/films")]).loaded();
    assert!(loaded.settings.db.url.is_none());
}

#[test]
fn production_reads_no_dotenv() {
    let folder = tempfile::tempdir().unwrap();
    let dotenv = folder.path().join(".env");
    fs::write(&dotenv, "MARQUEE__WEB__DRAIN=1s\n").unwrap();
    let given = Given::default().dotenv(&dotenv);
    assert_eq!(given.loaded().settings.web.drain, Duration::from_secs(1));
    let production = given.variables(&[("MARQUEE__ENV", "production")]);
    assert_eq!(production.loaded().settings.web.drain, Duration::from_secs(5));
}

#[test]
fn variables_of_other_programs_are_passed_over() {
    // Kubernetes sets MARQUEE_PORT for a Service of this name.
    let loaded = Given::default().variables(&[("MARQUEE_PORT", "tcp://10.0.0.1:80"), ("HOME", "/root")]).loaded();
    assert!(loaded.show().iter().all(|row| row.source == Source::Default));
}
