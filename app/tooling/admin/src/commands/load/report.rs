//! A run as one HTML file that needs nothing else: no script, no font, no network.

use std::fmt::Write as _;

use super::monitor::Moment;
use super::plot::{Chart, Series, escaped, seconds};
use super::record::{Quantiles, Record};
use super::summary::{change, heading, mebibytes};
use super::verdict::{percent, shown, warnings};

const STYLE: &str = include_str!("report.css");

/// The report; `before` is what the run is compared with.
pub(crate) fn html(record: &Record, before: Option<&Record>) -> String {
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = write_page(&mut page, record, before);
    page
}

fn write_page(page: &mut String, record: &Record, before: Option<&Record>) -> std::fmt::Result {
    let title = escaped(&heading(record));
    writeln!(page, "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">")?;
    writeln!(page, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")?;
    writeln!(page, "<title>Load: {title}</title><style>{STYLE}</style><main>")?;
    header(page, record, &title)?;
    tiles(page, record, before)?;
    for warning in warnings(record) {
        writeln!(page, "<p class=\"warning\">{}</p>", escaped(&warning))?;
    }
    writeln!(page, "<h2>Over time</h2>")?;
    for chart in over_time(record) {
        writeln!(page, "{}", chart.html())?;
    }
    writeln!(page, "<h2>Latency by share of requests</h2>{}", curve(record, before).html())?;
    latencies(page, record, before)?;
    outcomes(page, record)?;
    facts(page, record, before)?;
    writeln!(page, "</main></html>")
}

fn header(page: &mut String, record: &Record, title: &str) -> std::fmt::Result {
    let (class, word) = if record.met { ("met", "All goals met") } else { ("missed", "Goals missed") };
    writeln!(page, "<header><p class=\"verdict {class}\">{word}</p><h1>{title}</h1>")?;
    write!(page, "<p class=\"sub\">{}", escaped(&record.at))?;
    if let Some(service) = &record.service {
        write!(page, " · {}", escaped(&service.build))?;
    }
    writeln!(page, "</p></header>")
}

fn tiles(page: &mut String, record: &Record, before: Option<&Record>) -> std::fmt::Result {
    writeln!(page, "<section class=\"tiles\">")?;
    for goal in &record.goals {
        let class = if goal.met { "met" } else { "missed" };
        let mark = if goal.met { "✓" } else { "✗" };
        tile(page, class, &format!("{} {mark}", goal.name), &goal.found, &goal.wanted)?;
    }
    let compared =
        |now: f64, then: Option<f64>| then.map(|then| format!("before: {} ({})", shown(then), change(now, then)));
    let latency = &record.latency;
    let then = before.map(|before| &before.latency);
    for (name, now, then) in [
        ("p50", latency.p50, then.map(|then| then.p50)),
        ("p99", latency.p99, then.map(|then| then.p99)),
        ("p99.9", latency.p999, then.map(|then| then.p999)),
    ] {
        if record.goals.iter().all(|goal| goal.name != name) {
            let found = if record.curve.is_empty() { "-".to_owned() } else { shown(now) };
            tile(page, "", name, &found, &compared(now, then).unwrap_or_else(|| "no goal".to_owned()))?;
        }
    }
    writeln!(page, "</section>")
}

fn tile(page: &mut String, class: &str, name: &str, value: &str, note: &str) -> std::fmt::Result {
    writeln!(
        page,
        "<div class=\"tile {class}\"><span>{}</span><b>{}</b><small>{}</small></div>",
        escaped(name),
        escaped(value),
        escaped(note)
    )
}

/// Every plot with the same time axis, one below the other.
fn over_time(record: &Record) -> Vec<Chart<'static>> {
    let chart = |title, series, unit, notes| Chart {
        title,
        series,
        limit: None,
        end: record.seconds,
        ticks: seconds(record.seconds),
        unit,
        logarithmic: false,
        notes,
    };
    let mut charts = vec![
        Chart {
            limit: goal(record),
            logarithmic: true,
            ..chart("Latency, from when requests were due", latency_series(record), tick, slice_notes(record))
        },
        chart("Requests a second", request_series(record), number, slice_notes(record)),
        chart(
            "Requests unanswered at once",
            vec![line("under way", "c1", record.slices.iter().map(|slice| (slice.at, slice.in_flight as f64)))],
            number,
            slice_notes(record),
        ),
    ];
    let of = |of: fn(&Moment) -> f64| record.moments.iter().map(move |moment| (moment.at, of(moment)));
    let pool = |of: fn(&super::monitor::Pool) -> f64| {
        record.moments.iter().map(move |moment| (moment.at, moment.pool.as_ref().map_or(f64::NAN, of)))
    };
    let most = record.moments.iter().filter_map(|moment| moment.pool.as_ref()).map(|pool| pool.most).next_back();
    charts.push(Chart {
        limit: most.map(|most| (most, format!("limit: {most:.0} connections"))),
        ..chart(
            "The service's pool of database connections",
            vec![line("busy", "c1", pool(|pool| pool.busy)), line("requests waiting", "c3", pool(|pool| pool.waiting))],
            number,
            moment_notes(record),
        )
    });
    charts.push(chart(
        "Wait for a connection, on average",
        vec![line("wait", "c3", pool(|pool| pool.wait))],
        tick,
        moment_notes(record),
    ));
    charts.push(chart(
        "Processors kept busy by the service",
        vec![line("processors", "c1", of(|moment| moment.processors))],
        number,
        moment_notes(record),
    ));
    charts.push(chart(
        "Memory of the service",
        vec![line("resident", "c2", of(|moment| mebibytes(moment.memory)))],
        |mebibytes| format!("{mebibytes} MiB"),
        moment_notes(record),
    ));
    charts
}

fn goal(record: &Record) -> Option<(f64, String)> {
    let goal = record.goals.iter().find(|goal| goal.name == "p99")?;
    Some((record.p99_goal?, format!("goal for p99: {}", goal.wanted)))
}

fn latency_series(record: &Record) -> Vec<Series<'static>> {
    let of = |of: fn(&Quantiles) -> f64| {
        record.slices.iter().map(move |slice| (slice.at, slice.latency.as_ref().map_or(f64::NAN, of)))
    };
    vec![
        line("most", "c4", of(|latency| latency.most)),
        line("p99", "c3", of(|latency| latency.p99)),
        line("p90", "c2", of(|latency| latency.p90)),
        line("p50", "c1", of(|latency| latency.p50)),
    ]
}

fn request_series(record: &Record) -> Vec<Series<'static>> {
    vec![
        line("due", "c4", record.slices.iter().map(|slice| (slice.at, slice.due))),
        line("answered", "c1", record.slices.iter().map(|slice| (slice.at, slice.answered))),
        line("failed", "c3", record.slices.iter().map(|slice| (slice.at, slice.bad))),
    ]
}

fn line(name: &'static str, class: &'static str, points: impl Iterator<Item = (f64, f64)>) -> Series<'static> {
    Series { name, class, points: points.collect() }
}

fn slice_notes(record: &Record) -> Vec<(f64, f64, String)> {
    let note = |(index, slice): (usize, &super::record::Slice)| {
        let from = index as f64 * record.width;
        let latency = match &slice.latency {
            Some(of) => {
                format!("p50 {}, p90 {}, p99 {}, most {}", shown(of.p50), shown(of.p90), shown(of.p99), shown(of.most))
            }
            None => "no answer to what was due".to_owned(),
        };
        let text = format!(
            "at {from:.1} s\n{latency}\ndue {}, answered {}, failed {} a second; at most {} under way",
            number(slice.due),
            number(slice.answered),
            number(slice.bad),
            slice.in_flight
        );
        (from, from + record.width, text)
    };
    record.slices.iter().enumerate().map(note).collect()
}

fn moment_notes(record: &Record) -> Vec<(f64, f64, String)> {
    let mut from = 0.0;
    let mut notes = Vec::new();
    for moment in &record.moments {
        let mut text = format!(
            "at {:.1} s\n{:.2} processors, {:.1} MiB, {:.0} requests in work",
            moment.at,
            moment.processors,
            mebibytes(moment.memory),
            moment.active_requests
        );
        if let Some(pool) = &moment.pool {
            let wait = shown(pool.wait);
            // Writing to a string cannot fail.
            let _ =
                write!(text, "\npool: {} of {} busy, {} waiting, {wait} waited", pool.busy, pool.most, pool.waiting);
        }
        notes.push((from, moment.at, text));
        from = moment.at;
    }
    notes
}

/// Latency by share, each nine as wide as the one before.
fn curve<'a>(record: &Record, before: Option<&Record>) -> Chart<'a> {
    const TICKS: [(f64, &str); 7] = [
        (0.0, "0 %"),
        (0.9, "90 %"),
        (0.99, "99 %"),
        (0.999, "99.9 %"),
        (0.9999, "99.99 %"),
        (0.99999, "99.999 %"),
        (0.999999, "99.9999 %"),
    ];
    let nines = |share: f64| -(1.0 - share).max(1e-9).log10();
    let points = |record: &Record| record.curve.iter().map(|(share, ms)| (nines(*share), *ms)).collect::<Vec<_>>();
    let mut series = vec![Series { name: "this run", class: "c1", points: points(record) }];
    if let Some(before) = before {
        series.insert(0, Series { name: "the run before", class: "c4", points: points(before) });
    }
    let end = series.iter().flat_map(|series| series.points.iter().map(|(at, _)| *at)).fold(0.3, f64::max);
    let mut ticks: Vec<_> = TICKS.into_iter().map(|(share, label)| (nines(share), label.to_owned())).collect();
    ticks.insert(1, (nines(0.5), "50 %".to_owned()));
    ticks.retain(|(at, _)| *at <= end);
    Chart {
        title: "Latency",
        series,
        limit: goal(record),
        end,
        ticks,
        unit: tick,
        logarithmic: true,
        notes: Vec::new(),
    }
}

fn latencies(page: &mut String, record: &Record, before: Option<&Record>) -> std::fmt::Result {
    writeln!(page, "<table><tr><th>from when due<th>requests")?;
    for name in ["p50", "p90", "p95", "p99", "p99.9", "most"] {
        write!(page, "<th>{name}")?;
    }
    let row = |page: &mut String, name: &str, due: u64, cells: [String; 6]| {
        write!(page, "<tr><td>{}<td>{}", escaped(name), grouped(due))?;
        cells.iter().try_for_each(|cell| write!(page, "<td>{}", escaped(cell)))
    };
    row(page, "all", record.due, record.latency.list().map(shown))?;
    if record.routes.len() > 1 {
        for route in &record.routes {
            row(page, &route.name, route.due, route.latency.list().map(shown))?;
        }
    }
    if let Some(before) = before {
        row(page, &format!("before, {}", before.at), before.due, before.latency.list().map(shown))?;
        let (now, then) = (record.latency.list(), before.latency.list());
        let changes = std::array::from_fn(|index| {
            now.get(index).zip(then.get(index)).map(|(now, then)| change(*now, *then)).unwrap_or_default()
        });
        write!(page, "<tr class=\"change\"><td>change<td>")?;
        let changes: [String; 6] = changes;
        changes.iter().try_for_each(|cell| write!(page, "<td>{}", escaped(cell)))?;
    }
    writeln!(page, "</table>")
}

fn outcomes(page: &mut String, record: &Record) -> std::fmt::Result {
    writeln!(page, "<h2>Answers and failures</h2><table class=\"narrow\"><tr><th>outcome<th>requests<th>share")?;
    for one in &record.outcomes {
        let (class, share) = (if one.good { "good" } else { "bad" }, one.count as f64 / record.due.max(1) as f64);
        let (outcome, share) = (escaped(&one.outcome), percent(share));
        write!(page, "<tr class=\"{class}\"><td>{outcome}<td>{}<td>{share}", grouped(one.count))?;
    }
    writeln!(page, "</table>")?;
    if !record.first_failures.is_empty() {
        writeln!(page, "<h3>The first failures</h3><table class=\"narrow\"><tr><th>due at<th>route<th>outcome")?;
        for failed in &record.first_failures {
            let (route, outcome) = (escaped(&failed.route), escaped(&failed.outcome));
            write!(page, "<tr><td>{:.3} s<td class=\"text\">{route}<td class=\"text\">{outcome}", failed.due)?;
        }
        writeln!(page, "</table>")?;
    }
    Ok(())
}

fn facts(page: &mut String, record: &Record, before: Option<&Record>) -> std::fmt::Result {
    let parameters = &record.parameters;
    let mut facts: Vec<(&str, String)> = vec![
        ("service", parameters.url.clone()),
        ("routes", parameters.routes.join(", ")),
        ("arrivals", if parameters.poisson { "at random (Poisson)" } else { "evenly spaced" }.to_owned()),
        ("connections", if parameters.fresh { "one for each request" } else { "kept" }.to_owned()),
        ("given up after", format!("{} s", parameters.timeout)),
        ("in flight at most", parameters.in_flight.to_string()),
    ];
    if let Some(service) = &record.service {
        let (from, to) = (mebibytes(service.memory.0), mebibytes(service.memory.1));
        let (processors, request) = (service.processors, service.processor_per_request);
        facts.push(("the service used", format!("{processors:.2} processors, {request:.2} ms a request")));
        facts.push(("its memory", format!("{from:.1} to {to:.1} MiB")));
        let waited = shown(service.waited * 1000.0);
        facts.push((
            "its pool",
            format!(
                "{:.0} connections taken, {waited} waited in all, {:.0} refused",
                service.acquired, service.refused
            ),
        ));
    }
    let generator = &record.generator;
    let (lag, most) = (shown(generator.lag.p99), shown(generator.lag.most));
    facts.push((
        "the generator",
        format!("{:.2} processors; it sent {lag} late at p99, {most} at most", generator.processors),
    ));
    if let Some(before) = before.filter(|before| before.parameters != *parameters) {
        facts.push(("compared with", format!("a run with other flags, of {}", before.at)));
    }
    writeln!(page, "<h2>What was run</h2><dl>")?;
    for (name, value) in facts {
        writeln!(page, "<dt>{name}<dd>{}", escaped(&value))?;
    }
    writeln!(
        page,
        "</dl><p class=\"sub\">Requests were due on a schedule that answers do not slow down. Latency is counted from when a \
         request was due. One that timed out or was held back stands in it with the timeout; other failures are counted, \
         and have no latency.</p>"
    )
}

/// Milliseconds beside an axis: its values are round.
fn tick(milliseconds: f64) -> String {
    if milliseconds >= 1000.0 { format!("{} s", milliseconds / 1000.0) } else { format!("{milliseconds} ms") }
}

fn number(value: f64) -> String {
    if value >= 10.0 || value.fract() == 0.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

/// With a comma at the thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn great_numbers_are_grouped() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
