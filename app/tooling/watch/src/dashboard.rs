//! The dashboards. A panel more is an entry more in a list below; a test holds its metrics against a running program.

use serde_json::{Value, json};

use crate::panel::{Panel, panel, source};

/// Requests, as clients see them.
const SERVICE: &[Panel] = &[
    Panel {
        title: "Requests",
        about: "By service. What falls to nothing at once is a gateway or a name, not a service.",
        unit: "reqps",
        lines: &[(
            "sum by (job) (rate(http_server_request_duration_seconds_count{job=~\"$job\"}[$__rate_interval]))",
            "{{job}}",
        )],
    },
    Panel {
        title: "Failures",
        about: "Answers of 5xx by route. 503 is overload or a database that is away, 504 a deadline, 500 a fault.",
        unit: "reqps",
        lines: &[(
            "sum by (method, route, status) (rate(http_server_request_duration_seconds_count{job=~\"$job\", status=~\"5..\"}[$__rate_interval]))",
            "{{status}} {{method}} {{route}}",
        )],
    },
    Panel {
        title: "Refusals",
        about: "Answers of 4xx by status. Many 401 or 429 at once is somebody who guesses.",
        unit: "reqps",
        lines: &[(
            "sum by (status) (rate(http_server_request_duration_seconds_count{job=~\"$job\", status=~\"4..\"}[$__rate_interval]))",
            "{{status}}",
        )],
    },
    Panel {
        title: "In work",
        about: "Requests at once. It climbs when answers become slow, before any is refused (web.max_in_flight).",
        unit: "short",
        lines: &[("sum by (job, instance) (http_server_active_requests{job=~\"$job\"})", "{{job}} {{instance}}")],
    },
    Panel {
        title: "Time to answer",
        about: "Half of the requests, 95 and 99 of 100.",
        unit: "s",
        lines: &[
            (
                "histogram_quantile(0.5, sum by (le) (rate(http_server_request_duration_seconds_bucket{job=~\"$job\"}[$__rate_interval])))",
                "p50",
            ),
            (
                "histogram_quantile(0.95, sum by (le) (rate(http_server_request_duration_seconds_bucket{job=~\"$job\"}[$__rate_interval])))",
                "p95",
            ),
            (
                "histogram_quantile(0.99, sum by (le) (rate(http_server_request_duration_seconds_bucket{job=~\"$job\"}[$__rate_interval])))",
                "p99",
            ),
        ],
    },
    Panel {
        title: "Slowest routes",
        about: "The ten with the highest 99th percentile.",
        unit: "s",
        lines: &[(
            "topk(10, histogram_quantile(0.99, sum by (le, method, route) (rate(http_server_request_duration_seconds_bucket{job=~\"$job\"}[$__rate_interval]))))",
            "{{method}} {{route}}",
        )],
    },
    Panel {
        title: "Budget burnt, by route",
        about: "How many times as fast as 30 days allow, over an hour. 14.4 pages somebody.",
        unit: "short",
        lines: &[(
            "topk(10, route:http_failed:ratio_rate1h / on (method, route) group_left (class) (1 - route:availability_objective:ratio))",
            "{{method}} {{route}}",
        )],
    },
    Panel {
        title: "Calls between services",
        about: "By whom they went to. A fifth more than that in retries, and no more are made.",
        unit: "reqps",
        lines: &[
            ("sum by (peer) (rate(peer_calls_total{job=~\"$job\"}[$__rate_interval]))", "to {{peer}}"),
            ("sum by (peer) (rate(peer_retries_total{job=~\"$job\"}[$__rate_interval]))", "again to {{peer}}"),
        ],
    },
];

/// What the database gives, and what waits for it.
const POOL: &[Panel] = &[
    Panel {
        title: "Connections",
        about: "Open, idle, and how many there may be, of each process.",
        unit: "short",
        lines: &[
            ("sum by (job, instance) (db_pool_connections{job=~\"$job\"})", "open {{job}} {{instance}}"),
            ("sum by (job, instance) (db_pool_connections_idle{job=~\"$job\"})", "idle {{job}} {{instance}}"),
            ("sum by (job, instance) (db_pool_connections_max{job=~\"$job\"})", "at most {{job}} {{instance}}"),
        ],
    },
    Panel {
        title: "Requests that wait for a connection",
        about: "More than none for long: statements are slow, or db.max_connections is small.",
        unit: "short",
        lines: &[("sum by (job, instance) (db_pool_waiting{job=~\"$job\"})", "{{job}} {{instance}}")],
    },
    Panel {
        title: "Refused for want of a connection",
        about: "Each is a 503 (db.acquire_timeout, db.max_waiters).",
        unit: "reqps",
        lines: &[("sum by (job) (rate(db_pool_refused_total{job=~\"$job\"}[$__rate_interval]))", "{{job}}")],
    },
    Panel {
        title: "Time spent waiting",
        about: "Seconds of waiting in each second, all requests together.",
        unit: "short",
        lines: &[("sum by (job) (rate(db_pool_wait_seconds_total{job=~\"$job\"}[$__rate_interval]))", "{{job}}")],
    },
    Panel {
        title: "Deadlines passed",
        about: "Each is a 504 (db.deadline).",
        unit: "reqps",
        lines: &[("sum by (job) (rate(db_deadlines_exceeded_total{job=~\"$job\"}[$__rate_interval]))", "{{job}}")],
    },
    Panel {
        title: "Connections closed rather than kept",
        about: "Their use did not end cleanly: clients that left, servers that went away.",
        unit: "cps",
        lines: &[(
            "sum by (job) (rate(db_connections_closed_unclean_total{job=~\"$job\"}[$__rate_interval]))",
            "{{job}}",
        )],
    },
];

/// The processes themselves.
const RUNTIME: &[Panel] = &[
    Panel {
        title: "Processor time",
        about: "Cores in use, of each process.",
        unit: "short",
        lines: &[(
            "sum by (job, instance) (rate(process_cpu_time_seconds{job=~\"$job\"}[$__rate_interval]))",
            "{{job}} {{instance}}",
        )],
    },
    Panel {
        title: "Resident memory",
        about: "What climbs for days and falls only at restarts is a leak.",
        unit: "bytes",
        lines: &[("sum by (job, instance) (process_resident_memory_bytes{job=~\"$job\"})", "{{job}} {{instance}}")],
    },
    Panel {
        title: "Open files",
        about: "Sockets are files, too.",
        unit: "short",
        lines: &[
            ("sum by (job, instance) (process_open_fds{job=~\"$job\"})", "{{job}} {{instance}}"),
            ("min(process_max_fds{job=~\"$job\"})", "at most"),
        ],
    },
    Panel {
        title: "Threads",
        about: "They climb with blocking work.",
        unit: "short",
        lines: &[("sum by (job, instance) (process_threads{job=~\"$job\"})", "{{job}} {{instance}}")],
    },
    Panel {
        title: "Tasks",
        about: "What is under way. It goes back to where it was when requests do.",
        unit: "short",
        lines: &[("sum by (job, instance) (tokio_live_tasks_count{job=~\"$job\"})", "{{job}} {{instance}}")],
    },
    Panel {
        title: "Tasks that wait for a worker",
        about: "More than a few for long: a worker is blocked, or there are too few.",
        unit: "short",
        lines: &[("sum by (job, instance) (tokio_global_queue_depth{job=~\"$job\"})", "{{job}} {{instance}}")],
    },
    Panel {
        title: "Versions",
        about: "During a rollout there are two.",
        unit: "short",
        lines: &[("count by (service, version) (build_info{job=~\"$job\"})", "{{service}} {{version}}")],
    },
    Panel {
        title: "Lost log lines, undelivered spans",
        about: "What nobody will ever read.",
        unit: "cps",
        lines: &[
            ("sum by (job) (rate(log_lines_lost_total{job=~\"$job\"}[$__rate_interval]))", "lines {{job}}"),
            (
                "sum by (job) (rate(trace_spans_ended_total{job=~\"$job\"}[$__rate_interval]) - rate(trace_spans_delivered_total{job=~\"$job\"}[$__rate_interval]))",
                "spans {{job}}",
            ),
        ],
    },
];

/// What the shop does.
const BUSINESS: &[Panel] = &[
    Panel {
        title: "Orders",
        about: "Made, paid, cancelled, given back. Made and not paid: look at payments.",
        unit: "cpm",
        lines: &[
            (
                "60 * sum(rate(http_server_request_duration_seconds_count{method=\"POST\", route=\"/v1/orders\", status=\"201\"}[5m]))",
                "made",
            ),
            (
                "60 * sum(rate(http_server_request_duration_seconds_count{method=\"POST\", route=\"/v1/orders/{id}/payment\", status=\"201\"}[5m]))",
                "paid",
            ),
            (
                "60 * sum(rate(http_server_request_duration_seconds_count{method=\"POST\", route=\"/v1/orders/{id}/cancellation\", status=\"200\"}[5m]))",
                "cancelled",
            ),
            (
                "60 * sum(rate(http_server_request_duration_seconds_count{method=\"POST\", route=\"/v1/orders/{id}/refund\", status=\"200\"}[5m]))",
                "given back",
            ),
        ],
    },
    Panel {
        title: "Sign-ins",
        about: "Good, refused, slowed down. Refused above good is somebody who guesses.",
        unit: "cpm",
        lines: &[(
            "60 * sum by (status) (rate(http_server_request_duration_seconds_count{method=\"POST\", route=\"/v1/auth/login\"}[5m]))",
            "{{status}}",
        )],
    },
    Panel {
        title: "New accounts",
        about: "Asked for, and activated.",
        unit: "cpm",
        lines: &[
            (
                "60 * sum(rate(http_server_request_duration_seconds_count{method=\"POST\", route=\"/v1/users\", status=\"202\"}[5m]))",
                "asked for",
            ),
            (
                "60 * sum(rate(http_server_request_duration_seconds_count{method=\"POST\", route=\"/v1/users/activation\", status=\"200\"}[5m]))",
                "activated",
            ),
        ],
    },
    Panel {
        title: "Money into wallets",
        about: "Deposits and transfers that were taken.",
        unit: "cpm",
        lines: &[
            (
                "60 * sum(rate(http_server_request_duration_seconds_count{method=\"POST\", route=\"/v1/wallet/deposits\", status=\"201\"}[5m]))",
                "deposits",
            ),
            (
                "60 * sum(rate(http_server_request_duration_seconds_count{method=\"POST\", route=\"/v1/wallet/transfers\", status=\"201\"}[5m]))",
                "transfers",
            ),
        ],
    },
    Panel {
        title: "Jobs",
        about: "Due, at work, given up, by lane.",
        unit: "short",
        lines: &[
            ("sum by (lane) (max by (lane, job) (jobs_due))", "due {{lane}}"),
            ("sum by (lane) (max by (lane, job) (jobs_running))", "at work {{lane}}"),
            ("sum by (lane) (max by (lane, job) (jobs_dead))", "given up {{lane}}"),
        ],
    },
    Panel {
        title: "Oldest job that is due",
        about: "A mail that nobody got yet.",
        unit: "s",
        lines: &[("max by (lane) (jobs_oldest_seconds)", "{{lane}}")],
    },
    Panel {
        title: "Events behind",
        about: "How old the oldest is that a consumer has not had.",
        unit: "s",
        lines: &[("max by (consumer) (events_behind_seconds)", "{{consumer}}")],
    },
    Panel {
        title: "Events in dead letters",
        about: "`admin events` shows and replays them.",
        unit: "short",
        lines: &[("max by (consumer) (events_dead_letters)", "{{consumer}}")],
    },
];

/// Every dashboard, by the name of its file.
pub(crate) fn all() -> Vec<(&'static str, Value)> {
    vec![
        ("service", dashboard("service", "Service", SERVICE)),
        ("pool", dashboard("pool", "Database pool", POOL)),
        ("runtime", dashboard("runtime", "Runtime", RUNTIME)),
        ("business", dashboard("business", "Business", BUSINESS)),
    ]
}

fn dashboard(uid: &str, title: &str, panels: &[Panel]) -> Value {
    let panels: Vec<Value> = panels.iter().enumerate().map(|(at, one)| panel(at, one)).collect();
    json!({
        "uid": format!("marquee-{uid}"),
        "title": format!("Marquee: {title}"),
        "tags": ["marquee"],
        "timezone": "browser",
        "editable": false,
        "graphTooltip": 1,
        "refresh": "30s",
        "schemaVersion": 39,
        "time": {"from": "now-3h", "to": "now"},
        "links": [{"type": "dashboards", "tags": ["marquee"], "asDropdown": false, "includeVars": true, "keepTime": true, "title": ""}],
        "templating": {"list": [{
            "name": "job",
            "label": "service",
            "type": "query",
            "datasource": source(),
            "query": "label_values(build_info, job)",
            "refresh": 2,
            "multi": true,
            "includeAll": true,
            "allValue": ".*",
            "current": {"text": "All", "value": "$__all"},
        }]},
        "panels": panels,
    })
}
