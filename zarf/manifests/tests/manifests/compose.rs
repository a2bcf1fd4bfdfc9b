//! One planted fault a rule, each in the real compose file.

use manifests::{Compose, Overlay, Rule};
use serde_json::{Value, json};

use crate::{comes_out, root};

#[track_caller]
fn planted(pointer: &str, value: Value, rule: Rule, what: &str) {
    let mut compose = Compose::read(root()).unwrap();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let map = compose.file.pointer_mut(parent).and_then(Value::as_object_mut).unwrap_or_else(|| panic!("no {pointer}"));
    match value {
        Value::Null => assert!(map.remove(key).is_some(), "{pointer} is not there"),
        value => drop(map.insert(key.to_owned(), value)),
    }
    comes_out(&compose.judge(), rule, "zarf/compose/compose.yaml: orders", what);
}

#[test]
fn each_rule_finds_the_fault_that_is_planted_for_it() {
    planted(
        "/services/orders/environment/MARQUEE__WEB__DEBUG_HOTS",
        json!("x"),
        Rule::Settings,
        "did you mean web.debug_host",
    );
    planted("/services/orders/environment/MARQUEE__ENV", json!("staging"), Rule::Settings, "env");
    planted("/services/orders/secrets", Value::Null, Rule::Settings, "no secret is mounted");
    planted(
        "/services/orders/environment/MARQUEE__PAYMENTS__PROVIDER_KEY",
        json!("hunter2"),
        Rule::Secret,
        "PROVIDER_KEY is secret",
    );
    planted("/services/orders/read_only", Value::Null, Rule::Restricted, "read_only");
    planted("/services/orders/cap_add", json!(["NET_ADMIN"]), Rule::Restricted, "cap_drop");
    planted("/services/orders/security_opt", json!([]), Rule::Restricted, "no-new-privileges");
    planted("/services/orders/network_mode", json!("host"), Rule::Restricted, "network of the host");
    planted("/services/orders/ports", json!(["3000:3000"]), Rule::Restricted, "3000:3000");
    planted("/services/orders/image", json!("marquee/orders:latest"), Rule::Image, "latest");
    planted("/services/orders/stop_grace_period", json!("27s"), Rule::Grace, "killed after 27 s");
    planted("/services/orders/depends_on/migrate/condition", json!("service_started"), Rule::Order, "migrations");
    planted(
        "/services/orders/depends_on/cache",
        json!({ "condition": "service_started" }),
        Rule::Reference,
        "no service cache",
    );
}

#[test]
fn migrations_wait_for_the_database() {
    let mut compose = Compose::read(root()).unwrap();
    compose.file["services"]["migrate"]["depends_on"]["postgres"]["condition"] = json!("service_started");
    comes_out(&compose.judge(), Rule::Order, "migrate", "database");
}

#[test]
fn a_secret_that_is_mounted_from_nowhere() {
    let mut compose = Compose::read(root()).unwrap();
    compose.file["services"]["postgres"]["secrets"][0]["source"] = json!("password");
    comes_out(&compose.judge(), Rule::Reference, "postgres", "secrets has no password");
}

#[test]
fn an_image_that_is_another_version_in_kubernetes() {
    let mut compose = Compose::read(root()).unwrap();
    let dev = Overlay::read(root(), "dev").unwrap();
    assert_eq!(compose.compare(&dev), []);
    for (service, image) in [("postgres", "docker.io/library/postgres"), ("nats", "docker.io/library/nats")] {
        let before = compose.file["services"][service]["image"].clone();
        compose.file["services"][service]["image"] = json!(format!("{image}:1"));
        comes_out(&compose.compare(&dev), Rule::Image, service, "is 1 here");
        compose.file["services"][service]["image"] = before;
    }
}
