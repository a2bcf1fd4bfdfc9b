//! Pods keep the profile "restricted" of Pod Security, and a little more.

use serde_json::{Value, json};

use crate::object::{self, Pod, at, items, kind};
use crate::{Finding, Overlay, Rule};

pub(crate) fn check(overlay: &Overlay, pods: &[Pod], findings: &mut Vec<Finding>) {
    for pod in pods.iter().filter(|pod| !pod.foreign) {
        let mut report =
            |what: &str| findings.push(Finding::new(Rule::Restricted, overlay.place_of(pod), what.to_owned()));
        let spec = &pod.spec;
        for key in ["hostNetwork", "hostPID", "hostIPC"] {
            if spec.get(key) == Some(&json!(true)) {
                report(&format!("{key} takes it out of its own network or processes"));
            }
        }
        if items(spec, "/volumes").any(|volume| volume.get("hostPath").is_some()) {
            report("a folder of the node is mounted");
        }
        if spec.get("automountServiceAccountToken") != Some(&json!(false)) {
            report("it gets a token for the API server, which it does not need");
        }
        if spec.get("enableServiceLinks") != Some(&json!(false)) {
            report("variables of Services can be taken for settings: enableServiceLinks: false");
        }
        for container in pod.containers() {
            let name = at(container, "/name");
            let either = |key: &str| {
                let own = container.pointer(&format!("/securityContext{key}"));
                own.or_else(|| spec.pointer(&format!("/securityContext{key}")))
            };
            let own = |key: &str| container.pointer(&format!("/securityContext{key}"));
            let wants: [(&str, bool); 8] = [
                ("runAsNonRoot: true", either("/runAsNonRoot") == Some(&json!(true))),
                (
                    "a numeric runAsUser that is not root",
                    either("/runAsUser").and_then(Value::as_u64).is_some_and(|id| id > 0),
                ),
                (
                    "seccompProfile RuntimeDefault",
                    either("/seccompProfile/type").and_then(Value::as_str) == Some("RuntimeDefault"),
                ),
                ("allowPrivilegeEscalation: false", own("/allowPrivilegeEscalation") == Some(&json!(false))),
                (
                    "capabilities that drop ALL",
                    own("/capabilities/drop") == Some(&json!(["ALL"])) && own("/capabilities/add").is_none(),
                ),
                ("readOnlyRootFilesystem: true", own("/readOnlyRootFilesystem") == Some(&json!(true))),
                (
                    "a request and a limit of memory",
                    ["requests", "limits"]
                        .iter()
                        .all(|of| container.pointer(&format!("/resources/{of}/memory")).is_some()),
                ),
                ("no limit of CPU", container.pointer("/resources/limits/cpu").is_none()),
            ];
            for (what, _) in wants.iter().filter(|(_, holds)| !holds) {
                report(&format!("{name} has to have {what}"));
            }
            if own("/privileged") == Some(&json!(true)) {
                report(&format!("{name} is privileged"));
            }
            let lasts = !pod.owner.starts_with("Job/");
            for probe in ["livenessProbe", "readinessProbe"] {
                if lasts && container.get(probe).is_none() {
                    report(&format!("{name} has no {probe}"));
                }
            }
        }
    }
    let denies = |object: &&Value| {
        kind(object) == "NetworkPolicy"
            && object.pointer("/spec/podSelector") == Some(&json!({}))
            && object.pointer("/spec/policyTypes") == Some(&json!(["Ingress", "Egress"]))
            && object.pointer("/spec/ingress").is_none()
            && object.pointer("/spec/egress").is_none()
    };
    if !overlay.objects.iter().any(|object| denies(&object)) {
        findings.push(Finding::new(
            Rule::Flow,
            &overlay.name,
            "nothing denies what has no name: no NetworkPolicy closes both ways",
        ));
    }
    let enforced = |namespace: &Value| {
        object::labels(namespace, "/metadata/labels").get("pod-security.kubernetes.io/enforce").map(String::as_str)
            == Some("restricted")
    };
    if !overlay.of("Namespace").all(enforced) {
        findings.push(Finding::new(Rule::Restricted, &overlay.name, "the namespace does not enforce \"restricted\""));
    }
}
