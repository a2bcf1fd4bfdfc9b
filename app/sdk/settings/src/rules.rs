//! Rules that one value alone cannot break, and what production refuses.

use std::time::Duration;

use secrecy::ExposeSecret;

use crate::{
    errors::Fault,
    layer::{Source, Values},
    reference,
    schema::{Environment, Live, Settings},
};

/// Checks every rule; each that is broken is a fault of its key, and so is what the program refuses beside them.
pub(crate) fn check(settings: &Settings, values: &Values, refused: &[(&'static str, String)], faults: &mut Vec<Fault>) {
    let mut rules = Rules { values, faults };
    database(settings, &mut rules);
    web(settings, &mut rules);
    others(settings, &mut rules);
    if settings.env == Environment::Production {
        production(settings, &mut rules);
    }
    for (key, expected) in refused {
        rules.require(key, false, expected);
    }
}

/// What is allowed, and yet somebody should know.
pub(crate) fn warnings(settings: &Settings, values: &Values) -> Vec<String> {
    let mut warnings: Vec<String> = reference::keys()
        .iter()
        .filter(|key| key.secret)
        .filter_map(|key| match &values.get(&key.name)?.source {
            Source::Flag(_) => {
                Some(format!("{} is given as a flag, which every user of this machine can read", key.name))
            }
            _ => None,
        })
        .collect();
    if settings.env == Environment::Production {
        for (key, meaning) in [
            ("auth.issuer", "tokens name a development address as their issuer"),
            ("auth.keys_dir", "signing keys are taken from the development folder"),
        ] {
            if !values.is_set(key) {
                warnings.push(format!("{key} is not set in production: {meaning}"));
            }
        }
        if settings.db.url.is_none() && settings.db.data_dir.is_none() {
            warnings
                .push("neither db.url nor db.data_dir is set in production: data is in a private cluster".to_owned());
        }
        if !settings.limits.enabled {
            warnings.push("limits.enabled is false in production: nothing slows down who guesses passwords".to_owned());
        }
        if !settings.web.debug_host.ip().is_loopback() {
            warnings.push("web.debug_host is not a loopback address: keep it inside the cluster's network".to_owned());
        }
    }
    warnings
}

struct Rules<'a> {
    values: &'a Values,
    faults: &'a mut Vec<Fault>,
}

impl Rules<'_> {
    fn require(&mut self, key: &str, holds: bool, expected: &str) {
        let reported = self.faults.iter().any(|fault| fault.key == key);
        let Some(entry) = self.values.get(key).filter(|_| !holds && !reported) else {
            return;
        };
        let secret = reference::keys().iter().any(|known| known.name == key && known.secret);
        self.faults.push(Fault {
            key: key.to_owned(),
            value: Some(entry.shown(secret)),
            source: entry.source.clone(),
            expected: format!("expected {expected}"),
        });
    }
}

fn database(settings: &Settings, rules: &mut Rules<'_>) {
    let db = &settings.db;
    let postgres = db.url.as_ref().is_none_or(|url| has_scheme(url.expose_secret(), &["postgres", "postgresql"]));
    rules.require("db.url", postgres, "postgres://user:password@host:port/database");
    rules.require("db.max_connections", db.max_connections >= 1, "at least 1");
    rules.require("db.min_connections", db.min_connections <= db.max_connections, "at most db.max_connections");
    for (key, duration) in [
        ("db.max_lifetime", db.max_lifetime),
        ("db.idle_timeout", db.idle_timeout),
        ("db.acquire_timeout", db.acquire_timeout),
        ("db.deadline", db.deadline),
    ] {
        rules.require(key, !duration.is_zero(), "more than nothing");
    }
}

fn web(settings: &Settings, rules: &mut Rules<'_>) {
    let web = &settings.web;
    let apart = web.debug_host.port() != web.api_host.port()
        || web.debug_host.port() == 0
        || (web.debug_host.ip() != web.api_host.ip()
            && !web.debug_host.ip().is_unspecified()
            && !web.api_host.ip().is_unspecified());
    rules.require("web.debug_host", apart, "another address than web.api_host");
    let token = web.debug_token.as_ref().is_none_or(|token| is_token(token.expose_secret()));
    rules.require("web.debug_token", token, "16 characters or more of A-Z a-z 0-9 - . _ ~ + / =");
    rules.require("web.body_limit", web.body_limit.bytes() >= 1, "at least 1B");
    rules.require("web.max_in_flight", web.max_in_flight >= 1, "at least 1");
    for (key, duration) in [
        ("web.shutdown", web.shutdown),
        ("web.body_timeout", web.body_timeout),
        ("web.header_timeout", web.header_timeout),
    ] {
        rules.require(key, !duration.is_zero(), "more than nothing");
    }
    let origins = web.cors.allowed_origins.iter().all(|origin| is_origin(origin));
    rules.require("web.cors.allowed_origins", origins, "exact origins such as https://shop.example.com, no path, no *");
}

fn others(settings: &Settings, rules: &mut Rules<'_>) {
    const HTTP: [&str; 2] = ["http", "https"];
    let auth = &settings.auth;
    rules.require("auth.issuer", has_scheme(&auth.issuer, &HTTP) && !auth.issuer.contains('@'), "an http or https URL");
    rules.require("auth.audience", !auth.audience.is_empty(), "a name");
    // Tokens carry whole seconds.
    rules.require("auth.access_ttl", auth.access_ttl >= Duration::from_secs(1), "at least 1s");
    let telemetry = &settings.telemetry;
    let collector = telemetry.otlp_endpoint.as_ref().is_none_or(|url| has_scheme(url, &HTTP) && !url.contains('@'));
    rules.require("telemetry.otlp_endpoint", collector, "an http or https URL without credentials");
    rules.require("telemetry.sample_ratio", (0.0..=1.0).contains(&telemetry.sample_ratio), "0 to 1");
    rules.require("limits.per_second", settings.limits.per_second >= 1, "at least 1");
    rules.require("limits.burst", settings.limits.burst >= 1, "at least 1");
    let nats = settings.events.nats_url.as_ref();
    let nats = nats.is_none_or(|url| has_scheme(url.expose_secret(), &["nats", "tls"]));
    rules.require("events.nats_url", nats, "nats://host:4222 or tls://host:4222");
    let peers = &settings.peers;
    let accounts =
        peers.accounts_url.as_ref().is_none_or(|url| has_scheme(url, &HTTP) && !url.contains(['@', '?', '#']));
    rules.require("peers.accounts_url", accounts, "an http or https URL without credentials");
    rules.require("peers.deadline", !peers.deadline.is_zero(), "more than nothing");
    let smtp = settings.mail.smtp_url.as_ref();
    let smtp = smtp.is_none_or(|url| has_scheme(url.expose_secret(), &["smtp", "smtps"]));
    rules.require("mail.smtp_url", smtp, "smtps://host:465 or smtp://host:25");
    let stores = settings.media.stores.iter().all(|store| store.expose_secret().contains("://"));
    rules.require("media.stores", stores, "URLs such as file:///path or s3://bucket");
    let media = &settings.media;
    // S3 takes 10,000 parts of a file, each of 5 MiB here.
    let storable = (1..=48 << 30).contains(&media.max_size.bytes());
    rules.require("media.max_size", storable, "1B to 48GiB");
    // Links carry whole seconds.
    let lifetime = (Duration::from_secs(1)..=Duration::from_hours(7 * 24)).contains(&media.link_lifetime);
    rules.require("media.link_lifetime", lifetime, "1s to 7d");
    rules.require("media.uploads", (1..=1000).contains(&media.uploads), "1 to 1000");
    rules.require("media.store_timeout", !media.store_timeout.is_zero(), "more than nothing");
    live(&settings.live, rules);
}

fn live(live: &Live, rules: &mut Rules<'_>) {
    let counts = [
        ("live.max_connections", live.max_connections),
        ("live.max_per_user", live.max_per_user),
        ("live.max_per_address", live.max_per_address),
        ("live.max_per_topic", live.max_per_topic),
        ("live.queue", live.queue),
        ("live.replay", live.replay),
    ];
    for (key, count) in counts {
        rules.require(key, (1..=10_000_000).contains(&count), "1 to 10000000");
    }
    rules.require("live.topics", (1..=1000).contains(&live.topics), "1 to 1000");
    rules.require("live.memory", (1..=1_000_000).contains(&live.memory), "1 to 1000000");
    rules.require("live.ping", live.ping >= Duration::from_millis(100), "100ms or more");
    rules.require("live.idle", live.idle > live.ping, "more than live.ping");
    rules.require("live.max_message", (1024..=1 << 20).contains(&live.max_message.bytes()), "1KiB to 1MiB");
    rules.require("live.messages_per_second", (1..=10_000).contains(&live.messages_per_second), "1 to 10000");
}

fn production(settings: &Settings, rules: &mut Rules<'_>) {
    let forgeable = settings.web.trusted_proxies.iter().any(|network| network.is_everything());
    rules.require("web.trusted_proxies", !forgeable, "the proxies' own networks: in production not everybody is one");
    let short = settings.auth.access_ttl <= Duration::from_secs(3600);
    rules.require("auth.access_ttl", short, "at most 1h in production");
    let plain = |origin: &String| origin.starts_with("http://");
    let tls = !settings.web.cors.allowed_origins.iter().any(plain);
    rules.require("web.cors.allowed_origins", tls, "https origins in production");
}

fn has_scheme(url: &str, schemes: &[&str]) -> bool {
    url.split_once("://").is_some_and(|(scheme, rest)| schemes.contains(&scheme) && !rest.is_empty())
}

/// A token that a header can carry (RFC 6750, section 2.1), and that nobody guesses.
fn is_token(text: &str) -> bool {
    text.len() >= 16 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte))
}

/// RFC 6454: scheme, host, port, and nothing after it.
fn is_origin(text: &str) -> bool {
    let Some((scheme, authority)) = text.split_once("://") else {
        return false;
    };
    let known = matches!(scheme, "http" | "https");
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | ':' | '[' | ']');
    known && !authority.is_empty() && authority.chars().all(plain)
}
