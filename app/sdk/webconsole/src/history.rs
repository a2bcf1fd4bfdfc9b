//! The metrics of the last minutes: what the charts are drawn from.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use exposition::{Point, points};
use serde::Serialize;

use crate::{SAMPLE, millis};

/// How many samples are kept: a quarter of an hour.
const KEPT: usize = 450;

/// Routes that one sample tells of; the busiest.
const ROUTES: usize = 100;

/// Bounds of latency buckets that are kept apart; the last one is what lies above all others.
const BUCKETS: usize = 15;

const REQUESTS: &str = "http_server_request_duration_seconds";

/// How a metric becomes the line of a chart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// As it is.
    Gauge,
    /// How much it grows in a second.
    Rate,
}

/// A line of a chart: the sum of a metric over its labels; `a:b` is that of `a` where `state` is `b`.
struct Series {
    chart: &'static str,
    label: &'static str,
    metric: &'static str,
    /// What is taken away from it.
    less: Option<&'static str>,
    kind: Kind,
    scale: f64,
}

const fn gauge(chart: &'static str, label: &'static str, metric: &'static str) -> Series {
    Series { chart, label, metric, less: None, kind: Kind::Gauge, scale: 1.0 }
}

const fn rate(chart: &'static str, label: &'static str, metric: &'static str) -> Series {
    Series { chart, label, metric, less: None, kind: Kind::Rate, scale: 1.0 }
}

/// The charts beside those of requests: name, title, unit. One is shown when a metric of it is there.
const CHARTS: &[(&str, &str, &str)] = &[
    ("flight", "Requests in work", ""),
    ("pool", "Database pool", "connections"),
    ("units", "Units of database work", "/s"),
    ("cpu", "Processor", "%"),
    ("memory", "Memory", "bytes"),
    ("tasks", "Tasks", ""),
    ("busy", "Time in each second", "ms/s"),
    ("sockets", "Sockets and files", ""),
    ("live", "Live feed", "connections"),
    ("events", "Events and jobs waiting", ""),
];

/// Their lines. What a build does not have is left out.
const SERIES: &[Series] = &[
    gauge("flight", "in work", "http_server_active_requests"),
    Series { less: Some("db_pool_connections_idle"), ..gauge("pool", "in use", "db_pool_connections") },
    gauge("pool", "open", "db_pool_connections"),
    gauge("pool", "at most", "db_pool_connections_max"),
    gauge("pool", "waiting for one", "db_pool_waiting"),
    rate("units", "begun", "db_pool_acquired_total"),
    rate("units", "refused", "db_pool_refused_total"),
    rate("units", "past deadline", "db_deadlines_exceeded_total"),
    Series { scale: 100.0, ..rate("cpu", "of one core", "process_cpu_time_seconds") },
    gauge("memory", "resident", "process_resident_memory_bytes"),
    gauge("memory", "allocated", "allocator_bytes:allocated"),
    gauge("memory", "of the allocator", "allocator_bytes:resident"),
    gauge("tasks", "tokio's own", "tokio_live_tasks_count"),
    gauge("tasks", "of all runtimes", "runtime_tasks"),
    gauge("tasks", "queued for workers", "runtime_worker_local_queue_tasks"),
    gauge("tasks", "queued to block", "runtime_blocking_queue_tasks"),
    Series { scale: 1000.0, ..rate("busy", "workers at work", "runtime_worker_busy_seconds") },
    Series { scale: 1000.0, ..rate("busy", "waiting for a connection", "db_pool_wait_seconds_total") },
    gauge("sockets", "open files", "process_open_fds"),
    gauge("live", "connections", "live_connections"),
    gauge("live", "subscriptions", "live_subscriptions"),
    gauge("events", "events behind", "events_behind"),
    gauge("events", "jobs due", "jobs_due"),
    gauge("events", "dead letters", "events_dead_letters"),
    gauge("events", "dead jobs", "jobs_dead"),
];

/// The samples that are kept.
#[derive(Default)]
pub(crate) struct History(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    samples: VecDeque<Sample>,
    number: u64,
    /// Routes that were seen, as `GET /v1/movies`.
    routes: Vec<String>,
    index: HashMap<String, usize>,
    /// What was counted until the last sample.
    counted: HashMap<usize, Totals>,
    series: Vec<Option<f64>>,
    bounds: Vec<f64>,
    /// Every metric of the last sample, summed over its labels.
    last: HashMap<String, f64>,
}

struct Sample {
    number: u64,
    at: SystemTime,
    seconds: f64,
    values: Vec<Option<f64>>,
    routes: Vec<(usize, Totals)>,
}

/// Requests, counted.
#[derive(Clone, Copy, Default)]
struct Totals {
    requests: u64,
    errors: u64,
    buckets: [u64; BUCKETS],
}

/// A chart as the page draws it.
#[derive(Serialize)]
pub(crate) struct Chart {
    id: &'static str,
    title: &'static str,
    unit: &'static str,
    lines: Vec<Shown>,
}

#[derive(Serialize)]
struct Shown {
    label: &'static str,
    values: Vec<Option<f64>>,
}

/// The answer for the page.
#[derive(Serialize)]
pub(crate) struct Charts {
    /// What `since` is next time.
    next: u64,
    /// Seconds between two samples.
    step: u64,
    at: Vec<u64>,
    rate: Vec<f64>,
    errors: Vec<f64>,
    p50: Vec<Option<f64>>,
    p90: Vec<Option<f64>>,
    p99: Vec<Option<f64>>,
    charts: Vec<Chart>,
    routes: Vec<RouteLine>,
}

#[derive(Serialize)]
struct RouteLine {
    route: String,
    requests: u64,
    errors: u64,
    p50: Option<f64>,
    p99: Option<f64>,
}

impl History {
    /// Takes a sample.
    pub(crate) fn take(&self, exposition: &str, at: SystemTime) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.take(exposition, at);
    }

    /// A metric of the last sample, summed over its labels.
    pub(crate) fn last(&self, metric: &str) -> Option<f64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).last.get(metric).copied()
    }

    /// The samples after number `since`, of one route or of all.
    pub(crate) fn charts(&self, since: u64, route: Option<&str>) -> Charts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).charts(since, route)
    }
}

impl Kept {
    fn take(&mut self, exposition: &str, at: SystemTime) {
        let mut sums: HashMap<String, f64> = HashMap::new();
        let mut counted: HashMap<usize, Totals> = HashMap::new();
        for point in points(exposition).filter(|point| point.value.is_finite()) {
            match point.name.strip_prefix(REQUESTS) {
                Some("_bucket") => self.bucket(&point, &mut counted),
                Some("_count") => self.count(&point, &mut counted),
                Some(_) => {}
                None => {
                    if let Some(state) = point.label("state") {
                        *sums.entry(format!("{}:{state}", point.name)).or_default() += point.value;
                    }
                    *sums.entry(point.name.to_owned()).or_default() += point.value;
                }
            }
        }
        let elapsed = self.samples.back().and_then(|last| at.duration_since(last.at).ok());
        let seconds = elapsed.map_or(SAMPLE.as_secs_f64(), |elapsed| elapsed.as_secs_f64()).max(0.001);
        let raw = SERIES.iter().map(|series| {
            let less = series.less.map_or(Some(0.0), |less| sums.get(less).copied());
            Some(sums.get(series.metric)? - less?)
        });
        let raw: Vec<Option<f64>> = raw.collect();
        let values = SERIES.iter().enumerate().map(|(index, series)| {
            let now = raw[index]?;
            let value = match series.kind {
                Kind::Gauge => now,
                Kind::Rate => (now - self.series.get(index).copied().flatten()?).max(0.0) / seconds,
            };
            Some(value * series.scale)
        });
        let values = values.collect();
        let is_first = self.series.is_empty();
        let mut routes: Vec<(usize, Totals)> = counted
            .iter()
            .map(|(route, totals)| (*route, totals.since(self.counted.get(route))))
            // What was counted before the first sample belongs to no interval.
            .filter(|(_, totals)| !is_first && totals.requests > 0)
            .collect();
        routes.sort_by_key(|(_, totals)| std::cmp::Reverse(totals.requests));
        routes.truncate(ROUTES);
        self.number += 1;
        self.samples.push_back(Sample { number: self.number, at, seconds, values, routes });
        if self.samples.len() > KEPT {
            self.samples.pop_front();
        }
        (self.counted, self.series, self.last) = (counted, raw, sums);
    }

    fn route(&mut self, point: &Point<'_>) -> Option<usize> {
        let name = format!("{} {}", point.label("method")?, point.label("route")?);
        if let Some(index) = self.index.get(&name) {
            return Some(*index);
        }
        self.routes.push(name.clone());
        self.index.insert(name, self.routes.len() - 1);
        Some(self.routes.len() - 1)
    }

    fn count(&mut self, point: &Point<'_>, counted: &mut HashMap<usize, Totals>) {
        let Some(route) = self.route(point) else { return };
        let totals = counted.entry(route).or_default();
        totals.requests += point.value as u64;
        if point.label("status").is_some_and(|status| status.starts_with('5')) {
            totals.errors += point.value as u64;
        }
    }

    /// The format counts everything up to a bound; so do these.
    fn bucket(&mut self, point: &Point<'_>, counted: &mut HashMap<usize, Totals>) {
        let Some(bound) = point.label("le").and_then(|bound| bound.replace("+Inf", "inf").parse::<f64>().ok()) else {
            return;
        };
        let known = self.bounds.iter().position(|known| *known == bound);
        let index = known.unwrap_or_else(|| {
            self.bounds.push(bound);
            self.bounds.len() - 1
        });
        let Some(route) = self.route(point) else { return };
        if let Some(bucket) = counted.entry(route).or_default().buckets.get_mut(index) {
            *bucket += point.value as u64;
        }
    }

    fn charts(&self, since: u64, route: Option<&str>) -> Charts {
        let wanted = route.map(|route| self.index.get(route).copied());
        let samples: Vec<&Sample> = self.samples.iter().filter(|sample| sample.number > since).collect();
        let sums: Vec<Totals> = samples
            .iter()
            .map(|sample| {
                let of = sample.routes.iter().filter(|(route, _)| wanted.is_none_or(|wanted| wanted == Some(*route)));
                of.fold(Totals::default(), |sum, (_, totals)| sum.plus(totals))
            })
            .collect();
        let of = |share: f64| sums.iter().map(|sum| sum.quantile(share, &self.bounds)).collect();
        let per_second = |count: fn(&Totals) -> u64| {
            samples.iter().zip(&sums).map(|(sample, sum)| count(sum) as f64 / sample.seconds).collect()
        };
        Charts {
            next: self.number,
            step: SAMPLE.as_secs(),
            at: samples.iter().map(|sample| millis(sample.at)).collect(),
            rate: per_second(|sum| sum.requests),
            errors: per_second(|sum| sum.errors),
            p50: of(0.5),
            p90: of(0.9),
            p99: of(0.99),
            charts: CHARTS.iter().filter_map(|chart| self.chart(*chart, &samples)).collect(),
            routes: self.busiest(),
        }
    }

    fn chart(
        &self,
        (id, title, unit): (&'static str, &'static str, &'static str),
        samples: &[&Sample],
    ) -> Option<Chart> {
        let lines = SERIES
            .iter()
            .enumerate()
            .filter(|(index, series)| series.chart == id && self.series.get(*index).copied().flatten().is_some());
        let lines: Vec<Shown> = lines
            .map(|(index, series)| {
                let values = samples.iter().map(|sample| sample.values.get(index).copied().flatten()).collect();
                Shown { label: series.label, values }
            })
            .collect();
        (!lines.is_empty()).then_some(Chart { id, title, unit, lines })
    }

    /// The routes of all samples, the busiest first.
    fn busiest(&self) -> Vec<RouteLine> {
        let mut sums: BTreeMap<usize, Totals> = BTreeMap::new();
        for (route, totals) in self.samples.iter().flat_map(|sample| &sample.routes) {
            let sum = sums.entry(*route).or_default();
            *sum = sum.plus(totals);
        }
        let mut lines: Vec<RouteLine> = sums
            .into_iter()
            .map(|(route, sum)| RouteLine {
                route: self.routes[route].clone(),
                requests: sum.requests,
                errors: sum.errors,
                p50: sum.quantile(0.5, &self.bounds),
                p99: sum.quantile(0.99, &self.bounds),
            })
            .collect();
        lines.sort_by_key(|line| std::cmp::Reverse(line.requests));
        lines.truncate(ROUTES);
        lines
    }
}

impl Totals {
    fn since(&self, before: Option<&Self>) -> Self {
        let before = before.copied().unwrap_or_default();
        let mut buckets = self.buckets;
        for (bucket, before) in buckets.iter_mut().zip(before.buckets) {
            *bucket = bucket.saturating_sub(before);
        }
        Self {
            requests: self.requests.saturating_sub(before.requests),
            errors: self.errors.saturating_sub(before.errors),
            buckets,
        }
    }

    fn plus(&self, other: &Self) -> Self {
        let mut buckets = self.buckets;
        for (bucket, other) in buckets.iter_mut().zip(other.buckets) {
            *bucket += other;
        }
        Self { requests: self.requests + other.requests, errors: self.errors + other.errors, buckets }
    }

    /// The milliseconds within which this share was answered, as Prometheus estimates it: evenly spread within a bucket.
    fn quantile(&self, share: f64, bounds: &[f64]) -> Option<f64> {
        if self.requests == 0 {
            return None;
        }
        let mut steps: Vec<(f64, u64)> = bounds.iter().copied().zip(self.buckets).collect();
        steps.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        let rank = share * self.requests as f64;
        let (mut low, mut below) = (0.0, 0);
        for (bound, count) in steps {
            if count as f64 >= rank {
                if !bound.is_finite() {
                    // All that is known is that it lies above the last bound.
                    return Some(low * 1000.0);
                }
                let within = (rank - below as f64) / (count - below).max(1) as f64;
                return Some((low + (bound - low) * within) * 1000.0);
            }
            (low, below) = (bound, count);
        }
        Some(low * 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn text(requests: u64, slow: u64, cpu: f64) -> String {
        let labels = "method=\"GET\",route=\"/v1/movies\",status=\"200\"";
        format!(
            "{REQUESTS}_bucket{{{labels},le=\"0.01\"}} {}\n{REQUESTS}_bucket{{{labels},le=\"0.1\"}} {requests}\n\
             {REQUESTS}_bucket{{{labels},le=\"+Inf\"}} {requests}\n{REQUESTS}_count{{{labels}}} {requests}\n\
             {REQUESTS}_count{{method=\"GET\",route=\"/v1/movies\",status=\"503\"}} 0\n\
             allocator_bytes{{state=\"allocated\"}} 7\nallocator_bytes{{state=\"resident\"}} 9\n\
             process_cpu_time_seconds {cpu}\njobs_due{{lane=\"a\"}} 2\njobs_due{{lane=\"b\"}} 3\n",
            requests - slow
        )
    }

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn rates_and_quantiles_are_of_the_time_between_two_samples() {
        let history = History::default();
        history.take(&text(1000, 0, 1.0), at(100));
        history.take(&text(1020, 10, 1.5), at(102));
        let charts = history.charts(0, None);
        assert_eq!(charts.at, [100_000, 102_000]);
        assert_eq!(charts.rate, [0.0, 10.0]);
        assert_eq!(charts.errors, [0.0, 0.0]);
        assert_eq!(charts.p50[0], None);
        assert_eq!(charts.p50[1], Some(10.0));
        let p99 = charts.p99[1].unwrap();
        assert!((98.0..98.5).contains(&p99), "{p99}: of the ten above 10 ms, evenly spread up to 100 ms");
        let cpu = charts.charts.iter().find(|chart| chart.id == "cpu").unwrap();
        assert_eq!(cpu.lines[0].values, [None, Some(25.0)]);
        let waiting = charts.charts.iter().find(|chart| chart.id == "events").unwrap();
        assert_eq!(waiting.lines[0].values, [Some(5.0), Some(5.0)]);
        assert!(charts.charts.iter().all(|chart| chart.id != "live"), "no metric, no chart");
        let memory = charts.charts.iter().find(|chart| chart.id == "memory").unwrap();
        assert_eq!(memory.lines.iter().filter_map(|line| line.values[1]).collect::<Vec<_>>(), [7.0, 9.0]);
        assert_eq!(charts.routes.len(), 1);
        assert_eq!((charts.routes[0].route.as_str(), charts.routes[0].requests), ("GET /v1/movies", 20));
        assert_eq!(history.last("jobs_due"), Some(5.0));
    }

    #[test]
    fn of_a_route_that_nobody_called_there_is_nothing_and_a_page_gets_what_is_new_to_it() {
        let history = History::default();
        for second in 0..5 {
            history.take(&text(1000 + second, 0, 1.0), at(100 + second));
        }
        assert_eq!(history.charts(0, Some("GET /v1/none")).rate, [0.0; 5]);
        assert_eq!(history.charts(0, Some("GET /v1/movies")).rate, [0.0, 1.0, 1.0, 1.0, 1.0]);
        let charts = history.charts(3, None);
        assert_eq!((charts.next, charts.at.len()), (5, 2));
        assert!(history.charts(5, None).at.is_empty());
    }

    #[test]
    fn no_more_than_a_quarter_of_an_hour_is_kept() {
        let history = History::default();
        for second in 0..KEPT as u64 + 7 {
            history.take(&text(1000, 0, 1.0), at(second));
        }
        assert_eq!(history.charts(0, None).at.len(), KEPT);
    }
}
