//! The manifests of the repository keep every rule, and each rule finds the fault that is planted for it.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod compose;
mod faults;
mod tree;

use std::path::Path;

use manifests::{Finding, OVERLAYS, Overlay, Rule, served};
use serde_json::Value;

/// The repository.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The real overlay with a fault in it.
struct Planted(Overlay);

impl Planted {
    fn into(name: &str) -> Self {
        Self(Overlay::read(root(), name).unwrap())
    }

    fn object(&mut self, kind: &str, name: &str) -> &mut Value {
        let objects = self.0.objects.iter_mut();
        let found = objects.filter(|object| object["kind"] == kind).find(|object| {
            // Generated names end with a digest.
            object["metadata"]["name"]
                .as_str()
                .is_some_and(|own| own == name || own.starts_with(&format!("{name}-settings-")))
        });
        found.unwrap_or_else(|| panic!("no {kind} {name}"))
    }

    /// Sets a value, or takes it away with `null`; the place has to be there but for its last part.
    fn set(mut self, kind: &str, name: &str, pointer: &str, value: Value) -> Self {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let parent = self.object(kind, name).pointer_mut(parent).unwrap_or_else(|| panic!("no {pointer}"));
        match (parent, value) {
            (Value::Object(map), Value::Null) => assert!(map.remove(key).is_some(), "{pointer} is not there"),
            (Value::Object(map), value) => assert_ne!(map.insert(key.to_owned(), value.clone()), Some(value)),
            (Value::Array(list), Value::Null) => drop(list.remove(key.parse().unwrap())),
            (Value::Array(list), value) => match key {
                "-" => list.push(value),
                at => list[at.parse::<usize>().unwrap()] = value,
            },
            (other, _) => panic!("{pointer} is in {other}"),
        }
        self
    }

    fn remove(mut self, kind: &str, name: &str) -> Self {
        let before = self.0.objects.len();
        self.0.objects.retain(|object| object["kind"] != kind || object["metadata"]["name"] != name);
        assert_eq!(self.0.objects.len(), before - 1, "{kind} {name}");
        self
    }

    fn findings(&self) -> Vec<Finding> {
        self.0.judge(&served().unwrap())
    }

    /// The fault is found, by its rule, and nothing else is.
    #[track_caller]
    fn comes_out(self, rule: Rule, place: &str, what: &str) {
        comes_out(&self.findings(), rule, place, what);
    }

    /// The fault is found, and what else is found is of its rule, or follows from it.
    #[track_caller]
    fn comes_out_among(self, rule: Rule, place: &str, what: &str) {
        let findings = self.findings();
        let found = findings.iter().any(|one| one.rule == rule && one.place.contains(place) && one.what.contains(what));
        assert!(found, "{rule:?} {place} {what}: {findings:#?}");
        assert!(findings.iter().all(|one| one.rule == rule), "{findings:#?}");
    }
}

#[track_caller]
fn comes_out(findings: &[Finding], rule: Rule, place: &str, what: &str) {
    let [finding] = findings else { panic!("one finding, not {}: {findings:#?}", findings.len()) };
    assert_eq!(finding.rule, rule, "{finding}");
    assert!(finding.place.contains(place) && finding.what.contains(what), "{finding}");
}

#[test]
fn the_manifests_of_the_repository_keep_every_rule() {
    let findings = manifests::check(root()).unwrap();
    assert!(findings.is_empty(), "{findings:#?}");
}

#[test]
fn every_program_is_deployed_by_every_overlay_and_has_a_part_in_compose() {
    let services: Vec<String> = std::fs::read_dir(root().join("app/services"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name != "platform")
        .collect();
    assert!(services.len() >= 3, "{services:?}");
    let compose = manifests::Compose::read(root()).unwrap();
    for service in services {
        for name in OVERLAYS {
            let overlay = Overlay::read(root(), name).unwrap();
            let is_there =
                overlay.objects.iter().any(|one| one["kind"] == "Deployment" && one["metadata"]["name"] == service);
            assert!(is_there, "{name} has no Deployment {service}");
        }
        assert!(compose.file["services"].get(&service).is_some(), "compose has no {service}");
    }
}
