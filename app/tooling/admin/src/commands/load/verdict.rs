//! What was wanted, and whether it was met.

use std::time::Duration;

use load::Run;

use crate::cli::Load;

use super::record::{Goal, Record};

/// The share of what is due that has to be answered in time for the rate to count as kept.
const RATE_KEPT: f64 = 0.95;

/// A generator that is later than this does not measure the service alone.
const LATE: Duration = Duration::from_millis(10);

pub(crate) fn goals(arguments: &Load, run: &Run) -> Vec<Goal> {
    let mut goals = Vec::new();
    for (name, share, wanted) in [("p50", 0.5, arguments.p50), ("p99", 0.99, arguments.p99)] {
        let Some(wanted) = wanted else { continue };
        let found = run.latency.at(share);
        goals.push(Goal {
            name: name.to_owned(),
            wanted: format!("at most {}", shown(milliseconds(wanted))),
            found: if run.latency.count() == 0 { "no answer".to_owned() } else { shown(milliseconds(found)) },
            met: run.latency.count() > 0 && found <= wanted,
        });
    }
    let failed = run.bad() as f64 / run.due.max(1) as f64;
    goals.push(Goal {
        name: "errors".to_owned(),
        wanted: format!("at most {}", percent(arguments.errors)),
        found: percent(failed),
        met: run.due > 0 && failed <= arguments.errors,
    });
    // Of what was due, not of what was planned: random arrivals are some more or less.
    let due = run.due as f64 / run.window.as_secs_f64().max(f64::MIN_POSITIVE);
    goals.push(Goal {
        name: "rate".to_owned(),
        wanted: format!("at least {} of {}", percent(RATE_KEPT), a_second(due)),
        found: a_second(run.rate()),
        met: run.due > 0 && run.rate() >= due * RATE_KEPT,
    });
    goals
}

/// What somebody who reads the figures has to know.
pub(crate) fn warnings(record: &Record) -> Vec<String> {
    let mut warnings = Vec::new();
    let lag = record.generator.lag.p99;
    if lag > milliseconds(LATE) {
        warnings.push(format!(
            "the generator itself was late: 1 of 100 requests was sent {} or more after it was due, which stands in every \
             latency here; this machine is too busy for the rate, or for service and load together",
            shown(lag)
        ));
    }
    let answered = |status: &str| record.outcomes.iter().any(|one| one.outcome.starts_with(status));
    if answered("429") {
        warnings.push(
            "the service braked this client (429): start it with MARQUEE__LIMITS__ENABLED=false to measure beyond \
             limits.per_second"
                .to_owned(),
        );
    }
    if answered("401") {
        warnings.push("the service asked who this is (401): --login EMAIL, or --token FILE".to_owned());
    }
    if record.ended_early {
        warnings.push(format!("it was stopped after {:.1} s", record.seconds));
    }
    warnings
}

fn a_second(rate: f64) -> String {
    if rate >= 100.0 { format!("{rate:.0} a second") } else { format!("{rate:.1} a second") }
}

/// Milliseconds as people read them.
pub(crate) fn shown(milliseconds: f64) -> String {
    match milliseconds {
        ms if ms >= 10_000.0 => format!("{:.1} s", ms / 1000.0),
        ms if ms >= 1_000.0 => format!("{:.2} s", ms / 1000.0),
        ms if ms >= 100.0 => format!("{ms:.0} ms"),
        ms if ms >= 10.0 => format!("{ms:.1} ms"),
        ms => format!("{ms:.2} ms"),
    }
}

pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent == 0.0 || percent >= 10.0 {
        format!("{percent:.0} %")
    } else if percent >= 0.1 {
        format!("{percent:.1} %")
    } else {
        format!("{percent:.3} %")
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
