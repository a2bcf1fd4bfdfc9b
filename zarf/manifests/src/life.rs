//! preStop, drain and shutdown fit into the grace, which ends with SIGKILL.

use std::time::Duration;

use serde_json::Value;

use crate::object::{self, Pod};
use crate::variables::Loaded;
use crate::{Finding, Overlay, Rule};

/// What jobs, events and telemetry may take after the requests (`web.shutdown` in the documentation of settings).
pub(crate) const AFTERWARDS: Duration = Duration::from_secs(6);

/// What an orchestrator gives where nothing is said.
const DEFAULT_GRACE: u64 = 30;

pub(crate) fn check(overlay: &Overlay, pods: &[Pod], loaded: &[Loaded], findings: &mut Vec<Finding>) {
    for pod in pods {
        let Some(loaded) = loaded.iter().find(|loaded| loaded.owner == pod.owner && loaded.serves) else {
            continue;
        };
        let mut report = |what: String| findings.push(Finding::new(Rule::Grace, overlay.place_of(pod), what));
        let sleeps = object::items(&pod.spec, "/containers")
            .filter_map(|container| container.pointer("/lifecycle/preStop/sleep/seconds").and_then(Value::as_u64))
            .max();
        let Some(sleep) = sleeps.filter(|seconds| *seconds > 0) else {
            report("it has no preStop: requests still arrive when it is told to stop".to_owned());
            continue;
        };
        let web = &loaded.settings.web;
        let needs = Duration::from_secs(sleep) + web.drain + web.shutdown + AFTERWARDS;
        let grace = pod.spec.get("terminationGracePeriodSeconds").and_then(Value::as_u64).unwrap_or(DEFAULT_GRACE);
        if needs >= Duration::from_secs(grace) {
            report(format!("it may take {needs:?} to stop, and is killed after {grace} s"));
        }
    }
}
