//! Requests, and answers that were read to their end.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// Its body.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// A header field.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(HeaderName::from_bytes(name.as_bytes()).unwrap())?.to_str().ok()
    }

    /// Asserts a problem document of this status; one of 503 says when to come back.
    pub(crate) fn assert_problem(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], status, "{self:?}");
        assert_eq!(problem["trace_id"].as_str().map(str::len), Some(32), "{self:?}");
        assert!(status != 503 || self.header("retry-after").is_some(), "{self:?}");
        problem
    }
}

/// Sends a request. No proxy of the environment is between.
pub(crate) async fn send(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer { status, headers, body: response.text().await.unwrap() }
}

/// A GET of `url`.
pub(crate) async fn get(url: impl AsRef<str>) -> Answer {
    send(request(Method::GET, url)).await
}

/// A POST of JSON as somebody.
pub(crate) async fn post(url: impl AsRef<str>, token: &str, body: &Value) -> Answer {
    send(request(Method::POST, url).bearer_auth(token).json(body)).await
}

/// A request that is not sent yet.
pub(crate) fn request(method: Method, url: impl AsRef<str>) -> RequestBuilder {
    // Without the certificates of the system, which take their time to be read.
    let client = Client::builder().tls_certs_only([]).no_proxy().timeout(Duration::from_secs(60)).build().unwrap();
    client.request(method, url.as_ref())
}
