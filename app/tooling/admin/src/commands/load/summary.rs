//! A run for the terminal.

use std::fmt::Write as _;
use std::path::Path;

use console::{Style, measure_text_width};

use super::record::{Quantiles, Record};
use super::verdict::{percent, shown, warnings};
use crate::output::printable;

/// What happened, best first: the verdict, the figures, the reasons.
pub(crate) fn text(record: &Record, before: Option<&Record>, report: Option<&Path>) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_all(&mut text, record, before, report);
    text
}

fn write_all(
    text: &mut String,
    record: &Record,
    before: Option<&Record>,
    report: Option<&Path>,
) -> Result<(), std::fmt::Error> {
    let styles = Styles::new();
    writeln!(text, "{}", heading(record))?;
    writeln!(text)?;
    verdict(text, record, &styles)?;
    writeln!(text)?;
    latency(text, record, before)?;
    writeln!(text)?;
    over_time(text, record)?;
    writeln!(text)?;
    outcomes(text, record, &styles)?;
    writeln!(text)?;
    processes(text, record)?;
    for warning in warnings(record) {
        writeln!(text, "\n{} {warning}", styles.warning.apply_to("note:"))?;
    }
    if let Some(report) = report {
        writeln!(text, "\nreport: {}", printable(&report.display().to_string()))?;
    }
    Ok(())
}

/// What was done, in a sentence.
pub(crate) fn heading(record: &Record) -> String {
    let parameters = &record.parameters;
    let routes = match parameters.routes.as_slice() {
        [one] => one.clone(),
        [one, rest @ ..] => format!("{one} and {} more", rest.len()),
        [] => String::new(),
    };
    let spread = if parameters.poisson { "at random, on average " } else { "" };
    printable(&format!(
        "{routes} on {}: {spread}{} a second for {} s, after {} s of warm-up",
        parameters.url, parameters.rate, parameters.seconds, parameters.warm_up
    ))
}

fn verdict(text: &mut String, record: &Record, styles: &Styles) -> std::fmt::Result {
    let width = record.goals.iter().map(|goal| goal.found.len()).max().unwrap_or_default();
    for goal in &record.goals {
        let mark = if goal.met { styles.good.apply_to("✓ met   ") } else { styles.bad.apply_to("✗ missed") };
        writeln!(text, "  {mark}  {:<7} {:<width$}  {}", goal.name, goal.found, goal.wanted)?;
    }
    Ok(())
}

fn latency(text: &mut String, record: &Record, before: Option<&Record>) -> std::fmt::Result {
    let names = ["p50", "p90", "p95", "p99", "p99.9", "most"];
    let mut rows: Vec<(String, Vec<String>)> = Vec::new();
    let all = |quantiles: &Quantiles| quantiles.list().map(shown).to_vec();
    rows.push(("all".to_owned(), all(&record.latency)));
    if record.routes.len() > 1 {
        rows.extend(record.routes.iter().map(|route| (printable(&route.name), all(&route.latency))));
    }
    if let Some(before) = before {
        rows.push((format!("before, {}", before.at), all(&before.latency)));
        let changes = record.latency.list().into_iter().zip(before.latency.list()).map(|(now, then)| change(now, then));
        rows.push(("change".to_owned(), changes.collect()));
    }
    let label = rows.iter().map(|(label, _)| measure_text_width(label)).max().unwrap_or_default().max(14);
    write!(text, "  {:label$}", "from when due")?;
    for name in names {
        write!(text, " {name:>9}")?;
    }
    writeln!(text)?;
    for (name, cells) in rows {
        write!(text, "  {name:label$}")?;
        for cell in cells {
            write!(text, " {cell:>9}")?;
        }
        writeln!(text)?;
    }
    Ok(())
}

/// By how much a figure changed.
pub(crate) fn change(now: f64, then: f64) -> String {
    if then <= 0.0 {
        return "-".to_owned();
    }
    let percent = (now / then - 1.0) * 100.0;
    if percent.abs() < 0.5 { "same".to_owned() } else { format!("{percent:+.0} %") }
}

fn over_time(text: &mut String, record: &Record) -> std::fmt::Result {
    let quantile = |of: fn(&Quantiles) -> f64| -> Vec<f64> {
        record.slices.iter().map(|slice| slice.latency.as_ref().map_or(f64::NAN, of)).collect()
    };
    let mut lines = vec![
        ("p50", quantile(|latency| latency.p50), Unit::Milliseconds),
        ("p99", quantile(|latency| latency.p99), Unit::Milliseconds),
        ("answers a second", record.slices.iter().map(|slice| slice.answered).collect(), Unit::Number),
        ("failures a second", record.slices.iter().map(|slice| slice.bad).collect(), Unit::Number),
    ];
    if !record.moments.is_empty() {
        let moments = |of: fn(&super::monitor::Moment) -> f64| record.moments.iter().map(of).collect();
        lines.push(("pool: busy", moments(|at| at.pool.as_ref().map_or(f64::NAN, |pool| pool.busy)), Unit::Number));
        lines.push((
            "pool: wait",
            moments(|at| at.pool.as_ref().map_or(f64::NAN, |pool| pool.wait)),
            Unit::Milliseconds,
        ));
        lines.push(("processors", moments(|at| at.processors), Unit::Number));
    }
    let columns = record.slices.len().clamp(1, 60);
    for (name, values, unit) in lines {
        let known = || values.iter().copied().filter(|value| value.is_finite());
        let (least, most) = (known().fold(f64::INFINITY, f64::min), known().fold(0.0, f64::max));
        if least.is_finite() && most > 0.0 {
            let range = format!("{} to {}", unit.shown(least), unit.shown(most));
            writeln!(text, "  {name:<18} {}  {range}", sparkline(&values, most, columns))?;
        }
    }
    Ok(())
}

/// A bar for each column, from nothing to `most`; a blank where there is no value.
fn sparkline(values: &[f64], most: f64, columns: usize) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let bar = |column: usize| {
        let value = values.get(column * values.len() / columns).copied().unwrap_or(f64::NAN);
        if !value.is_finite() {
            return ' ';
        }
        let step = (value / most.max(f64::MIN_POSITIVE) * 8.0).ceil() as usize;
        // A blank for nothing: a single failure is seen.
        step.checked_sub(1).map_or(' ', |step| BARS.get(step).copied().unwrap_or('█'))
    };
    (0..columns).map(bar).collect()
}

fn outcomes(text: &mut String, record: &Record, styles: &Styles) -> std::fmt::Result {
    for one in &record.outcomes {
        let line = format!("{:>9}  {:>7}", one.count, percent(one.count as f64 / record.due.max(1) as f64));
        let style = if one.good { &styles.good } else { &styles.bad };
        writeln!(text, "  {line}  {}", style.apply_to(printable(&one.outcome)))?;
    }
    for failed in record.first_failures.iter().take(3) {
        writeln!(
            text,
            "             at {:.3} s: {}: {}",
            failed.due,
            printable(&failed.route),
            printable(&failed.outcome)
        )?;
    }
    Ok(())
}

fn processes(text: &mut String, record: &Record) -> std::fmt::Result {
    if let Some(service) = &record.service {
        let (before, after) = (mebibytes(service.memory.0), mebibytes(service.memory.1));
        writeln!(
            text,
            "  service    {}: {:.2} processors, {:.2} ms a request; memory {before:.1} to {after:.1} MiB",
            printable(&service.build),
            service.processors,
            service.processor_per_request
        )?;
        writeln!(
            text,
            "             pool: {:.0} connections taken, {} waited in all, {:.0} refused",
            service.acquired,
            shown(service.waited * 1000.0),
            service.refused
        )?;
    }
    let generator = &record.generator;
    writeln!(
        text,
        "  generator  {:.2} processors; sent {} late at p99, {} at most",
        generator.processors,
        shown(generator.lag.p99),
        shown(generator.lag.most)
    )
}

pub(crate) fn mebibytes(bytes: f64) -> f64 {
    bytes / 1024.0 / 1024.0
}

#[derive(Clone, Copy)]
enum Unit {
    Milliseconds,
    Number,
}

impl Unit {
    fn shown(self, value: f64) -> String {
        match self {
            Self::Milliseconds => shown(value),
            Self::Number if value >= 100.0 || value.fract() == 0.0 => format!("{value:.0}"),
            Self::Number => format!("{value:.2}"),
        }
    }
}

impl Quantiles {
    /// p50, p90, p95, p99, p99.9, most.
    pub(crate) fn list(&self) -> [f64; 6] {
        [self.p50, self.p90, self.p95, self.p99, self.p999, self.most]
    }
}

/// Colours for terminals.
struct Styles {
    good: Style,
    bad: Style,
    warning: Style,
}

impl Styles {
    fn new() -> Self {
        let style = || Style::new().force_styling(console::colors_enabled());
        Self { good: style().green(), bad: style().red().bold(), warning: style().yellow().bold() }
    }
}
