//! What a process tells of itself, as Prometheus reads it.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, StatusCode, Uri};

use crate::{Failure, Target, ask};

/// The metrics of a process at one moment, those of one name added up over their labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Samples(BTreeMap<String, f64>);

impl Samples {
    /// Asks for `/metrics`.
    ///
    /// # Errors
    /// There is no answer within `limit`, or it is another than 200.
    pub async fn scrape(target: &Target, limit: Duration) -> Result<Self, Failure> {
        let mut request = Request::new(Full::<Bytes>::default());
        *request.uri_mut() = Uri::from_static("/metrics");
        let answer = ask(target, request, limit).await?;
        if answer.status() != StatusCode::OK {
            return Err(Failure(format!("status {}", answer.status().as_u16()).into()));
        }
        Ok(Self::parse(&String::from_utf8_lossy(answer.body())))
    }

    /// Reads the text exposition format 0.0.4; lines that are none are passed over.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut samples = BTreeMap::new();
        for point in exposition::points(text).filter(|point| point.value.is_finite()) {
            *samples.entry(point.name.to_owned()).or_default() += point.value;
        }
        Self(samples)
    }

    /// The value of a metric.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<f64> {
        self.0.get(name).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_of_one_name_are_added_up() {
        let text = "# TYPE requests counter\nrequests{route=\"/a b}\",status=\"200\"} 3\nrequests{status=\"500\"} 4 1395066363000\n\
                    memory 1.5e6\nnothing NaN\n\nbroken\n";
        let samples = Samples::parse(text);
        assert_eq!(samples.get("requests"), Some(7.0));
        assert_eq!(samples.get("memory"), Some(1.5e6));
        assert_eq!(samples.get("nothing"), None);
        assert_eq!(samples.get("broken"), None);
    }
}
