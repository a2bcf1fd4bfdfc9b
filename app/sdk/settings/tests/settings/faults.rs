//! What is wrong is said at once, all of it.

use std::{ffi::OsString, fs, os::unix::ffi::OsStringExt as _};

use crate::Given;

#[test]
fn every_fault_is_listed_with_its_source_and_what_is_right() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("marquee.toml");
    fs::write(
        &file,
        "[web]\napi_host = \"localhost\"\n\n[web.cors]\nallowed_origins = [\"*\"]\n[limits]\nenabled = \"maybe\"\nburst = 2.5\n",
    )
    .unwrap();
    let errors = Given::default()
        .arguments(&["--set", "web.drain=5", "--db.min_connections", "11", "--telemetry.sample-ratio=1.5"])
        .file(&file)
        .variables(&[
            ("MARQUEE__DB__URL", "mysql://root:hunter2@db/films"),
            ("MARQUEE__DB__MAX_CONNECTIONS", "-1"),
            ("MARQUEE__WEB__API_HSOT", "hunter2"),
            ("MARQUEE__WEB", "x"),
            ("MARQUEE__ENV", "prod"),
            ("MARQUEE__TELEMETRY__LOG_FILTER", "inof"),
            ("MARQUEE__AUTH__ACCESS_TTL", "250ms"),
        ])
        .refused();
    let text = errors.to_string().replace(&folder.path().display().to_string(), "");
    insta::assert_snapshot!(text, @r#"
        14 settings are wrong
          auth.access_ttl = "250ms" (environment MARQUEE__AUTH__ACCESS_TTL): expected at least 1s
          db.max_connections = "-1" (environment MARQUEE__DB__MAX_CONNECTIONS): expected a whole number
          db.min_connections = "11" (flag --db.min_connections): expected at most db.max_connections
          db.url = "mysql://root:***@db/films" (environment MARQUEE__DB__URL): expected postgres://user:password@host:port/database
          env = "prod" (environment MARQUEE__ENV): expected development or production
          limits.burst = "2.5" (/marquee.toml:8): expected a whole number
          limits.enabled = "maybe" (/marquee.toml:7): expected true or false
          telemetry.log_filter = "inof" (environment MARQUEE__TELEMETRY__LOG_FILTER): expected a level (off, error, warn, info, debug, trace), or directives such as info,sqlx=debug
          telemetry.sample_ratio = "1.5" (flag --telemetry.sample_ratio): expected 0 to 1
          web (environment MARQUEE__WEB): a group of keys, not a key
          web.api_host = "localhost" (/marquee.toml:2): expected an address with a port, such as 127.0.0.1:3000 or [::1]:3000
          web.api_hsot (environment MARQUEE__WEB__API_HSOT): unknown key, did you mean web.api_host?
          web.cors.allowed_origins = ["*"] (/marquee.toml:5): expected exact origins such as https://shop.example.com, no path, no *
          web.drain = "5" (flag --set web.drain): expected a duration such as 250ms, 5s, 15m, 2h or 1d
        "#);
}

#[test]
fn a_misspelt_key_is_told_its_right_name() {
    for (wrong, right) in [
        ("web.api-host", "web.api_host"),
        ("web.apihost", "web.api_host"),
        ("db.ulr", "db.url"),
        ("database.url", ""),
        ("telemetry.otlp_endpont", "telemetry.otlp_endpoint"),
        ("Web.Drain", "web.drain"),
        ("..", ""),
        ("[", ""),
    ] {
        let errors = Given::default().arguments(&["--set", &format!("{wrong}=hunter2")]).refused();
        let hint = format!("did you mean {right}?");
        assert_eq!(errors.faults().len(), 1, "{errors}");
        assert_eq!(errors.to_string().contains(&hint), !right.is_empty(), "{errors}");
        assert!(!errors.to_string().contains("hunter2"), "{errors}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named_without_its_text() {
    let folder = tempfile::tempdir().unwrap();
    let errors = Given::default().file(folder.path().join("absent.toml")).refused();
    assert!(errors.to_string().contains("absent.toml"), "{errors}");
    assert!(errors.to_string().contains("cannot be read"), "{errors}");

    let broken = folder.path().join("broken.toml");
    fs::write(&broken, "env = \"development\"\ndb.url = \"postgres://app:hunter2@db\n").unwrap();
    let errors = Given::default().file(&broken).refused();
    assert!(errors.to_string().contains("broken.toml:2"), "{errors}");
    assert!(!errors.to_string().contains("hunter2"), "{errors}");
}

#[test]
fn a_dotenv_with_a_broken_line_is_named_without_its_text() {
    let folder = tempfile::tempdir().unwrap();
    let dotenv = folder.path().join(".env");
    fs::write(&dotenv, "MARQUEE__WEB__DRAIN=1s\nMARQUEE__DB__URL 'postgres://app:hunter2@db\n").unwrap();
    let errors = Given::default().dotenv(&dotenv).refused();
    assert!(errors.to_string().contains(".env"), "{errors}");
    assert!(!errors.to_string().contains("hunter2"), "{errors}");
}

#[test]
fn dotenv_cannot_declare_production() {
    let folder = tempfile::tempdir().unwrap();
    let dotenv = folder.path().join(".env");
    fs::write(&dotenv, "MARQUEE__ENV=production\n").unwrap();
    let errors = Given::default().dotenv(&dotenv).refused();
    assert_eq!(errors.faults().len(), 1, "{errors}");
    assert_eq!(errors.faults()[0].key, "env");
}

#[test]
fn a_variable_that_is_no_text_is_refused_rather_than_bent() {
    let mut given = Given::default();
    given.sources.environment.push(("MARQUEE__DB__URL".into(), OsString::from_vec(vec![b'p', 0xff])));
    let errors = given.refused();
    assert!(errors.to_string().contains("MARQUEE__DB__URL"), "{errors}");
}

#[test]
fn the_two_listeners_need_two_addresses() {
    for (api, debug, apart) in [
        ("127.0.0.1:3000", "127.0.0.1:3000", false),
        ("0.0.0.0:3000", "127.0.0.1:3000", false),
        ("127.0.0.1:3000", "127.0.0.2:3000", true),
        ("127.0.0.1:0", "127.0.0.1:0", true),
    ] {
        let loaded = Given::default().arguments(&["--web.api_host", api, "--web.debug_host", debug]).load();
        assert_eq!(loaded.is_ok(), apart, "{api} {debug}");
    }
}

#[test]
fn an_origin_is_exact() {
    for (origin, exact) in [
        ("https://shop.example.com", true),
        ("http://[::1]:8080", true),
        ("*", false),
        ("null", false),
        ("https://*.example.com", false),
        ("https://shop.example.com/", false),
        ("https://Shop.example.com", false),
        ("ftp://shop.example.com", false),
    ] {
        let loaded = Given::default().variables(&[("MARQUEE__WEB__CORS__ALLOWED_ORIGINS", origin)]).load();
        assert_eq!(loaded.is_ok(), exact, "{origin}");
    }
}

#[test]
fn another_service_is_named_by_a_url_that_holds_no_secret() {
    for (url, right) in [
        ("", true),
        ("http://127.0.0.1:3000", true),
        ("https://accounts.internal/api", true),
        ("accounts.internal", false),
        ("ftp://accounts.internal", false),
        ("https://", false),
        ("https://user:hunter2@accounts.internal", false),
        ("https://accounts.internal/?a=b", false),
        ("https://accounts.internal/#a", false),
    ] {
        let loaded = Given::default().arguments(&["--set", &format!("peers.accounts_url={url}")]).load();
        assert_eq!(loaded.is_ok(), right, "{url}");
    }
    let errors = Given::default().arguments(&["--set", "peers.deadline=0s"]).refused();
    assert_eq!(errors.faults()[0].key, "peers.deadline");
}

#[test]
fn production_refuses_what_only_development_may_do() {
    for (key, value) in [
        ("web.trusted_proxies", "10.0.0.0/8,::/0"),
        ("auth.access_ttl", "2h"),
        ("web.cors.allowed_origins", "http://localhost:5173"),
    ] {
        let set = format!("{key}={value}");
        Given::default().arguments(&["--set", &set]).loaded();
        let errors = Given::default().arguments(&["--set", &set, "--env", "production"]).refused();
        assert_eq!(errors.faults().len(), 1, "{errors}");
        assert_eq!(errors.faults()[0].key, key);
    }
}

#[test]
fn what_a_program_refuses_beside_the_rules_is_told_together_with_what_breaks_them_with_its_source_and_masked() {
    let given = Given::default()
        .arguments(&["--mail.smtp_url", "smtp://user:hunter2@relay"])
        .variables(&[("MARQUEE__EVENTS__NATS_URL", "http://broker"), ("MARQUEE__DB__DEADLINE", "soon")]);
    let refused = |_: &settings::Settings| {
        let another = |what: &str| format!("another {what}");
        vec![("mail.smtp_url", another("relay")), ("events.nats_url", another("broker"))]
    };
    let errors = settings::load_for(&given.sources, refused).unwrap_err();
    insta::assert_snapshot!(errors, @r#"
        3 settings are wrong
          db.deadline = "soon" (environment MARQUEE__DB__DEADLINE): expected a duration such as 250ms, 5s, 15m, 2h or 1d
          events.nats_url = "http://broker" (environment MARQUEE__EVENTS__NATS_URL): expected nats://host:4222 or tls://host:4222
          mail.smtp_url = "smtp://user:***@relay" (flag --mail.smtp_url): expected another relay
        "#);
}

#[test]
fn production_warns_of_what_it_was_not_told() {
    let bare = Given::default().variables(&[("MARQUEE__ENV", "production")]).loaded();
    assert_eq!(bare.warnings.len(), 3, "{:?}", bare.warnings);
    let told = Given::default()
        .arguments(&["--env=production", "--db.url=postgres://app:hunter2@db/films"])
        .variables(&[
            ("MARQUEE__AUTH__ISSUER", "https://api.example.com"),
            ("MARQUEE__AUTH__KEYS_DIR", "/keys"),
            ("MARQUEE__WEB__DEBUG_HOST", "0.0.0.0:3010"),
            ("MARQUEE__LIMITS__ENABLED", "false"),
        ])
        .loaded();
    insta::assert_snapshot!(told.warnings.join("\n"), @r#"
        db.url is given as a flag, which every user of this machine can read
        limits.enabled is false in production: nothing slows down who guesses passwords
        web.debug_host is not a loopback address: keep it inside the cluster's network
        "#);
}
