//! What is watched is there: rules and dashboards name metrics, labels and routes that a running program has.

mod promql;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use natstest::Broker;
use otlptest::Collector;
use reqwest::Method;
use serde_json::{Value, json};
use types::Role;
use uuid::Uuid;

use crate::answer::{get, post, request, send};
use crate::policy::ground::Ground;
use crate::process::eventually;
use crate::shop::{Shop, film};
use promql::used;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../zarf/observability");

/// What Prometheus adds, or rules do.
const ADDED: [&str; 3] = ["job", "instance", "class"];

/// Metrics with the labels that each has.
type Exported = BTreeMap<String, BTreeSet<String>>;

/// What the debug listener shows.
fn exported(metrics: &str) -> Exported {
    let mut exported = Exported::new();
    for line in metrics.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let found = used(line.rsplit_once(' ').map_or(line, |(series, _)| series));
        for (name, labels) in found.metrics {
            exported.entry(name).or_default().extend(labels);
        }
    }
    exported
}

/// Every expression of the rules of the services and of the dashboards, with where it is.
fn expressions() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for name in ["routes", "services"] {
        let text = std::fs::read_to_string(format!("{FOLDER}/rules/{name}.yaml")).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let Some(expression) = line.trim_start().strip_prefix("expr: ") else { continue };
            let indent = line.len() - line.trim_start().len();
            let block = lines[at + 1..].iter().take_while(|line| line.len() - line.trim_start().len() > indent);
            let expression =
                if expression == "|" { block.copied().collect::<Vec<_>>().join(" ") } else { expression.to_owned() };
            found.push((format!("{name}.yaml:{}", at + 1), expression));
        }
    }
    let files = std::fs::read_dir(format!("{FOLDER}/dashboards")).unwrap().map(|file| file.unwrap().path());
    for file in files.filter(|file| file.extension().is_some_and(|extension| extension == "json")) {
        let dashboard: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        for panel in dashboard["panels"].as_array().unwrap() {
            for target in panel["targets"].as_array().unwrap() {
                found.push((
                    format!("{}: {}", file.display(), panel["title"]),
                    target["expr"].as_str().unwrap().to_owned(),
                ));
            }
        }
    }
    found
}

/// What expressions name and nothing has.
fn missing(expressions: &[(String, String)], exported: &Exported, routes: &BTreeSet<String>) -> Vec<String> {
    let text = std::fs::read_to_string(format!("{FOLDER}/rules/routes.yaml")).unwrap();
    let recorded: BTreeSet<&str> =
        text.lines().filter_map(|line| line.trim_start().strip_prefix("- record: ")).collect();
    let known: BTreeSet<&str> = exported.values().flatten().map(String::as_str).chain(ADDED).chain(["le"]).collect();
    let mut missing = Vec::new();
    for (place, expression) in expressions {
        let used = used(expression);
        for (metric, labels) in &used.metrics {
            if metric == "up" || recorded.contains(metric.as_str()) {
                continue;
            }
            let Some(has) = exported.get(metric) else {
                missing.push(format!("{place}: no program exports {metric}"));
                continue;
            };
            let lacks = labels.iter().filter(|label| !has.contains(*label) && !ADDED.contains(&label.as_str()));
            missing.extend(lacks.map(|label| format!("{place}: {metric} has no label {label}")));
        }
        let nobody_s = used.labels.iter().filter(|label| !known.contains(label.as_str()));
        missing.extend(nobody_s.map(|label| format!("{place}: no metric has a label {label}")));
        for route in expression.split("route=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            if !routes.contains(route) {
                missing.push(format!("{place}: nobody serves {route}"));
            }
        }
    }
    missing
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_and_dashboards_name_what_a_running_program_exports() {
    let (shop, broker, collector) = (Shop::new().await, Broker::started(), Collector::start().await);
    let editor = shop.editor().await;
    let customer = shop.user("customer@example.com", "correct horse battery", Role::Customer).await;
    let customer = shop.token(&customer);
    let accounts = shop.setup().of(apitest::program("accounts")).ready().await;
    let setup = shop.setup().with("events.nats_url", broker.url()).with("peers.accounts_url", &*accounts.url);
    let process = setup.with("telemetry.otlp_endpoint", &collector.endpoint).ready().await;
    assert_eq!(post(format!("{}/v1/movies", process.url), &editor, &film("Alien")).await.status, 201);
    get(format!("{}/v1/movies/unknown", process.url)).await;
    let transfer = json!({"to": Uuid::now_v7(), "amount": {"amount": 1, "currency": "USD"}});
    let transfer =
        request(Method::POST, format!("{}/v1/wallet/transfers", process.url)).bearer_auth(&customer).json(&transfer);
    send(transfer.header("idempotency-key", Uuid::now_v7().to_string())).await;

    let tables = platform::tables(&Ground::serve(platform::tables).await.resources);
    let routes = tables.iter().flat_map(mux::Routes::iter).map(|route| route.path().to_owned()).collect();
    let expressions = expressions();
    assert!(expressions.len() > 100, "{}", expressions.len());
    // Some are measured every quarter of a minute.
    let mut last = Vec::new();
    let all = eventually(Duration::from_secs(40), async || {
        let exported = exported(&get(format!("{}/metrics", process.debug)).await.body);
        last = missing(&expressions, &exported, &routes);
        last.is_empty().then_some(exported)
    });
    let Some(exported) = all.await else { panic!("{}", last.join("\n")) };

    // What is not there is found: a metric, a label, a grouping, a route.
    for (planted, told) in [
        ("rate(http_requests_total[5m])", "no program exports http_requests_total"),
        ("db_pool_waiting{pool=\"main\"}", "db_pool_waiting has no label pool"),
        ("sum by (shard) (db_pool_waiting)", "no metric has a label shard"),
        ("http_server_request_duration_seconds_count{route=\"/v1/films\"}", "nobody serves /v1/films"),
    ] {
        let found = missing(&[("here".to_owned(), planted.to_owned())], &exported, &routes);
        assert_eq!(found, [format!("here: {told}")]);
    }
    process.stop().await;
    accounts.stop().await;
}

#[test]
fn every_alert_has_a_page_in_the_runbook_and_every_page_an_alert() {
    let runbook = std::fs::read_to_string(format!("{FOLDER}/runbook.md")).unwrap();
    let pages: BTreeSet<String> =
        runbook.lines().filter_map(|line| line.strip_prefix("## ")).map(str::to_owned).collect();
    let mut alerts = BTreeSet::new();
    for name in ["routes", "services", "machine"] {
        let rules = std::fs::read_to_string(format!("{FOLDER}/rules/{name}.yaml")).unwrap();
        for alert in rules.split("- alert: ").skip(1) {
            let name = alert.lines().next().unwrap().trim();
            assert!(alert.contains(&format!("runbook: runbook.md#{}", name.to_lowercase())), "{name} leads to no page");
            alerts.insert(name.to_owned());
        }
    }
    assert_eq!(alerts, pages);
    for page in runbook.split("\n## ").skip(1) {
        assert!(page.contains("*You see*") && page.contains("*Why*") && page.contains("*Do*"), "{page}");
    }
}

#[test]
fn prometheus_takes_the_rules_and_alerts_fire_when_they_should() {
    let installer = Path::new(FOLDER).join("../dev/install.sh");
    assert!(Command::new(installer).arg("promtool").status().unwrap().success());
    let promtool = |arguments: &[&str]| {
        let output = Command::new("promtool").args(arguments).current_dir(FOLDER).output().unwrap();
        assert!(
            output.status.success(),
            "promtool {arguments:?}\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    };
    promtool(&["check", "rules", "rules/routes.yaml", "rules/services.yaml", "rules/machine.yaml"]);
    promtool(&["check", "config", "prometheus.yml"]);
    promtool(&["test", "rules", "tests/routes.yaml"]);
}
