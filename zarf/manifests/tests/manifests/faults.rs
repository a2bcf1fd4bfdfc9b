//! One planted fault a rule, each in what kustomize made of a real overlay.

use manifests::Rule;
use serde_json::{Value, json};

use crate::Planted;

const POD: &str = "/spec/template/spec";
const CONTAINER: &str = "/spec/template/spec/containers/0";

fn within(place: &str, rest: &str) -> String {
    format!("{place}{rest}")
}

#[test]
fn a_service_that_finds_no_pod() {
    Planted::into("prod")
        .set("Service", "catalog", "/spec/selector", json!({ "app.kubernetes.io/name": "catalogue" }))
        .comes_out(Rule::Selector, "Service/catalog", "finds no pod");
}

#[test]
fn a_controller_whose_selector_is_of_other_pods() {
    Planted::into("dev")
        .set("Deployment", "orders", "/spec/selector/matchLabels", json!({ "app.kubernetes.io/name": "order" }))
        .comes_out(Rule::Selector, "Deployment/orders", "own pods");
}

#[test]
fn a_budget_and_a_flow_about_nobody() {
    let nobody = json!({ "matchLabels": { "app.kubernetes.io/name": "nobody" } });
    Planted::into("prod").set("PodDisruptionBudget", "nats", "/spec/selector", nobody.clone()).comes_out(
        Rule::Selector,
        "PodDisruptionBudget/nats",
        "finds no pod",
    );
    Planted::into("prod").set("NetworkPolicy", "orders", "/spec/egress/0/to/0/podSelector", nobody).comes_out(
        Rule::Selector,
        "NetworkPolicy/orders",
        "nobody is",
    );
}

#[test]
fn a_port_that_nobody_has() {
    Planted::into("dev").set("Service", "live", "/spec/ports/0/targetPort", json!("http")).comes_out(
        Rule::Port,
        "Service/live",
        "no port http",
    );
    Planted::into("prod")
        .set("Deployment", "live", &within(CONTAINER, "/readinessProbe/httpGet/port"), json!("http"))
        .comes_out(Rule::Port, "Deployment/live", "readinessProbe asks port http");
    Planted::into("prod").set("HTTPRoute", "orders", "/spec/rules/0/backendRefs/0/port", json!(80)).comes_out(
        Rule::Port,
        "HTTPRoute/orders",
        "port 80",
    );
    Planted::into("prod").set("PodMonitor", "marquee", "/spec/podMetricsEndpoints/0/port", json!("metrics")).comes_out(
        Rule::Port,
        "PodMonitor/marquee",
        "no port metrics",
    );
    Planted::into("prod")
        .set("NetworkPolicy", "services-to-nats", "/spec/egress/0/ports/0/port", json!(4223))
        .comes_out(Rule::Port, "NetworkPolicy/services-to-nats", "no port 4223");
}

#[test]
fn a_reference_to_what_is_not_there() {
    Planted::into("prod").set("Deployment", "live", &within(POD, "/serviceAccountName"), json!("lively")).comes_out(
        Rule::Reference,
        "Deployment/live",
        "no ServiceAccount lively",
    );
    Planted::into("prod")
        .set("Deployment", "otel-collector", &within(POD, "/volumes/0/configMap/name"), json!("collector"))
        .comes_out(Rule::Reference, "Deployment/otel-collector", "no ConfigMap collector");
    Planted::into("prod")
        .set("StatefulSet", "nats", &within(CONTAINER, "/volumeMounts/0/name"), json!("date"))
        .comes_out(Rule::Reference, "StatefulSet/nats", "no volume date");
}

#[test]
fn a_key_of_a_secret_that_nobody_puts_there() {
    let key =
        json!({ "name": "NATS_USER", "valueFrom": { "secretKeyRef": { "name": "nats-secrets", "key": "user" } } });
    Planted::into("prod").set("StatefulSet", "nats", &within(CONTAINER, "/env/-"), key).comes_out(
        Rule::Reference,
        "StatefulSet/nats",
        "nats-secrets with a key user",
    );
}

#[test]
fn a_reference_that_is_optional() {
    Planted::into("prod")
        .set("Deployment", "live", &within(CONTAINER, "/envFrom/0/configMapRef/optional"), json!(true))
        .comes_out(Rule::Reference, "Deployment/live", "optional");
}

#[test]
fn a_variable_that_the_program_does_not_know() {
    Planted::into("prod").set("ConfigMap", "orders", "/data/MARQUEE__DB__MAX_CONECTIONS", json!("8")).comes_out(
        Rule::Settings,
        "Deployment/orders",
        "did you mean db.max_connections",
    );
}

#[test]
fn a_value_that_the_program_does_not_take() {
    Planted::into("prod").set("ConfigMap", "orders", "/data/MARQUEE__PEERS__DEADLINE", json!("soon")).comes_out(
        Rule::Settings,
        "Deployment/orders",
        "peers.deadline",
    );
}

#[test]
fn a_setting_that_production_wants_and_nobody_gives() {
    Planted::into("prod").set("ConfigMap", "accounts", "/data/MARQUEE__MAIL__FROM", Value::Null).comes_out(
        Rule::Settings,
        "Deployment/accounts",
        "mail.from",
    );
    Planted::into("prod").set("ConfigMap", "orders", "/data/MARQUEE__AUTH__ISSUER", Value::Null).comes_out(
        Rule::Settings,
        "Deployment/orders",
        "auth.issuer",
    );
}

#[test]
fn a_file_of_settings_without_what_production_wants() {
    let without = |secret: &str, line: &str| {
        let mut planted = Planted::into("prod");
        let text =
            planted.object("ExternalSecret", secret).pointer_mut("/spec/target/template/data/settings.toml").unwrap();
        let kept: Vec<String> =
            text.as_str().unwrap().lines().filter(|one| !one.contains(line)).map(str::to_owned).collect();
        *text = json!(kept.join("\n"));
        planted
    };
    without("accounts-secrets", "smtp_url").comes_out(Rule::Settings, "Deployment/accounts", "mail.smtp_url");
    without("catalog-secrets", "stores").comes_out(Rule::Settings, "Deployment/catalog", "media.stores");
    without("orders-secrets", "postgres://").comes_out(Rule::Settings, "Deployment/orders", "private cluster");
    without("migrate-secrets", "postgres://").comes_out(Rule::Settings, "Job/migrate", "private cluster");
}

#[test]
fn a_file_of_settings_that_no_secret_has() {
    Planted::into("prod")
        .set("Deployment", "live", &within(CONTAINER, "/args/1"), json!("/etc/marquee/secrets/settings.json"))
        .comes_out_among(Rule::Settings, "Deployment/live", "no secret is mounted");
}

#[test]
fn a_password_in_a_config_map_or_a_secret_in_git() {
    let url = ["postgres://marquee:", "hunter2@postgres-rw/marquee"].concat();
    Planted::into("prod").set("ConfigMap", "orders", "/data/MARQUEE__DB__URL", json!(url)).comes_out(
        Rule::Secret,
        "Deployment/orders",
        "MARQUEE__DB__URL is secret",
    );
    let mut planted = Planted::into("prod");
    planted.0.objects.push(json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "orders-secrets" } }));
    planted.comes_out(Rule::Secret, "Secret/orders-secrets", "secret in git");
}

#[test]
fn a_drain_that_does_not_fit_into_the_grace() {
    Planted::into("prod")
        .set("Deployment", "orders", &within(POD, "/terminationGracePeriodSeconds"), json!(36))
        .comes_out(Rule::Grace, "Deployment/orders", "killed after 36 s");
    Planted::into("prod").set("ConfigMap", "orders", "/data/MARQUEE__WEB__SHUTDOWN", json!("30s")).comes_out(
        Rule::Grace,
        "Deployment/orders",
        "may take 46s",
    );
    Planted::into("prod").set("Deployment", "orders", &within(CONTAINER, "/lifecycle"), Value::Null).comes_out(
        Rule::Grace,
        "Deployment/orders",
        "no preStop",
    );
}

#[test]
fn rollouts_scalers_and_budgets_that_disagree() {
    let deployment = |pointer: &str, value| Planted::into("prod").set("Deployment", "live", pointer, value);
    deployment("/spec/replicas", json!(3)).comes_out(Rule::Scale, "Deployment/live", "says replicas");
    deployment("/spec/strategy/type", json!("Recreate")).comes_out(Rule::Scale, "Deployment/live", "maxUnavailable: 0");
    deployment("/spec/strategy/rollingUpdate/maxUnavailable", json!(1)).comes_out(
        Rule::Scale,
        "Deployment/live",
        "maxUnavailable: 0",
    );
    deployment(&within(CONTAINER, "/resources/requests/cpu"), Value::Null).comes_out(
        Rule::Scale,
        "Deployment/live",
        "asks for none",
    );
    Planted::into("prod").set("HorizontalPodAutoscaler", "live", "/spec/minReplicas", json!(1)).comes_out(
        Rule::Scale,
        "Deployment/live",
        "fewer than two",
    );
    Planted::into("prod").set("PodDisruptionBudget", "live", "/spec/maxUnavailable", json!(0)).comes_out(
        Rule::Scale,
        "Deployment/live",
        "never be emptied",
    );
    Planted::into("prod").remove("PodDisruptionBudget", "live").comes_out(
        Rule::Scale,
        "Deployment/live",
        "one PodDisruptionBudget",
    );
    Planted::into("prod").remove("HorizontalPodAutoscaler", "live").comes_out(
        Rule::Scale,
        "Deployment/live",
        "one pod",
    );
}

#[test]
fn a_scaler_of_what_is_not_there() {
    let mut planted = Planted::into("dev");
    let target = json!({ "apiVersion": "apps/v1", "kind": "Deployment", "name": "order" });
    planted.0.objects.push(json!({ "kind": "HorizontalPodAutoscaler", "metadata": { "name": "orders" }, "spec": { "scaleTargetRef": target } }));
    planted.comes_out(Rule::Reference, "HorizontalPodAutoscaler/orders", "no Deployment order");
}

#[test]
fn pools_that_do_not_fit_into_postgresql() {
    Planted::into("prod").set("HorizontalPodAutoscaler", "catalog", "/spec/maxReplicas", json!(12)).comes_out(
        Rule::Connections,
        "prod",
        "PostgreSQL has 600",
    );
    Planted::into("dev")
        .set("StatefulSet", "postgres", &within(CONTAINER, "/args/1"), json!("max_connections=100"))
        .comes_out(Rule::Connections, "dev", "PostgreSQL has 100");
    Planted::into("staging")
        .set("Cluster", "postgres", "/spec/postgresql/parameters/max_connections", Value::Null)
        .comes_out(Rule::Connections, "staging", "nobody says");
}

#[test]
fn a_pod_that_is_not_restricted() {
    let deployment = |rest: &str, value| Planted::into("prod").set("Deployment", "live", rest, value);
    let pod = |rest: &str, value| deployment(&within(POD, rest), value);
    let container = |rest: &str, value| deployment(&within(CONTAINER, rest), value);
    for (planted, what) in [
        (pod("/hostNetwork", json!(true)), "hostNetwork"),
        (pod("/securityContext/runAsNonRoot", Value::Null), "runAsNonRoot"),
        (pod("/securityContext/runAsUser", json!(0)), "numeric runAsUser"),
        (pod("/securityContext/seccompProfile/type", json!("Unconfined")), "seccompProfile"),
        (pod("/automountServiceAccountToken", Value::Null), "token"),
        (pod("/enableServiceLinks", json!(true)), "enableServiceLinks"),
        (pod("/volumes/-", json!({ "name": "node", "hostPath": { "path": "/" } })), "folder of the node"),
        (container("/securityContext/allowPrivilegeEscalation", Value::Null), "allowPrivilegeEscalation"),
        (container("/securityContext/readOnlyRootFilesystem", json!(false)), "readOnlyRootFilesystem"),
        (container("/securityContext/capabilities/drop", json!(["NET_RAW"])), "drop ALL"),
        (container("/securityContext/capabilities/add", json!(["NET_ADMIN"])), "drop ALL"),
        (container("/securityContext/privileged", json!(true)), "privileged"),
        (container("/resources/limits/memory", Value::Null), "limit of memory"),
        (container("/resources/limits/cpu", json!("1")), "no limit of CPU"),
        (container("/livenessProbe", Value::Null), "livenessProbe"),
    ] {
        planted.comes_out(Rule::Restricted, "Deployment/live", what);
    }
    Planted::into("prod").set("Namespace", "marquee", "/metadata/labels", json!({})).comes_out(
        Rule::Restricted,
        "prod",
        "does not enforce",
    );
}

#[test]
fn a_namespace_where_nothing_is_denied() {
    Planted::into("prod").remove("NetworkPolicy", "deny-all").comes_out(Rule::Flow, "prod", "closes both ways");
    Planted::into("prod").set("NetworkPolicy", "deny-all", "/spec/policyTypes", json!(["Ingress"])).comes_out(
        Rule::Flow,
        "prod",
        "closes both ways",
    );
}

#[test]
fn an_image_that_may_be_another_one_tomorrow() {
    let image = |overlay: &str, image: &str| {
        Planted::into(overlay).set("Deployment", "live", &within(CONTAINER, "/image"), json!(image))
    };
    for (name, what) in
        [("marquee/live", "no tag"), ("localhost:5001/marquee/live", "no tag"), ("marquee/live:latest", "latest")]
    {
        image("dev", name).comes_out(Rule::Image, "Deployment/live", what);
    }
    image("prod", "registry.example.com/marquee/live:0.1.0").comes_out(Rule::Image, "Deployment/live", "by its digest");
    image("prod", "marquee/live@sha256:abc").comes_out(Rule::Image, "Deployment/live", "the digest is none");
}

#[test]
fn a_path_that_leads_elsewhere_or_nowhere() {
    Planted::into("prod").set("HTTPRoute", "orders", "/spec/rules/0/matches/3", Value::Null).comes_out_among(
        Rule::Route,
        "HTTPRoute",
        "/v1/sales leads nowhere, and orders serves it",
    );
    Planted::into("prod")
        .set("HTTPRoute", "catalog", "/spec/rules/0/matches/0/path/value", json!("/v1/movies/media"))
        .comes_out_among(Rule::Route, "HTTPRoute", "/v1/movies/{id} leads nowhere");
    Planted::into("prod")
        .set("HTTPRoute", "live", "/spec/rules/0/matches/0/path/value", json!("/v1/orders"))
        .set("HTTPRoute", "live", "/spec/rules/0/matches/0/path/type", json!("Exact"))
        .comes_out_among(Rule::Route, "HTTPRoute", "/v1/orders leads to live");
    Planted::into("prod").set("HTTPRoute", "accounts", "/spec/rules/0/matches/4", Value::Null).comes_out(
        Rule::Route,
        "HTTPRoute",
        "/problems leads nowhere, and every service serves it",
    );
    let nobody = json!({ "path": { "type": "PathPrefix", "value": "/v1/tickets" } });
    Planted::into("prod").set("HTTPRoute", "orders", "/spec/rules/0/matches/-", nobody).comes_out(
        Rule::Route,
        "HTTPRoute",
        "/v1/tickets leads to orders, and nobody serves it",
    );
    Planted::into("prod").set("HTTPRoute", "orders", "/spec/parentRefs/0/sectionName", json!("tls")).comes_out(
        Rule::Route,
        "HTTPRoute/orders",
        "no listener",
    );
}
