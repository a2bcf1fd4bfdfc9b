//! Objects of Kubernetes as JSON, and the pods that they lead to.

use std::collections::BTreeMap;

use serde_json::{Value, json};

pub(crate) type Labels = BTreeMap<String, String>;

/// A text at a place of a value; empty when there is none.
pub(crate) fn at<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The items of a list at a place of a value.
pub(crate) fn items<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

pub(crate) fn kind(object: &Value) -> &str {
    at(object, "/kind")
}

pub(crate) fn name(object: &Value) -> &str {
    at(object, "/metadata/name")
}

pub(crate) fn labels(value: &Value, pointer: &str) -> Labels {
    let map = value.pointer(pointer).and_then(Value::as_object).into_iter().flatten();
    map.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

/// Whether a label selector takes these labels.
pub(crate) fn selects(selector: &Value, labels: &Labels) -> bool {
    let equal = self::labels(selector, "/matchLabels").iter().all(|(key, value)| labels.get(key) == Some(value));
    let within = items(selector, "/matchExpressions").all(|expression| {
        let value = labels.get(at(expression, "/key"));
        let listed = items(expression, "/values").any(|item| item.as_str() == value.map(String::as_str));
        match at(expression, "/operator") {
            "In" => listed,
            "NotIn" => !listed,
            "Exists" => value.is_some(),
            _ => value.is_none(),
        }
    });
    equal && within
}

/// A pod as it will be, whoever makes it.
pub(crate) struct Pod {
    /// Who makes it, as `Deployment/accounts`.
    pub(crate) owner: String,
    pub(crate) labels: Labels,
    pub(crate) spec: Value,
    /// Whether an operator writes its spec, of which only ports are known here.
    pub(crate) foreign: bool,
}

impl Pod {
    pub(crate) fn containers(&self) -> impl Iterator<Item = &Value> {
        items(&self.spec, "/initContainers").chain(items(&self.spec, "/containers"))
    }

    /// Whether one of its containers has this port, by name or number.
    pub(crate) fn has_port(&self, port: &Value) -> bool {
        self.containers().any(|container| has_port(container, port))
    }
}

/// Whether a container has this port, by name or number.
pub(crate) fn has_port(container: &Value, port: &Value) -> bool {
    items(container, "/ports").any(|known| match port {
        Value::String(name) => at(known, "/name") == name,
        number => known.get("containerPort") == Some(number),
    })
}

/// The pods that these objects lead to.
pub(crate) fn pods(objects: &[Value]) -> Vec<Pod> {
    objects
        .iter()
        .filter_map(|object| {
            let owner = format!("{}/{}", kind(object), name(object));
            match kind(object) {
                "Deployment" | "StatefulSet" | "Job" | "DaemonSet" => Some(Pod {
                    owner,
                    labels: labels(object, "/spec/template/metadata/labels"),
                    spec: object.pointer("/spec/template/spec")?.clone(),
                    foreign: false,
                }),
                "Cluster" => {
                    let ports = [("postgresql", 5432), ("metrics", 9187), ("status", 8000)]
                        .map(|(name, port)| json!({ "name": name, "containerPort": port }));
                    // What the operator adds, also to the pods that make an instance, which inherit nothing.
                    let mut labels = labels(object, "/spec/inheritedMetadata/labels");
                    labels.insert("cnpg.io/cluster".to_owned(), name(object).to_owned());
                    Some(Pod {
                        owner,
                        labels,
                        spec: json!({ "containers": [{ "name": "postgres", "ports": ports }] }),
                        foreign: true,
                    })
                }
                _ => None,
            }
        })
        .collect()
}
