//! Metrics of requests.

use std::{
    sync::{PoisonError, RwLock},
    time::Duration,
};

use metrics::{Gauge, Histogram, SharedString, Unit};

const DURATION: &str = "http_server_request_duration_seconds";
const ACTIVE: &str = "http_server_active_requests";

/// The metrics of one route. Made once, when the routes are: finding a metric by its labels costs five times as
/// much as recording it. Must be made after telemetry was started.
#[derive(Debug)]
pub struct RouteMetrics {
    method: SharedString,
    route: SharedString,
    active: Gauge,
    /// A handful for each route.
    by_status: RwLock<Vec<(u16, Histogram)>>,
}

impl RouteMetrics {
    /// Metrics of a method and the template of its path, as `GET` and `/v1/movies/{id}`; never of a path itself.
    pub fn new(method: impl Into<SharedString>, route: impl Into<SharedString>) -> Self {
        let active = metrics::gauge!(ACTIVE);
        Self { method: method.into(), route: route.into(), active, by_status: RwLock::default() }
    }

    /// Counts a request as being in work until the guard is dropped, also when its client leaves.
    #[must_use]
    pub fn begin(&self) -> InFlight {
        self.active.increment(1.0);
        InFlight(self.active.clone())
    }

    /// Records an answer.
    pub fn record(&self, status: u16, elapsed: Duration) {
        let known = self.by_status.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, histogram)) = known.iter().find(|(known, _)| *known == status) {
            return histogram.record(elapsed);
        }
        drop(known);
        let (method, route) = (self.method.clone(), self.route.clone());
        let histogram =
            metrics::histogram!(DURATION, "method" => method, "route" => route, "status" => status.to_string());
        histogram.record(elapsed);
        let mut known = self.by_status.write().unwrap_or_else(PoisonError::into_inner);
        if !known.iter().any(|(known, _)| *known == status) {
            known.push((status, histogram));
        }
    }
}

/// A request in work.
#[derive(Debug)]
pub struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

pub(crate) fn describe() {
    metrics::describe_histogram!(DURATION, Unit::Seconds, "Time to answer, by method, route template and status.");
    metrics::describe_gauge!(ACTIVE, Unit::Count, "Requests in work.");
}
