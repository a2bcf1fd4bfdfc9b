//! What a change of an OpenAPI document means for the clients of the old one.

use serde_json::{Map, Value};

use super::Change;
use super::schema::Schemas;

/// Methods of a path item.
const METHODS: &[&str] = &["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Every difference that a client may notice, in the order of the old document.
pub(super) fn changes(old: &Value, new: &Value) -> Vec<Change> {
    let mut comparison = Comparison { schemas: Schemas::new(old, new), old, new, found: Vec::new() };
    comparison.paths();
    let mut found = comparison.found;
    found.extend(comparison.schemas.found);
    found
}

struct Comparison<'a> {
    old: &'a Value,
    new: &'a Value,
    schemas: Schemas<'a>,
    found: Vec<Change>,
}

/// An operation in both documents.
#[derive(Clone, Copy)]
struct Both<'n, 'a> {
    name: &'n str,
    place: &'n [String],
    old: &'a Value,
    new: &'a Value,
}

impl<'a> Comparison<'a> {
    fn report(&mut self, breaks: bool, place: &[String], what: String) {
        self.found.push(Change { breaks, place: place.to_vec(), what });
    }

    fn paths(&mut self) {
        for (path, item) in members(&self.old["paths"]) {
            let place = steps(&[], &["paths", path]);
            let Some(present) = self.new["paths"].get(path) else {
                self.report(true, &place, format!("the path {path} is gone"));
                continue;
            };
            for (method, operation) in operations(item) {
                let name = format!("{} {path}", method.to_uppercase());
                let place = steps(&place, &[method]);
                match present.get(method) {
                    None => self.report(true, &place, format!("{name} is gone")),
                    Some(now) => self.operation(Both { name: &name, place: &place, old: operation, new: now }),
                }
            }
        }
        for (path, item) in members(&self.new["paths"]) {
            let before = &self.old["paths"][path];
            for (method, _) in operations(item).filter(|(method, _)| before.get(method).is_none()) {
                self.report(false, &steps(&[], &["paths"]), format!("{} {path} is new", method.to_uppercase()));
            }
        }
    }

    fn operation(&mut self, both: Both<'_, 'a>) {
        self.security(both);
        self.parameters(both);
        self.body(both);
        self.responses(both);
    }

    fn security(&mut self, both: Both<'_, 'a>) {
        // An empty list, and an empty requirement in it, let in whoever has no credentials.
        let is_open = |operation: &Value| {
            let needs = operation["security"].as_array();
            needs.is_none_or(|needs| {
                needs.is_empty() || needs.iter().any(|need| need.as_object().is_some_and(Map::is_empty))
            })
        };
        if is_open(both.old) && !is_open(both.new) {
            self.report(true, both.place, format!("{} now wants credentials", both.name));
        }
    }

    fn parameters(&mut self, both: Both<'_, 'a>) {
        let list = |operation: &'a Value| operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        let is_same = |one: &Value, other: &Value| one["name"] == other["name"] && one["in"] == other["in"];
        let is_required = |parameter: &Value| parameter["required"] == true;
        let named = |parameter: &Value| {
            let text = |key: &str| parameter[key].as_str().unwrap_or_default().to_owned();
            format!("{}: the {} parameter `{}`", both.name, text("in"), text("name"))
        };
        for (at, parameter) in list(both.old).iter().enumerate() {
            let place = steps(both.place, &["parameters", &at.to_string()]);
            let Some(now) = list(both.new).iter().find(|other| is_same(parameter, other)) else {
                self.report(true, &place, format!("{} is gone", named(parameter)));
                continue;
            };
            if is_required(now) && !is_required(parameter) {
                self.report(true, &place, format!("{} is now required", named(parameter)));
            }
            self.schemas.sent(&named(parameter), &steps(&place, &["schema"]), &parameter["schema"], &now["schema"]);
        }
        for parameter in list(both.new) {
            if !list(both.old).iter().any(|other| is_same(parameter, other)) {
                let breaks = is_required(parameter);
                let what = if breaks { "is new and required" } else { "is new" };
                self.report(breaks, both.place, format!("{} {what}", named(parameter)));
            }
        }
    }

    fn body(&mut self, both: Both<'_, 'a>) {
        let (old, new) = (&both.old["requestBody"], &both.new["requestBody"]);
        let place = steps(both.place, &["requestBody"]);
        let name = both.name;
        match (old.is_null(), new.is_null()) {
            (true, true) => {}
            (true, false) => self.report(new["required"] == true, both.place, format!("{name} now takes a body")),
            (false, true) => self.report(true, &place, format!("{name} takes no body any more")),
            (false, false) => {
                if new["required"] == true && old["required"] != true {
                    self.report(true, &place, format!("{name} now needs its body"));
                }
                for (media, content) in members(&old["content"]) {
                    let place = steps(&place, &["content", media]);
                    match new["content"].get(media) {
                        None => self.report(true, &place, format!("{name} takes no {media} any more")),
                        Some(now) => {
                            let place = steps(&place, &["schema"]);
                            self.schemas.sent(&format!("{name}: the body"), &place, &content["schema"], &now["schema"]);
                        }
                    }
                }
            }
        }
    }

    fn responses(&mut self, both: Both<'_, 'a>) {
        let name = both.name;
        for (code, answer) in members(&both.old["responses"]) {
            let place = steps(both.place, &["responses", code]);
            let Some(now) = both.new["responses"].get(code) else {
                self.report(true, &place, format!("{name} does not answer {code} any more"));
                continue;
            };
            let (answer, now) = (resolved(self.old, answer), resolved(self.new, now));
            for (header, _) in members(&answer["headers"]) {
                if now["headers"].get(header).is_none() {
                    self.report(true, &place, format!("{name}: the answer {code} has no header {header} any more"));
                }
            }
            for (media, content) in members(&answer["content"]) {
                let place = steps(&place, &["content", media]);
                match now["content"].get(media) {
                    None => self.report(true, &place, format!("{name}: the answer {code} is no {media} any more")),
                    Some(now) => {
                        let what = format!("{name}: the answer {code}");
                        self.schemas.received(&what, &steps(&place, &["schema"]), &content["schema"], &now["schema"]);
                    }
                }
            }
        }
        for (code, _) in members(&both.new["responses"]) {
            if both.old["responses"].get(code).is_none() {
                self.report(false, both.place, format!("{name} may now answer {code}"));
            }
        }
    }
}

/// What a `$ref` within the document leads to.
pub(super) fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let reference = value.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix('#'));
    reference.and_then(|pointer| document.pointer(pointer)).unwrap_or(value)
}

/// The members of an object; none of anything else.
pub(super) fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn operations(item: &Value) -> impl Iterator<Item = (&String, &Value)> {
    members(item).filter(|(method, _)| METHODS.contains(&method.as_str()))
}

/// A place further in.
pub(super) fn steps(place: &[String], further: &[&str]) -> Vec<String> {
    place.iter().cloned().chain(further.iter().map(|step| (*step).to_owned())).collect()
}

#[cfg(test)]
mod tests;
