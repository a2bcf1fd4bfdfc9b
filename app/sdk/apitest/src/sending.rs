//! A request to the application under test.

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, IF_MATCH};
use serde_json::Value;
use types::Role;

use crate::answer::Answer;
use crate::api::Api;

const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// A request that is being put together; [`Request::send`] sends it.
#[must_use = "nothing is sent before `send`"]
pub struct Request<'a> {
    api: &'a Api,
    method: Method,
    path: String,
    instance: usize,
    headers: Vec<(String, Vec<u8>)>,
    body: Option<Vec<u8>>,
    nameless: bool,
    keyless: bool,
}

impl<'a> Request<'a> {
    pub(crate) fn new(api: &'a Api, method: &str, path: String) -> Self {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        Self { api, method, path, instance: 0, headers: Vec::new(), body: None, nameless: false, keyless: false }
    }

    /// Sends it to another instance than the first.
    pub fn on(mut self, instance: usize) -> Self {
        self.instance = instance;
        self
    }

    /// Sends it as the first user of this role.
    pub fn by(self, role: Role) -> Self {
        let api = self.api;
        self.bearer(api.people.token(role, 0))
    }

    /// Sends it as the second user of this role.
    pub fn by_second(self, role: Role) -> Self {
        let api = self.api;
        self.bearer(api.people.token(role, 1))
    }

    /// Sends it without credentials, even where reads have some.
    pub fn no_one(mut self) -> Self {
        self.nameless = true;
        self
    }

    /// Sends it with this access token.
    pub fn bearer(self, token: &str) -> Self {
        self.header(AUTHORIZATION.as_str(), format!("Bearer {token}"))
    }

    /// Adds a header field.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// Sends it on the condition that the resource has this entity tag.
    pub fn if_match(self, tag: &str) -> Self {
        self.header(IF_MATCH.as_str(), tag)
    }

    /// Sends it under an idempotency key.
    pub fn key(self, key: &str) -> Self {
        self.header(IDEMPOTENCY_KEY, key)
    }

    /// Sends it without an idempotency key, even where the description asks for one.
    pub fn no_key(mut self) -> Self {
        self.keyless = true;
        self
    }

    /// Sends JSON.
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// Sends a merge patch (RFC 7396).
    pub fn merge(self, patch: &Value) -> Self {
        self.body("application/merge-patch+json", patch.to_string())
    }

    /// Sends these bytes as a body of this media type.
    pub fn body(mut self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self.header(CONTENT_TYPE.as_str(), media_type)
    }

    /// Sends it, and checks the answer against all rules that hold for every answer. Where the description asks for an
    /// idempotency key, it gets one of its own.
    pub async fn send(mut self) -> Answer {
        let reads = matches!(self.method, Method::GET | Method::HEAD);
        let has = |field: &str| self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(field));
        let named = has(AUTHORIZATION.as_str());
        let needs_key = self.api.description.needs(self.method.as_str(), &self.path, IDEMPOTENCY_KEY);
        if needs_key && !self.keyless && !has(IDEMPOTENCY_KEY) {
            self = self.key(&uuid::Uuid::now_v7().to_string());
        }
        match self.api.reader {
            Some(reader) if reads && !named && !self.nameless => self.by(reader).sent().await,
            _ => self.sent().await,
        }
    }

    async fn sent(self) -> Answer {
        let url = format!("http://{}{}", self.api.address(self.instance), self.path);
        let mut request = self.api.http.request(self.method.clone(), url);
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        if let Some(body) = self.body {
            request = request.body(body);
        }
        let asked = format!("{} {}", self.method, self.path);
        let response = request.send().await.unwrap_or_else(|error| panic!("{asked}: no answer: {error:?}"));
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await.unwrap_or_else(|error| panic!("{asked}: half an answer: {error:?}"));
        let answer = Answer::new(asked, status.as_u16(), headers, body.to_vec());
        self.api.description.check(self.method.as_str(), &self.path, &answer);
        answer
    }
}
