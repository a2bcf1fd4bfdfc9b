//! The rules of Prometheus: what each route is held to, how fast its budget burns, who is told.

use std::fmt::Write as _;

use crate::objective::{Class, Route};

const COUNT: &str = "http_server_request_duration_seconds_count";
const BUCKET: &str = "http_server_request_duration_seconds_bucket";

/// The windows that alerts look at.
const WINDOWS: &[&str] = &["5m", "30m", "1h", "2h", "6h", "1d", "3d"];

/// How many failures have to be there beside their share: on a route that is asked twice an hour one is half.
const FEW: u32 = 5;

/// An alert looks at a long window, which says that it matters, and at a short one, which says that it goes on.
struct Burn {
    /// How many times as fast as the budget allows for 30 days.
    factor: &'static str,
    long: &'static str,
    short: &'static str,
    severity: &'static str,
}

/// The workbook's table 5-8: 2 % of the budget in an hour, 5 % in six, 10 % in three days (and the one between).
const BURNS: &[Burn] = &[
    Burn { factor: "14.4", long: "1h", short: "5m", severity: "page" },
    Burn { factor: "6", long: "6h", short: "30m", severity: "page" },
    Burn { factor: "3", long: "1d", short: "2h", severity: "ticket" },
    Burn { factor: "1", long: "3d", short: "6h", severity: "ticket" },
];

/// The rules of these routes as a file of Prometheus.
pub(crate) fn rules(routes: &[Route]) -> String {
    let mut text = String::from(
        "# Made by `admin check --accept` from the table of routes: what each route is held to, and how fast its budget burns.\n\
         groups:\n",
    );
    objectives(&mut text, routes);
    recorded(&mut text);
    alerts(&mut text);
    text
}

/// A series for each route, so that what is not in the table alerts nobody.
fn objectives(text: &mut String, routes: &[Route]) {
    text.push_str("  - name: objectives\n    interval: 1m\n    rules:\n");
    for Route { method, path, class } in routes {
        let (name, availability) = (class.as_str(), class.availability());
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "      - record: route:availability_objective:ratio\n        \
                     expr: vector({availability})\n        \
                     labels: {{method: {method}, route: \"{path}\", class: {name}}}\n"
        );
    }
}

fn recorded(text: &mut String) {
    for window in WINDOWS {
        let _ = write!(
            text,
            "  - name: routes over {window}\n    interval: 1m\n    rules:\n      \
               - record: route:http_failed:ratio_rate{window}\n        expr: |\n          \
                 (\n            \
                     sum by (method, route) (rate({COUNT}{{status=~\"5..\"}}[{window}]))\n            \
                     or 0 * sum by (method, route) (rate({COUNT}[{window}]))\n          \
                 )\n          \
                 / (sum by (method, route) (rate({COUNT}[{window}])) > 0)\n"
        );
        if !BURNS.iter().any(|burn| burn.severity == "page" && [burn.long, burn.short].contains(window)) {
            continue;
        }
        for class in Class::ALL {
            let (Some(bound), name) = (class.latency(), class.as_str()) else { continue };
            let _ = write!(
                text,
                "      - record: route:http_slow:ratio_rate{window}\n        \
                         labels: {{class: {name}}}\n        expr: |\n          \
                   (\n            \
                       1 - sum by (method, route) (rate({BUCKET}{{le=\"{bound}\"}}[{window}]))\n            \
                       / (sum by (method, route) (rate({COUNT}[{window}])) > 0)\n          \
                   )\n          \
                   and on (method, route) route:availability_objective:ratio{{class=\"{name}\"}}\n"
            );
        }
    }
}

fn alerts(text: &mut String) {
    text.push_str("  - name: budgets of the routes\n    rules:\n");
    for Burn { factor, long, short, severity } in BURNS {
        let alert = if *severity == "page" { "RouteFailsFast" } else { "RouteFailsSlowly" };
        let burns = |window: &str| {
            format!(
                "route:http_failed:ratio_rate{window}\n            \
                 > on (method, route) group_left (class) ({factor} * (1 - route:availability_objective:ratio))"
            )
        };
        let _ = write!(
            text,
            "      - alert: {alert}\n        expr: |\n          \
                   (\n            {}\n          )\n          \
                   and on (method, route) (\n            {}\n          )\n          \
                   and on (method, route) sum by (method, route) (increase({COUNT}{{status=~\"5..\"}}[{long}])) > {FEW}\n        \
                     labels: {{severity: {severity}, window: {long}}}\n        \
                     annotations:\n          \
                       summary: \"{{{{ $labels.method }}}} {{{{ $labels.route }}}}: {{{{ $value | humanizePercentage }}}} fail over {long}\"\n          \
                       description: \"The budget of 30 days burns {factor} times as fast as it may.\"\n          \
                       runbook: runbook.md#{}\n",
            burns(long),
            burns(short),
            alert.to_lowercase(),
        );
    }
    for Burn { factor, long, short, .. } in BURNS.iter().filter(|burn| burn.severity == "page") {
        // 99 of 100: the budget is one hundredth.
        let slow = |window: &str| format!("route:http_slow:ratio_rate{window} > {factor} * 0.01");
        let _ = write!(
            text,
            "      - alert: RouteSlow\n        expr: |\n          \
                   {} and on (method, route, class) {}\n          \
                   and on (method, route) sum by (method, route) (increase({COUNT}[{long}])) > 100\n        \
                     labels: {{severity: ticket, window: {long}}}\n        \
                     annotations:\n          \
                       summary: \"{{{{ $labels.method }}}} {{{{ $labels.route }}}}: {{{{ $value | humanizePercentage }}}} are slow over {long}\"\n          \
                       description: \"99 of 100 are meant to be answered in time; the budget burns {factor} times as fast as it may.\"\n          \
                       runbook: runbook.md#routeslow\n",
            slow(long),
            slow(short),
        );
    }
}
