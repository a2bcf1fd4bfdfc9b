//! A panel of a dashboard, in the words of Grafana.

use serde_json::{Value, json};

/// What a panel shows.
pub(crate) struct Panel {
    pub(crate) title: &'static str,
    /// What to make of it.
    pub(crate) about: &'static str,
    /// A unit of Grafana: `reqps`, `s`, `bytes`, `percentunit`, `short`.
    pub(crate) unit: &'static str,
    /// Expressions, each with its legend.
    pub(crate) lines: &'static [(&'static str, &'static str)],
}

/// Panels a row.
const COLUMNS: usize = 2;
const WIDTH: usize = 24 / COLUMNS;
const HEIGHT: usize = 8;

/// The panel at its place.
pub(crate) fn panel(at: usize, panel: &Panel) -> Value {
    let targets = panel.lines.iter().enumerate().map(|(line, (expression, legend))| {
        json!({
            "datasource": source(),
            "expr": expression,
            "legendFormat": legend,
            "refId": char::from(b'A' + u8::try_from(line).unwrap_or(25).min(25)).to_string(),
        })
    });
    json!({
        "id": at + 1,
        "type": "timeseries",
        "title": panel.title,
        "description": panel.about,
        "datasource": source(),
        "gridPos": {"x": at % COLUMNS * WIDTH, "y": at / COLUMNS * HEIGHT, "w": WIDTH, "h": HEIGHT},
        "fieldConfig": {
            "defaults": {"unit": panel.unit, "min": 0, "custom": {"lineWidth": 1, "fillOpacity": 8, "showPoints": "never"}},
            "overrides": [],
        },
        "options": {
            "legend": {"displayMode": "table", "placement": "bottom", "calcs": ["lastNotNull", "max"]},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
        "targets": targets.collect::<Vec<_>>(),
    })
}

/// The Prometheus that is provisioned.
pub(crate) fn source() -> Value {
    json!({"type": "prometheus", "uid": "prometheus"})
}
