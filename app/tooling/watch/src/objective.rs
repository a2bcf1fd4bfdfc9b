//! How good a route is meant to be.

use serde_json::Value;

/// Operations that hash a password, which is meant to cost something.
pub const SIGN_INS: &[&str] = &["login", "register", "change_password", "reset_password"];

/// Routes that are held to the same objective.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// They change nothing.
    Read,
    /// They change something.
    Write,
    /// They hash a password.
    SignIn,
    /// Files come or go: how long that takes is the client's doing.
    Transfer,
}

/// A route with its objective.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Its method, as the metrics name it.
    pub method: String,
    /// The template of its path.
    pub path: String,
    /// What it is held to.
    pub class: Class,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 4] = [Self::Read, Self::Write, Self::SignIn, Self::Transfer];

    /// Its name among the labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::SignIn => "sign-in",
            Self::Transfer => "transfer",
        }
    }

    /// The share of requests that are not answered with a fault of ours (5xx), over 30 days.
    #[must_use]
    pub const fn availability(self) -> &'static str {
        match self {
            Self::Read | Self::Write | Self::SignIn => "0.999",
            Self::Transfer => "0.995",
        }
    }

    /// How soon 99 of 100 are answered, as a bound of the buckets in seconds; `None` where nobody can promise that.
    #[must_use]
    pub const fn latency(self) -> Option<&'static str> {
        match self {
            Self::Read => Some("0.25"),
            Self::Write => Some("0.5"),
            Self::SignIn => Some("1"),
            Self::Transfer => None,
        }
    }
}

/// The routes of a document, in its order. Health has no objective: it is asked by machines, and may say no. Neither have answers
/// without an end, which last as long as their client likes.
pub fn routes(document: &Value) -> Vec<Route> {
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let is_health = operation["tags"][0] == "health";
            if operation.get("operationId").is_none() || is_health || is_endless(operation) {
                continue;
            }
            routes.push(Route { method: method.to_uppercase(), path: path.clone(), class: class(method, operation) });
        }
    }
    routes
}

fn class(method: &str, operation: &Value) -> Class {
    let id = operation["operationId"].as_str().unwrap_or_default();
    let binary = |content: &Value| content["schema"]["format"] == "binary";
    let has_binary = |body: &Value| body["content"].as_object().is_some_and(|content| content.values().any(binary));
    let answers = operation["responses"].as_object();
    if SIGN_INS.contains(&id) {
        Class::SignIn
    } else if has_binary(&operation["requestBody"]) || answers.is_some_and(|all| all.values().any(has_binary)) {
        Class::Transfer
    } else if method == "get" {
        Class::Read
    } else {
        Class::Write
    }
}

/// Server-sent events, or another protocol.
fn is_endless(operation: &Value) -> bool {
    let streams = |answer: &Value| answer["content"].get("text/event-stream").is_some();
    operation["responses"].as_object().is_some_and(|all| all.contains_key("101") || all.values().any(streams))
}
