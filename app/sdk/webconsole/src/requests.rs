//! The requests that are kept.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use telemetry::recorder::{Filter, Kind, Note, Problem, Recorded, Summary};

use crate::{Console, answer, millis};

/// How many requests an answer has.
const SHOWN: usize = 100;

#[derive(Deserialize)]
pub(crate) struct Asked {
    route: Option<String>,
    /// `4` for all of 4xx, or one status.
    status: Option<u16>,
    /// Milliseconds.
    at_least: Option<f64>,
    q: Option<String>,
    before: Option<u64>,
}

/// The newest requests that match.
pub(crate) async fn query(console: Data<Console>, asked: Query<Asked>) -> HttpResponse {
    let asked = asked.into_inner();
    let present = |text: Option<String>| text.filter(|text| !text.is_empty());
    let filter = Filter {
        route: present(asked.route),
        status: asked
            .status
            .map(|status| if status < 10 { (status * 100, status * 100 + 99) } else { (status, status) }),
        at_least: asked.at_least.and_then(|least| Duration::try_from_secs_f64(least / 1000.0).ok()),
        text: present(asked.q),
        before: asked.before,
    };
    let requests = &console.process().requests;
    let found = requests.query(&filter, SHOWN + 1);
    let next = (found.len() > SHOWN).then(|| found.get(SHOWN - 1).map(|last| last.number)).flatten();
    let (kept, bytes) = requests.size();
    answer::json(&json!({
        "requests": found.iter().take(SHOWN).map(line).collect::<Vec<_>>(),
        "next": next,
        "kept": kept,
        "bytes": bytes,
        "one_of": requests.one_of(),
    }))
}

/// All that is kept of a trace.
pub(crate) async fn query_by_id(console: Data<Console>, trace_id: Path<String>) -> HttpResponse {
    let found = console.process().requests.find(&trace_id);
    if found.is_empty() {
        let words = "nothing is kept of this trace: it was long ago, it was not chosen, or another process served it";
        return answer::refuse(StatusCode::NOT_FOUND, words);
    }
    answer::json(&json!({
        "trace_id": *trace_id,
        "api_url": console.process().api_url,
        "parts": found.iter().take(SHOWN).map(whole).collect::<Vec<_>>(),
    }))
}

fn line(summary: &Summary) -> Value {
    let (statements, statements_took) = summary.statements;
    json!({
        "number": summary.number,
        "trace_id": summary.trace_id,
        "kind": match summary.kind { Kind::Request => "request", Kind::Task => "task" },
        "method": summary.method,
        "name": summary.name,
        "target": summary.target,
        "status": summary.status,
        "at": millis(summary.began_at),
        "took": ms(summary.took),
        "statements": statements,
        "statements_took": ms(statements_took),
        "warnings": summary.warnings,
    })
}

fn whole(recorded: &Recorded) -> Value {
    let mut value = line(&recorded.summary);
    value["headers"] = fields(&recorded.headers);
    value["has_credentials"] = recorded.has_credentials.into();
    value["has_body"] = recorded.has_body.into();
    value["fields"] = fields(&recorded.fields);
    value["dropped"] = recorded.dropped.into();
    value["notes"] = recorded.notes.iter().map(|(begun, note)| noted(*begun, note)).collect();
    value
}

fn noted(begun: Duration, note: &Note) -> Value {
    match note {
        Note::Statement { sql, rows, took, waited, failure } => json!({
            "kind": "sql", "at": ms(begun), "took": ms(*took), "waited": ms(*waited),
            "sql": plain(sql), "rows": rows, "failure": failure,
        }),
        Note::Line { level, target, message, fields: own } => json!({
            "kind": "line", "at": ms(begun), "level": level.as_str(), "target": target, "message": message,
            "fields": fields(own),
        }),
        Note::Work { name, took, fields: own } => json!({
            "kind": "work", "at": ms(begun), "took": took.map(ms), "name": name, "fields": fields(own),
        }),
    }
}

/// A warning or an error, for the first page.
pub(crate) fn problem(problem: &Problem) -> Value {
    json!({
        "number": problem.number,
        "at": millis(problem.at),
        "times": problem.times,
        "level": problem.level.as_str(),
        "target": problem.target,
        "message": problem.message,
        "fields": fields(&problem.fields),
        "trace_id": problem.trace_id,
        "within": problem.within,
    })
}

fn fields(fields: &[(&'static str, String)]) -> Value {
    let fields: Map<String, Value> =
        fields.iter().map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str()))).collect();
    Value::Object(fields)
}

fn ms(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1000.0
}

/// A statement without the indentation that it has in its source.
fn plain(sql: &str) -> String {
    let lines: Vec<&str> = sql.lines().filter(|line| !line.trim().is_empty()).collect();
    let indent = |line: &&str| line.len() - line.trim_start().len();
    // The first line begins where the literal does.
    let common = lines.iter().skip(usize::from(lines.len() > 1)).map(indent).min().unwrap_or(0);
    let cut = |line: &&str| line.get(common.min(indent(line))..).unwrap_or(line).trim_end().to_owned();
    lines.iter().map(cut).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_lose_the_indentation_of_their_source() {
        assert_eq!(plain("\n        SELECT a\n        FROM b\n          WHERE c"), "SELECT a\nFROM b\n  WHERE c");
        assert_eq!(plain("SELECT a\n        FROM b"), "SELECT a\nFROM b");
        assert_eq!(plain("SELECT 1"), "SELECT 1");
        assert_eq!(plain(""), "");
    }
}
