//! An answer, with what a test may demand of it.

use reqwest::header::HeaderMap;
use serde_json::Value;

/// An answer that keeps the rules of all answers.
#[derive(Clone, Debug)]
pub struct Answer {
    asked: String,
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    pub(crate) fn new(asked: String, status: u16, headers: HeaderMap, body: Vec<u8>) -> Self {
        Self { asked, status, headers, body }
    }

    /// The status code.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The body as it came.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => panic!("{self}: no JSON: {error}"),
        }
    }

    /// The body as JSON, for a snapshot: ids, moments and trace ids differ from run to run and are masked.
    #[track_caller]
    pub fn shown(&self) -> Value {
        let mut value = self.json();
        mask(&mut value);
        value
    }

    /// A header field that has to be there.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        self.optional_header(name).unwrap_or_else(|| panic!("{self}: no {name}"))
    }

    /// A header field.
    pub fn optional_header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("header fields are ASCII"))
    }

    /// Status, header fields and body as lines of text, without what differs between any two answers: the request's id,
    /// the trace, the moment. Two answers of which nobody shall tell one from the other have the same.
    #[track_caller]
    pub fn without_ids(&self) -> String {
        let mut fields: Vec<_> = self.headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
        fields.retain(|field| !["x-request-id:", "date:", "retry-after:"].iter().any(|name| field.starts_with(name)));
        fields.sort_unstable();
        format!("{} {fields:?} {}", self.status, self.shown())
    }

    /// The entity tag.
    #[track_caller]
    pub fn etag(&self) -> String {
        self.header("etag").to_owned()
    }

    /// Demands a status code.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert!(self.status == status, "{self}: expected {status}");
        self
    }

    /// Demands a problem of this kind: the status code, and the last segment of its `type`.
    #[track_caller]
    pub fn problem(self, status: u16, slug: &str) -> Self {
        assert!(self.status == status, "{self}: expected {status} {slug}");
        assert_eq!(self.json()["type"], format!("/problems/{slug}"), "{self}");
        self
    }

    /// The places of all refused fields, sorted: `#/year`, `?limit`.
    #[track_caller]
    pub fn refused(&self) -> Vec<String> {
        let problem = self.json();
        let errors = problem["errors"].as_array().unwrap_or_else(|| panic!("{self}: no errors"));
        let mut places: Vec<_> = errors
            .iter()
            .map(|error| match (&error["pointer"], &error["parameter"]) {
                (Value::String(pointer), _) => pointer.clone(),
                (_, Value::String(parameter)) => format!("?{parameter}"),
                _ => panic!("{self}: an error without a place"),
            })
            .collect();
        places.sort_unstable();
        places
    }

    /// Demands 422 for exactly these places.
    #[track_caller]
    pub fn invalid(self, places: &[&str]) -> Self {
        let answer = self.problem(422, "invalid");
        let mut expected: Vec<_> = places.iter().map(|place| (*place).to_owned()).collect();
        expected.sort_unstable();
        assert_eq!(answer.refused(), expected, "{answer}");
        answer
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }
}

/// What was asked, and how it was answered, on one line.
impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let asked: String = self.asked.chars().take(200).collect();
        let body: String = String::from_utf8_lossy(&self.body).chars().take(1000).collect();
        write!(f, "{asked} -> {} {body}", self.status)
    }
}

fn mask(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(mask),
        Value::Object(members) => members.values_mut().for_each(mask),
        Value::String(text) => {
            let is_id = uuid::Uuid::try_parse(text).is_ok();
            // Year and day, hour, fraction: enough to tell a moment from a title.
            let is_moment = text.len() == 27 && text.as_bytes()[10] == b'T' && text.ends_with('Z');
            match (is_id, is_moment) {
                // A trace id reads as a bare UUID.
                (true, _) => *text = if text.contains('-') { "[id]" } else { "[trace]" }.to_owned(),
                (_, true) => "[moment]".clone_into(text),
                _ => {}
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
