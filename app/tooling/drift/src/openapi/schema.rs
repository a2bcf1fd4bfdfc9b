//! What a change of a schema means, for those who send it and for those who receive it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Change;
use super::breaking::{members, resolved, steps};

/// Who a schema binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// Clients send it: what was allowed has to stay allowed.
    Sent,
    /// Clients receive it: what was promised has to stay promised.
    Received,
}

/// The schemas of two documents.
pub(super) struct Schemas<'a> {
    old: &'a Value,
    new: &'a Value,
    /// Components that were compared: each is told once for each way.
    met: BTreeSet<(Way, String, String)>,
    pub(super) found: Vec<Change>,
}

/// A schema in both documents.
struct Both<'a> {
    way: Way,
    /// What it is called in a sentence.
    name: String,
    place: Vec<String>,
    old: &'a Value,
    new: &'a Value,
}

/// Bounds below: a higher one allows less.
const LOWER: &[&str] = &["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"];
/// Bounds above: a lower one allows less.
const UPPER: &[&str] = &["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"];
/// What allows less where it is, or is another.
const EXACT: &[&str] = &["pattern", "multipleOf", "const"];

impl<'a> Schemas<'a> {
    pub(super) fn new(old: &'a Value, new: &'a Value) -> Self {
        Self { old, new, met: BTreeSet::new(), found: Vec::new() }
    }

    /// Compares what clients send.
    pub(super) fn sent(&mut self, name: &str, place: &[String], old: &'a Value, new: &'a Value) {
        self.compare(Both { way: Way::Sent, name: name.to_owned(), place: place.to_vec(), old, new });
    }

    /// Compares what clients receive.
    pub(super) fn received(&mut self, name: &str, place: &[String], old: &'a Value, new: &'a Value) {
        self.compare(Both { way: Way::Received, name: name.to_owned(), place: place.to_vec(), old, new });
    }

    fn report(&mut self, breaks: bool, both: &Both<'_>, what: &str) {
        self.found.push(Change { breaks, place: both.place.clone(), what: format!("{} {what}", both.name) });
    }

    fn compare(&mut self, mut both: Both<'a>) {
        let ((old, old_null), (new, new_null)) = (nullable(both.old), nullable(both.new));
        if old_null != new_null {
            let (breaks, what) = match (both.way, new_null) {
                (Way::Received, true) => (true, "may now be null"),
                (Way::Received, false) => (false, "is never null any more"),
                (Way::Sent, true) => (false, "may now be null"),
                (Way::Sent, false) => (true, "may not be null any more"),
            };
            self.report(breaks, &both, what);
        }
        let names = (component(old), component(new));
        (both.old, both.new) = (resolved(self.old, old), resolved(self.new, new));
        if let (Some(old), Some(new)) = names {
            if !self.met.insert((both.way, old.to_owned(), new.to_owned())) {
                return;
            }
            both.name = old.to_owned();
            both.place = steps(&[], &["components", "schemas", old]);
        }
        self.types(&both);
        self.values(&both);
        self.bounds(&both);
        self.properties(&both);
        if both.old.get("items").is_some() && both.new.get("items").is_some() {
            self.inside(&both, "items", "[]");
        }
        self.choices(&both);
    }

    fn inside(&mut self, both: &Both<'a>, key: &str, suffix: &str) {
        let (old, new) = (&both.old[key], &both.new[key]);
        let (name, place) = (format!("{}{suffix}", both.name), steps(&both.place, &[key]));
        self.compare(Both { way: both.way, name, place, old, new });
    }

    fn types(&mut self, both: &Both<'a>) {
        let (old, new) = (types(both.old), types(both.new));
        let is_within = |inner: &BTreeSet<&str>, outer: &BTreeSet<&str>| {
            outer.is_empty() || (!inner.is_empty() && inner.iter().all(|one| covers(outer, one)))
        };
        let (fits, widens) = match both.way {
            Way::Sent => (is_within(&old, &new), !is_within(&new, &old)),
            Way::Received => (is_within(&new, &old), false),
        };
        let told = |types: &BTreeSet<&str>| match types.len() {
            0 => "anything".to_owned(),
            _ => types.iter().copied().collect::<Vec<_>>().join(" or "),
        };
        if !fits || widens {
            self.report(!fits, both, &format!("was {} and is {} now", told(&old), told(&new)));
        }
        let (old, new) = (both.old["format"].as_str(), both.new["format"].as_str());
        if let Some(new) = new.filter(|new| old != Some(new)) {
            // A format that nothing was said of before bounds what may be sent, and tells more of what is received.
            let breaks = old.is_some() || both.way == Way::Sent;
            self.report(breaks, both, &format!("has the format {new} now, not {}", old.unwrap_or("any")));
        }
    }

    fn values(&mut self, both: &Both<'a>) {
        let list = |schema: &'a Value| schema["enum"].as_array();
        match (list(both.old), list(both.new)) {
            (Some(old), Some(new)) => {
                for gone in old.iter().filter(|value| !new.contains(value)) {
                    self.report(both.way == Way::Sent, both, &format!("has no value {gone} any more"));
                }
                for added in new.iter().filter(|value| !old.contains(value)) {
                    self.report(false, both, &format!("has the new value {added}"));
                }
            }
            (None, Some(_)) => self.report(both.way == Way::Sent, both, "takes only some values now"),
            (Some(_), None) => self.report(false, both, "takes any value now"),
            (None, None) => {}
        }
    }

    /// Bounds bind those who send.
    fn bounds(&mut self, both: &Both<'a>) {
        if both.way == Way::Received {
            return;
        }
        for (keys, is_lower) in [(LOWER, true), (UPPER, false)] {
            for key in keys {
                let (old, new) = (both.old[key].as_f64(), both.new[key].as_f64());
                let narrows = match (old, new) {
                    (Some(old), Some(new)) => {
                        if is_lower {
                            new > old
                        } else {
                            new < old
                        }
                    }
                    (None, Some(_)) => true,
                    (_, None) => false,
                };
                if narrows || old != new {
                    self.report(
                        narrows,
                        both,
                        &format!("has {key} {} now, not {}", shown(&both.new[key]), shown(&both.old[key])),
                    );
                }
            }
        }
        for key in EXACT {
            let (old, new) = (&both.old[key], &both.new[key]);
            if old != new {
                self.report(!new.is_null(), both, &format!("has {key} {} now, not {}", shown(new), shown(old)));
            }
        }
        if both.new["uniqueItems"] == true && both.old["uniqueItems"] != true {
            self.report(true, both, "may not have the same item twice any more");
        }
    }

    fn properties(&mut self, both: &Both<'a>) {
        let is_required = |schema: &Value, name: &str| {
            schema["required"].as_array().is_some_and(|names| names.iter().any(|one| one == name))
        };
        for (name, property) in members(&both.old["properties"]) {
            let place = steps(&both.place, &["properties", name]);
            let told =
                Both { way: both.way, name: format!("{}.{name}", both.name), place, old: property, new: property };
            let Some(now) = both.new["properties"].get(name) else {
                // Who sends a member that a closed object does not know is refused.
                let breaks = both.way == Way::Received || both.new["additionalProperties"] == false;
                self.report(breaks, &told, "is gone");
                continue;
            };
            match (both.way, is_required(both.old, name), is_required(both.new, name)) {
                (Way::Sent, false, true) => self.report(true, &told, "is now required"),
                (Way::Received, true, false) => self.report(true, &told, "may now be absent"),
                (Way::Sent, true, false) | (Way::Received, false, true) => {
                    self.report(false, &told, "is required no more, or always there now");
                }
                _ => {}
            }
            self.compare(Both { new: now, ..told });
        }
        for (name, _) in members(&both.new["properties"]) {
            if both.old["properties"].get(name).is_none() {
                let breaks = both.way == Way::Sent && is_required(both.new, name);
                let what = if breaks { "is new and required" } else { "is new" };
                self.report(breaks, both, &format!("has `{name}`, which {what}"));
            }
        }
        if both.way == Way::Sent
            && both.new["additionalProperties"] == false
            && both.old["additionalProperties"] != false
            && both.old.get("properties").is_some()
        {
            self.report(true, both, "refuses members that it does not know now");
        }
    }

    /// `oneOf`, `anyOf`, `allOf`, in the order of the document.
    fn choices(&mut self, both: &Both<'a>) {
        for key in ["oneOf", "anyOf", "allOf"] {
            let list = |schema: &'a Value| schema[key].as_array().map(Vec::as_slice).unwrap_or_default();
            let (old, new) = (list(both.old), list(both.new));
            let fewer = both.way == Way::Sent && new.len() < old.len();
            let more = both.way == Way::Received && new.len() > old.len();
            if old.len() != new.len() {
                // Each part of `allOf` is one more condition; each of the others one more form.
                let breaks = if key == "allOf" { !(fewer || more) } else { fewer || more };
                self.report(breaks, both, &format!("has {} forms now, not {} ({key})", new.len(), old.len()));
            }
            for (at, (old, new)) in old.iter().zip(new).enumerate() {
                let place = steps(&both.place, &[key, &at.to_string()]);
                self.compare(Both { way: both.way, name: both.name.clone(), place, old, new });
            }
        }
    }
}

/// The schema without null, and whether null was one of its forms.
fn nullable(schema: &Value) -> (&Value, bool) {
    let has_null = types(schema).contains("null");
    for key in ["oneOf", "anyOf"] {
        if let Some([one, other]) = schema[key].as_array().map(Vec::as_slice) {
            match (one["type"] == "null", other["type"] == "null") {
                (true, false) => return (other, true),
                (false, true) => return (one, true),
                _ => {}
            }
        }
    }
    (schema, has_null)
}

/// The types that it names; none when it names none. Null is told on its own.
fn types(schema: &Value) -> BTreeSet<&str> {
    match &schema["type"] {
        Value::String(one) => BTreeSet::from([one.as_str()]),
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        _ => BTreeSet::new(),
    }
}

/// Whether a value of `kind` is one of these types. Null is told on its own.
fn covers(types: &BTreeSet<&str>, kind: &str) -> bool {
    kind == "null" || types.contains(kind) || (kind == "integer" && types.contains("number"))
}

/// The component that it refers to.
fn component(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/components/schemas/")
}

fn shown(value: &Value) -> String {
    if value.is_null() { "any".to_owned() } else { value.to_string() }
}
