//! A path is routed to the service that serves it.

use serde_json::Value;

use crate::object::{at, items, name};
use crate::{Finding, Overlay, Rule, Served};

/// What every service has for who reads it: problems name their pages.
const EVERYWHERE: &[&str] = &["/docs", "/openapi.json", "/problems"];

pub(crate) fn check(overlay: &Overlay, served: &[Served], findings: &mut Vec<Finding>) {
    // Path, whether all below it are meant, service.
    let mut map: Vec<(&str, bool, &str)> = Vec::new();
    for route in overlay.of("HTTPRoute") {
        for rule in items(route, "/spec/rules") {
            let to = items(rule, "/backendRefs").next().map_or("", |backend| at(backend, "/name"));
            for path in items(rule, "/matches").filter_map(|one| one.get("path")) {
                map.push((at(path, "/value"), at(path, "/type") == "PathPrefix", to));
            }
        }
        let parents: Vec<&Value> = items(route, "/spec/parentRefs").collect();
        let is_heard = parents.iter().all(|parent| {
            let listeners = overlay.get("Gateway", at(parent, "/name"));
            listeners.is_some_and(|gateway| {
                items(gateway, "/spec/listeners").any(|one| at(one, "/name") == at(parent, "/sectionName"))
            })
        });
        if parents.is_empty() || !is_heard {
            let what = "it hangs at no listener of a Gateway".to_owned();
            findings.push(Finding::new(Rule::Route, format!("{}: HTTPRoute/{}", overlay.name, name(route)), what));
        }
    }
    for Served { service, path } in served {
        let to = map
            .iter()
            .filter(|(prefix, below, _)| covers(prefix, *below, path))
            .max_by_key(|(prefix, below, _)| (prefix.len(), !below))
            .map(|(_, _, to)| *to);
        if to != Some(service) {
            let to = to.map_or_else(|| "nowhere".to_owned(), |to| format!("to {to}"));
            let what = format!("{path} leads {to}, and {service} serves it");
            findings.push(Finding::new(Rule::Route, format!("{}: HTTPRoute", overlay.name), what));
        }
    }
    for page in EVERYWHERE.iter().filter(|page| !map.iter().any(|(prefix, below, _)| covers(prefix, *below, page))) {
        let what = format!("{page} leads nowhere, and every service serves it");
        findings.push(Finding::new(Rule::Route, format!("{}: HTTPRoute", overlay.name), what));
    }
    for (prefix, below, to) in &map {
        let is_used = served.iter().any(|one| covers(prefix, *below, &one.path)) || EVERYWHERE.contains(prefix);
        if !to.is_empty() && !is_used {
            let what = format!("{prefix} leads to {to}, and nobody serves it");
            findings.push(Finding::new(Rule::Route, format!("{}: HTTPRoute", overlay.name), what));
        }
    }
}

/// Whole segments count, as in the Gateway API.
fn covers(prefix: &str, below: bool, path: &str) -> bool {
    path == prefix || (below && path.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/')))
}
