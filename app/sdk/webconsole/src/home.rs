//! The first page: what runs, how it is configured, how close it is to its limits, what went wrong last.

use std::fs;
use std::time::{Duration, SystemTime};

use actix_web::HttpResponse;
use actix_web::web::Data;
use migrate::State;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{Console, answer, millis, requests, within};

/// How many problems are shown.
const PROBLEMS: usize = 50;

/// Something that has an end, and how much of it is taken.
#[derive(Serialize)]
struct Limit {
    name: &'static str,
    used: f64,
    max: f64,
    unit: &'static str,
    /// The setting, or whoever sets it.
    set_by: &'static str,
}

pub(crate) async fn home(console: Data<Console>) -> HttpResponse {
    let process = console.process();
    let ready = (process.ready)().await;
    let uptime = SystemTime::now().duration_since(console.0.started).unwrap_or(Duration::ZERO);
    let settings: Vec<Value> = process
        .settings
        .iter()
        .map(|shown| {
            let source = shown.source.to_string();
            json!({ "key": shown.key, "value": shown.value, "source": source })
        })
        .collect();
    answer::json(&json!({
        "service": process.name,
        "version": process.version,
        "environment": process.environment.as_str(),
        "writable": console.is_development(),
        "api_url": process.api_url,
        "started": millis(console.0.started),
        "uptime": uptime.as_secs(),
        "ready": ready.as_ref().err().map_or("ready", String::as_str),
        "is_ready": ready.is_ok(),
        "limits": limits(&console),
        "migrations": migrations(&console).await,
        "settings": settings,
        "problems": process.requests.problems(PROBLEMS).iter().map(requests::problem).collect::<Vec<_>>(),
    }))
}

async fn migrations(console: &Console) -> Value {
    let Some(db) = console.db() else { return Value::Null };
    match within(migrate::status(db)).await {
        Ok(found) => found
            .iter()
            .map(|status| {
                let (state, at) = match status.state {
                    State::Applied { at } => ("applied", Some(at.timestamp_millis())),
                    State::Pending => ("pending", None),
                    State::Changed { at } => ("changed", Some(at.timestamp_millis())),
                    State::Unknown { at } => ("unknown to this program", Some(at.timestamp_millis())),
                };
                json!({ "file": status.file, "state": state, "at": at })
            })
            .collect(),
        Err(error) => json!({ "error": error.to_string() }),
    }
}

fn limits(console: &Console) -> Vec<Limit> {
    let process = console.process();
    let metric = |name: &str| console.0.history.last(name);
    let mut limits = Vec::new();
    if let Some(db) = console.db() {
        let stats = db.stats();
        limits.push(Limit {
            name: "database connections in use",
            used: stats.connections.saturating_sub(stats.idle) as f64,
            max: stats.max_connections as f64,
            unit: "",
            set_by: "db.max_connections",
        });
        limits.push(Limit {
            name: "waiting for a connection",
            used: stats.waiting as f64,
            max: process.max_waiters as f64,
            unit: "",
            set_by: "db.max_waiters",
        });
    }
    let mut add = |name, used: Option<f64>, max: Option<f64>, unit, set_by| {
        if let (Some(used), Some(max)) = (used, max.filter(|max| *max > 0.0)) {
            limits.push(Limit { name, used, max, unit, set_by });
        }
    };
    let in_work = metric("http_server_active_requests");
    add("requests in work", in_work, Some(process.max_in_flight as f64), "", "web.max_in_flight");
    add("open files", metric("process_open_fds"), metric("process_max_fds"), "", "ulimit -n");
    let live = metric("live_connections");
    add("live connections", live, metric("live_connections_max"), "", "live.max_connections");
    let resident = metric("process_resident_memory_bytes");
    match cgroup() {
        Some((used, max)) => add("memory of the container", Some(used), Some(max), "bytes", "memory.max of the cgroup"),
        None => add("memory", resident, machine(), "bytes", "this machine"),
    }
    limits
}

/// Memory of the control group, where it has a limit.
fn cgroup() -> Option<(f64, f64)> {
    let read =
        |name: &str| -> Option<f64> { fs::read_to_string(format!("/sys/fs/cgroup/{name}")).ok()?.trim().parse().ok() };
    Some((read("memory.current")?, read("memory.max")?))
}

/// Memory of the machine.
fn machine() -> Option<f64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok().map(|kilobytes| kilobytes * 1024.0)
}
