//! What scales, what may be away and what is rolled out agree; and all pools fit into PostgreSQL.

use serde_json::{Value, json};

use crate::object::{at, items, labels, name, selects};
use crate::variables::Loaded;
use crate::{Finding, Overlay, Rule};

/// What a process takes beside `db.max_connections`: jobs, events, the one that listens (documentation of that setting).
const BESIDE: u64 = 11;

/// What is left to operators, migrations, instances that follow, PostgreSQL's own reserve.
const OTHERS: u64 = 20;

pub(crate) fn check(overlay: &Overlay, loaded: &[Loaded], findings: &mut Vec<Finding>) {
    for deployment in overlay.of("Deployment") {
        let place = overlay.place(deployment);
        let mut report = |what: &str| findings.push(Finding::new(Rule::Scale, &place, what));
        let strategy = at(deployment, "/spec/strategy/type");
        if strategy != "RollingUpdate"
            || deployment.pointer("/spec/strategy/rollingUpdate/maxUnavailable") != Some(&json!(0))
        {
            report("a rollout takes a pod away before another one is there: maxUnavailable: 0");
        }
        let own = labels(deployment, "/spec/template/metadata/labels");
        let scaler = scaler(overlay, deployment);
        let budgets: Vec<&Value> = overlay
            .of("PodDisruptionBudget")
            .filter(|budget| budget.pointer("/spec/selector").is_some_and(|selector| selects(selector, &own)))
            .collect();
        match scaler {
            Some(scaler) => {
                if deployment.pointer("/spec/replicas").is_some() {
                    report("it says replicas, and undoes at each rollout what its HorizontalPodAutoscaler has done");
                }
                let least = number(scaler, "/spec/minReplicas").unwrap_or(1);
                if least < 2 || number(scaler, "/spec/maxReplicas").is_none_or(|most| most < least) {
                    report("its HorizontalPodAutoscaler keeps fewer than two, or has a most below its least");
                }
                if budgets.len() != 1 {
                    report("it wants one PodDisruptionBudget, so that nodes can be emptied one by one");
                }
                for budget in budgets {
                    let away = number(budget, "/spec/maxUnavailable");
                    let stay = number(budget, "/spec/minAvailable");
                    if away == Some(0) || stay.is_some_and(|stay| stay >= least) {
                        report("its PodDisruptionBudget lets nobody go: a node can never be emptied");
                    }
                }
                let metrics = items(scaler, "/spec/metrics").any(|metric| at(metric, "/resource/name") == "cpu");
                let requests = items(deployment, "/spec/template/spec/containers")
                    .all(|container| container.pointer("/resources/requests/cpu").is_some());
                if metrics && !requests {
                    report("it is scaled by its share of the CPU that it asks for, and asks for none");
                }
            }
            None if !budgets.is_empty() && number(deployment, "/spec/replicas").unwrap_or(1) < 2 => {
                report("it has a PodDisruptionBudget and one pod");
            }
            None => {}
        }
    }
    connections(overlay, loaded, findings);
}

fn scaler<'a>(overlay: &'a Overlay, deployment: &Value) -> Option<&'a Value> {
    overlay.of("HorizontalPodAutoscaler").find(|scaler| {
        at(scaler, "/spec/scaleTargetRef/kind") == "Deployment"
            && at(scaler, "/spec/scaleTargetRef/name") == name(deployment)
    })
}

fn number(value: &Value, pointer: &str) -> Option<u64> {
    value.pointer(pointer).and_then(Value::as_u64)
}

fn connections(overlay: &Overlay, loaded: &[Loaded], findings: &mut Vec<Finding>) {
    let mut wanted = OTHERS;
    for deployment in overlay.of("Deployment") {
        let owner = format!("Deployment/{}", name(deployment));
        let Some(loaded) = loaded.iter().find(|loaded| loaded.owner == owner && loaded.serves) else {
            continue;
        };
        let most = match scaler(overlay, deployment) {
            Some(scaler) => number(scaler, "/spec/maxReplicas"),
            None => number(deployment, "/spec/replicas"),
        };
        // Both releases are there during a rollout: those of the old one keep theirs until they have ended.
        wanted += 2 * most.unwrap_or(1) * (u64::from(loaded.settings.db.max_connections) + BESIDE);
    }
    let cluster = overlay
        .of("Cluster")
        .find_map(|cluster| at(cluster, "/spec/postgresql/parameters/max_connections").parse::<u64>().ok());
    let set = overlay.get("StatefulSet", "postgres").and_then(|set| {
        let containers = items(set, "/spec/template/spec/containers");
        let mut arguments = containers.flat_map(|container| items(container, "/args")).filter_map(Value::as_str);
        arguments.find_map(|argument| argument.strip_prefix("max_connections=")?.parse::<u64>().ok())
    });
    match cluster.or(set) {
        None => {
            findings.push(Finding::new(Rule::Connections, &overlay.name, "nobody says PostgreSQL's max_connections"))
        }
        Some(has) if has < wanted => {
            let what = format!("all pools together may take {wanted} connections, and PostgreSQL has {has}");
            findings.push(Finding::new(Rule::Connections, &overlay.name, what));
        }
        Some(_) => {}
    }
}
