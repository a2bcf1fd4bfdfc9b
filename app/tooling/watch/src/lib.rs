//! What is watched of the services: objectives, alerts, dashboards, made from their routes.
//!
//! A route has an objective by its [`Class`]; the rules of Prometheus say how fast its budget of errors burns, over several
//! windows at once (Google's Site Reliability Workbook, chapter 5). Dashboards are data here and JSON in `zarf/observability`.
//! A test of `platform` holds what they name against a running program.

mod dashboard;
mod objective;
mod operator;
mod panel;
mod rules;

use serde_json::Value;

pub use crate::objective::{Class, Route, SIGN_INS, routes};

/// Where the rules of the routes are.
pub const RULES: &str = "zarf/observability/rules/routes.yaml";

/// Where all rules are as objects of the Prometheus Operator.
pub const OBJECTS: &str = "zarf/k8s/components/monitoring/rules.yaml";

/// The rules that somebody wrote.
const SERVICES: &str = include_str!("../../../../zarf/observability/rules/services.yaml");
const MACHINE: &str = include_str!("../../../../zarf/observability/rules/machine.yaml");

/// Where the dashboards are.
pub const DASHBOARDS: &str = "zarf/observability/dashboards";

/// Every file that follows from the OpenAPI document of the whole, with its path in the tree.
pub fn files(document: &Value) -> Vec<(String, String)> {
    let routes = routes(document);
    let rules = rules::rules(&routes);
    let objects = operator::objects(&[("routes", &rules), ("services", SERVICES), ("machine", MACHINE)]);
    let mut files = vec![(RULES.to_owned(), rules), (OBJECTS.to_owned(), objects)];
    for (name, dashboard) in dashboard::all() {
        files.push((format!("{DASHBOARDS}/{name}.json"), format!("{dashboard:#}\n")));
    }
    files
}
