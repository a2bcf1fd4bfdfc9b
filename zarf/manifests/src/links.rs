//! What refers to something finds it: selectors pods, ports listeners, references objects with the keys that are meant.

use serde_json::{Value, json};

use crate::object::{self, Pod, at, has_port, items, kind, labels, name, selects};
use crate::{Finding, Overlay, Rule, variables};

/// What others make in the cluster: certificates of the gateway (cert-manager, by the annotation of the Gateway).
const MADE_ELSEWHERE: &[&str] = &["marquee-tls"];

pub(crate) fn check(overlay: &Overlay, pods: &[Pod], findings: &mut Vec<Finding>) {
    for object in &overlay.objects {
        let place = overlay.place(object);
        match kind(object) {
            "Deployment" | "StatefulSet" => own_pods(object, &place, findings),
            "Service" => service(object, pods, &place, findings),
            "NetworkPolicy" => flows(object, pods, &place, findings),
            "PodDisruptionBudget" | "PodMonitor" => watched(object, pods, &place, findings),
            "HTTPRoute" => {
                for backend in items(object, "/spec/rules").flat_map(|rule| items(rule, "/backendRefs")) {
                    let to = overlay.get("Service", at(backend, "/name"));
                    let port = backend.get("port");
                    if !to.is_some_and(|service| items(service, "/spec/ports").any(|known| known.get("port") == port)) {
                        let what = format!("no Service {} has port {}", at(backend, "/name"), show(port));
                        findings.push(Finding::new(Rule::Port, &place, what));
                    }
                }
            }
            "HorizontalPodAutoscaler" => {
                let (to, target) = (at(object, "/spec/scaleTargetRef/kind"), at(object, "/spec/scaleTargetRef/name"));
                if overlay.get(to, target).is_none() {
                    findings.push(Finding::new(Rule::Reference, &place, format!("there is no {to} {target}")));
                }
            }
            _ => {}
        }
    }
    for pod in pods.iter().filter(|pod| !pod.foreign) {
        references(overlay, pod, findings);
        for container in pod.containers() {
            for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
                let port = container.pointer(&format!("/{probe}/httpGet/port"));
                if let Some(port) = port.filter(|port| !has_port(container, port)) {
                    let what = format!("its {probe} asks port {}, which it does not have", show(Some(port)));
                    findings.push(Finding::new(Rule::Port, overlay.place_of(pod), what));
                }
            }
        }
    }
}

fn show(value: Option<&Value>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

fn own_pods(object: &Value, place: &str, findings: &mut Vec<Finding>) {
    let wanted = labels(object, "/spec/selector/matchLabels");
    let own = labels(object, "/spec/template/metadata/labels");
    if wanted.is_empty() || !wanted.iter().all(|(key, value)| own.get(key) == Some(value)) {
        findings.push(Finding::new(Rule::Selector, place, "its selector does not find its own pods"));
    }
}

fn service(object: &Value, pods: &[Pod], place: &str, findings: &mut Vec<Finding>) {
    let selector = json!({ "matchLabels": object.pointer("/spec/selector") });
    let found: Vec<&Pod> = pods.iter().filter(|pod| selects(&selector, &pod.labels)).collect();
    if found.is_empty() || object.pointer("/spec/selector").is_none() {
        findings.push(Finding::new(Rule::Selector, place, "its selector finds no pod"));
        return;
    }
    for port in items(object, "/spec/ports") {
        let target = port.get("targetPort").or_else(|| port.get("port")).cloned().unwrap_or_default();
        if !found.iter().all(|pod| pod.has_port(&target)) {
            let what = format!("its pods have no port {}", show(Some(&target)));
            findings.push(Finding::new(Rule::Port, place, what));
        }
    }
}

/// Whom a budget or a monitor means.
fn watched(object: &Value, pods: &[Pod], place: &str, findings: &mut Vec<Finding>) {
    let selector = object.pointer("/spec/selector").cloned().unwrap_or_default();
    let found: Vec<&Pod> = pods.iter().filter(|pod| selects(&selector, &pod.labels)).collect();
    if found.is_empty() {
        findings.push(Finding::new(Rule::Selector, place, "its selector finds no pod"));
    }
    for endpoint in items(object, "/spec/podMetricsEndpoints") {
        let port = endpoint.get("port").cloned().unwrap_or_default();
        if !found.iter().all(|pod| pod.has_port(&port)) {
            findings.push(Finding::new(Rule::Port, place, format!("a pod has no port {}", show(Some(&port)))));
        }
    }
}

fn flows(object: &Value, pods: &[Pod], place: &str, findings: &mut Vec<Finding>) {
    let found = |selector: &Value| -> Vec<&Pod> { pods.iter().filter(|pod| selects(selector, &pod.labels)).collect() };
    let own = object.pointer("/spec/podSelector").cloned().unwrap_or_default();
    if found(&own).is_empty() {
        findings.push(Finding::new(Rule::Selector, place, "it is about no pod"));
    }
    for (way, peers) in [("ingress", "from"), ("egress", "to")] {
        for rule in items(object, &format!("/spec/{way}")) {
            // Whoever is in another namespace, or outside, is not known here.
            let near: Vec<&Value> = items(rule, &format!("/{peers}"))
                .filter(|peer| peer.get("namespaceSelector").is_none())
                .filter_map(|peer| peer.get("podSelector"))
                .collect();
            for selector in &near {
                if found(selector).is_empty() {
                    findings.push(Finding::new(Rule::Selector, place, format!("nobody is {selector}")));
                }
            }
            let listeners: Vec<&Pod> = match way {
                "ingress" => found(&own),
                _ => near.iter().flat_map(|selector| found(selector)).collect(),
            };
            for port in items(rule, "/ports").filter_map(|port| port.get("port")) {
                if !listeners.iter().all(|pod| pod.has_port(port)) {
                    let what = format!("who listens there has no port {}", show(Some(port)));
                    findings.push(Finding::new(Rule::Port, place, what));
                }
            }
        }
    }
}

/// What a pod takes its settings, files and account from.
fn references(overlay: &Overlay, pod: &Pod, findings: &mut Vec<Finding>) {
    let mut wanted: Vec<(&str, String, Option<String>, bool)> = Vec::new();
    let mut want = |kind, reference: &Value, name: &str, key: Option<&str>| {
        let optional = reference.get("optional") == Some(&json!(true));
        wanted.push((kind, name.to_owned(), key.map(str::to_owned), optional));
    };
    for container in pod.containers() {
        for from in items(container, "/envFrom") {
            for (field, kind) in [("configMapRef", "ConfigMap"), ("secretRef", "Secret")] {
                if let Some(reference) = from.get(field) {
                    want(kind, reference, at(reference, "/name"), None);
                }
            }
        }
        for variable in items(container, "/env") {
            for (field, kind) in [("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")] {
                if let Some(reference) = variable.pointer(&format!("/valueFrom/{field}")) {
                    want(kind, reference, at(reference, "/name"), Some(at(reference, "/key")));
                }
            }
        }
        for mount in items(container, "/volumeMounts") {
            let volume = at(mount, "/name");
            let mut known = items(&pod.spec, "/volumes").map(|volume| at(volume, "/name")).collect::<Vec<_>>();
            let claims =
                overlay.objects.iter().filter(|object| pod.owner == format!("{}/{}", kind(object), name(object)));
            known.extend(claims.flat_map(|object| items(object, "/spec/volumeClaimTemplates")).map(name));
            if !known.contains(&volume) {
                findings.push(Finding::new(
                    Rule::Reference,
                    overlay.place_of(pod),
                    format!("there is no volume {volume}"),
                ));
            }
        }
    }
    for volume in items(&pod.spec, "/volumes") {
        if let Some(reference) = volume.get("configMap") {
            want("ConfigMap", reference, at(reference, "/name"), None);
            for item in items(reference, "/items") {
                want("ConfigMap", reference, at(reference, "/name"), Some(at(item, "/key")));
            }
        }
        if let Some(reference) = volume.get("secret") {
            want("Secret", reference, at(reference, "/secretName"), None);
            for item in items(reference, "/items") {
                want("Secret", reference, at(reference, "/secretName"), Some(at(item, "/key")));
            }
        }
    }
    let account = at(&pod.spec, "/serviceAccountName");
    if overlay.get("ServiceAccount", account).is_none() {
        let what = format!("there is no ServiceAccount {account}");
        findings.push(Finding::new(Rule::Reference, overlay.place_of(pod), what));
    }
    for (kind, name, key, optional) in wanted {
        if optional {
            let what = format!("{kind} {name} is optional: without it the pod starts, and does something else");
            findings.push(Finding::new(Rule::Reference, overlay.place_of(pod), what));
        }
        let keys = match kind {
            "ConfigMap" => overlay.get(kind, &name).map(|map| object::labels(map, "/data").into_keys().collect()),
            _ => variables::keys_of(overlay, &name),
        };
        let found = match (&keys, &key) {
            (None, _) => MADE_ELSEWHERE.contains(&name.as_str()),
            (Some(keys), Some(key)) => keys.contains(key),
            (Some(_), None) => true,
        };
        if !found {
            let key = key.map(|key| format!(" with a key {key}")).unwrap_or_default();
            let what = format!("there is no {kind} {name}{key}");
            findings.push(Finding::new(Rule::Reference, overlay.place_of(pod), what));
        }
    }
}
