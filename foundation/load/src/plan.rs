//! What is sent, how often, for how long.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{HOST, HeaderMap, HeaderValue};
use hyper::{Method, Request};

use crate::{Arrivals, Error, Target, Template};

/// A load.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What is asked for, each by its weight.
    pub routes: Vec<Route>,
    /// Requests a second, all routes together.
    pub rate: f64,
    /// How they are spread.
    pub arrivals: Arrivals,
    /// How long requests are due that count; before it comes the warm-up.
    pub duration: Duration,
    /// How long requests are due that do not count.
    pub warm_up: Duration,
    /// How long after it was due a request is given up.
    pub timeout: Duration,
    /// Requests unanswered at once; what is due beyond them is held back, and counted.
    pub in_flight: usize,
    /// Opens a connection for each request.
    pub fresh: bool,
}

/// One kind of request.
#[derive(Clone, Debug)]
pub struct Route {
    /// Who is asked.
    pub target: Target,
    /// The method.
    pub method: Method,
    /// The path with its query.
    pub path: Template,
    /// Headers beside `Host` and `Content-Length`.
    pub headers: HeaderMap,
    /// The body; empty for none.
    pub body: Template,
    /// How often, beside the other routes.
    pub weight: u32,
    /// What it is called in the results.
    pub name: String,
}

impl Plan {
    /// A plan with constant arrivals, no warm-up, a timeout of 10 s, 1000 requests in flight, connections kept.
    #[must_use]
    pub fn new(routes: Vec<Route>, rate: f64, duration: Duration) -> Self {
        Self {
            routes,
            rate,
            arrivals: Arrivals::Constant,
            duration,
            warm_up: Duration::ZERO,
            timeout: Duration::from_secs(10),
            in_flight: 1000,
            fresh: false,
        }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        let complain = |holds: bool, message| if holds { Ok(()) } else { Err(Error::Plan(message)) };
        complain(self.rate.is_finite() && self.rate > 0.0, "the rate is not above 0")?;
        complain(!self.duration.is_zero(), "the duration is 0")?;
        complain(!self.timeout.is_zero(), "the timeout is 0")?;
        complain(self.in_flight > 0, "nothing may be in flight")?;
        complain(self.routes.iter().any(|route| route.weight > 0), "no route has a weight")
    }
}

impl Route {
    /// A GET of a path.
    #[must_use]
    pub fn get(target: Target, path: &str) -> Self {
        Self {
            target,
            method: Method::GET,
            path: Template::new(path),
            headers: HeaderMap::new(),
            body: Template::new(""),
            weight: 1,
            name: format!("GET {path}"),
        }
    }

    /// The request with this number; `None` when its path, filled in, is none.
    pub(crate) fn request(&self, number: u64) -> Option<Request<Full<Bytes>>> {
        let mut request = Request::new(Full::new(Bytes::from(self.body.text(number))));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.path.text(number).parse().ok()?;
        *request.headers_mut() = self.headers.clone();
        request.headers_mut().insert(HOST, HeaderValue::try_from(self.target.authority()).ok()?);
        Some(request)
    }
}

/// Takes turns by weight, evenly interleaved: after as many turns as the weights add up to, each had its share (the
/// smooth weighted round robin of nginx).
#[derive(Debug)]
pub(crate) struct Turns {
    weights: Vec<i64>,
    credit: Vec<i64>,
    total: i64,
}

impl Turns {
    pub(crate) fn new(routes: &[Route]) -> Self {
        let weights: Vec<i64> = routes.iter().map(|route| route.weight.into()).collect();
        Self { credit: vec![0; weights.len()], total: weights.iter().sum(), weights }
    }

    /// The index of the next.
    pub(crate) fn next(&mut self) -> usize {
        for (credit, weight) in self.credit.iter_mut().zip(&self.weights) {
            *credit += weight;
        }
        let best = self.credit.iter().enumerate().max_by_key(|(index, credit)| (**credit, std::cmp::Reverse(*index)));
        let index = best.map_or(0, |(index, _)| index);
        if let Some(credit) = self.credit.get_mut(index) {
            *credit -= self.total;
        }
        index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_interleaved_by_weight() {
        let mut turns = Turns { weights: vec![3, 1, 0], credit: vec![0; 3], total: 4 };
        let taken: Vec<_> = (0..8).map(|_| turns.next()).collect();
        assert_eq!(taken, [0, 0, 1, 0, 0, 0, 1, 0]);
    }
}
