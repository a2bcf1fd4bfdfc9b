//! The rules that hold for every answer: those of the API's own description, and those of the contract.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::answer::Answer;

/// What no answer may hold: the words of what lies beneath.
const INTERNALS: &[&str] = &[
    "sqlx",
    "serde",
    "postgres",
    "actix",
    "tokio",
    "panicked",
    "unwrap",
    ".rs:",
    "src/",
    "/root/",
    "/home/",
    "SELECT ",
    "INSERT ",
    "UPDATE ",
    "relation \"",
    "violates",
    "constraint",
    "SQLSTATE",
    "expected value",
    "invalid type",
    "missing field",
    "trailing characters",
    "at line ",
    "EOF while",
    "std::",
    "Err(",
    "Some(",
];

/// Header fields that are described and need not be there.
const OPTIONAL_FIELDS: &[&str] = &["idempotent-replayed", "ratelimit", "ratelimit-policy", "retry-after"];

/// The description that the application serves.
pub(crate) struct Description {
    document: Value,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Description {
    pub(crate) fn new(document: Value) -> Self {
        assert_eq!(document["openapi"].as_str().map(|version| &version[..4]), Some("3.1."), "OpenAPI 3.1");
        Self { document, validators: Mutex::default() }
    }

    /// Fails the test when the answer breaks a rule.
    #[track_caller]
    pub(crate) fn check(&self, method: &str, path: &str, answer: &Answer) {
        check_fields(path, answer);
        if answer.status() >= 400 {
            self.check_problem(method, path, answer);
        }
        // OPTIONS, and methods that a path does not answer, belong to no operation.
        let Some(operation) = self.operation(method, path) else { return };
        let described = &operation["responses"][answer.status().to_string()];
        assert!(!described.is_null(), "{answer}: the status code is not described");
        let described = self.resolve(described);
        if answer.status() < 400 {
            for name in described["headers"].as_object().into_iter().flat_map(|headers| headers.keys()) {
                let name = name.to_ascii_lowercase();
                assert!(
                    OPTIONAL_FIELDS.contains(&name.as_str()) || answer.headers().contains_key(&name),
                    "{answer}: no {name}, which is described"
                );
            }
        }
        self.check_content(method, described, answer);
    }

    #[track_caller]
    fn check_content(&self, method: &str, described: &Value, answer: &Answer) {
        let content = described["content"].as_object();
        if method == "HEAD" || answer.body().is_empty() {
            assert!(answer.body().is_empty(), "{answer}: a body");
            assert!(method == "HEAD" || content.is_none(), "{answer}: no body, and one is described");
            return;
        }
        let media_type = answer.header("content-type").to_owned();
        // Described with its parameters, or whatever they are.
        let bare = media_type.split(';').next().unwrap_or_default().trim();
        let described = content.and_then(|content| content.get(&media_type).or_else(|| content.get(bare)));
        let described = described.unwrap_or_else(|| panic!("{answer}: {media_type} is not described"));
        let is_text = !described["schema"].is_null() && described["schema"]["format"] != "binary";
        if answer.optional_header("content-encoding").is_none() && is_text {
            let text = || Value::from(String::from_utf8(answer.body().to_vec()).expect("text is UTF-8"));
            let value = if bare.ends_with("json") { answer.json() } else { text() };
            self.check_schema(&described["schema"], &value, answer);
        }
    }

    #[track_caller]
    fn check_problem(&self, method: &str, path: &str, answer: &Answer) {
        if method == "HEAD" {
            return;
        }
        assert_eq!(answer.header("content-type"), "application/problem+json", "{answer}");
        let problem = answer.json();
        self.check_schema(&json!({"$ref": "#/components/schemas/Problem"}), &problem, answer);
        assert_eq!(problem["status"], answer.status(), "{answer}");
        if let (Some(instance), Some(asked)) = (problem["instance"].as_str(), path.split('?').next()) {
            assert_eq!(instance, asked, "{answer}: the path of the request");
        }
        let text = String::from_utf8_lossy(answer.body());
        for word in INTERNALS {
            assert!(!text.contains(word), "{answer}: tells of {word:?}");
        }
        let field = |name: &str| answer.optional_header(name).is_some();
        match answer.status() {
            401 => assert!(answer.header("www-authenticate").starts_with("Bearer"), "{answer}"),
            405 => assert!(field("allow"), "{answer}: no Allow"),
            415 => assert!(
                ["accept", "accept-patch", "accept-encoding"].into_iter().any(field),
                "{answer}: does not say what is taken"
            ),
            429 | 503 => assert!(field("retry-after"), "{answer}: no Retry-After"),
            500 => assert!(problem["detail"].is_null(), "{answer}: a bare 500"),
            _ => {}
        }
    }

    #[track_caller]
    fn check_schema(&self, schema: &Value, value: &Value, answer: &Answer) {
        let validator = {
            let mut validators = self.validators.lock().unwrap();
            let validator = validators.entry(schema.to_string()).or_insert_with(|| {
                // References lead into the components.
                let root = json!({"allOf": [schema], "components": self.document["components"]});
                let options = jsonschema::options().with_draft(jsonschema::Draft::Draft202012);
                Arc::new(options.should_validate_formats(true).build(&root).unwrap())
            });
            Arc::clone(validator)
        };
        let errors: Vec<_> =
            validator.iter_errors(value).map(|error| format!("{} {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{answer}: not as described: {errors:?}");
    }

    /// The operation that describes a request.
    fn operation(&self, method: &str, path: &str) -> Option<&Value> {
        let method = if method == "HEAD" { "get".to_owned() } else { method.to_ascii_lowercase() };
        let path = path.split('?').next().unwrap_or_default();
        let paths = self.document["paths"].as_object()?;
        let fits = |template: &str| {
            let (asked, known) = (path.split('/'), template.split('/'));
            asked.clone().count() == known.clone().count()
                && asked.zip(known).all(|(asked, known)| known.starts_with('{') || asked == known)
        };
        paths.iter().find(|(template, _)| fits(template))?.1.get(method)
    }

    /// Whether a request has to have this header field.
    pub(crate) fn needs(&self, method: &str, path: &str, field: &str) -> bool {
        let parameters = self.operation(method, path).and_then(|operation| operation["parameters"].as_array());
        parameters
            .into_iter()
            .flatten()
            .map(|parameter| self.resolve(parameter))
            .any(|parameter| parameter["in"] == "header" && parameter["name"] == field && parameter["required"] == true)
    }

    fn resolve<'d>(&'d self, described: &'d Value) -> &'d Value {
        match described["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
            Some(pointer) => self.document.pointer(pointer).unwrap(),
            None => described,
        }
    }
}

/// What the header of every answer has, and has not.
#[track_caller]
fn check_fields(path: &str, answer: &Answer) {
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{answer}");
    assert!(answer.header("content-security-policy").contains("default-src 'none'"), "{answer}");
    assert!(!answer.header("x-request-id").is_empty(), "{answer}");
    for name in ["server", "x-powered-by"] {
        assert_eq!(answer.optional_header(name), None, "{answer}: {name}");
    }
    if let Some(tag) = answer.optional_header("etag") {
        assert!(tag.starts_with('"') && tag.ends_with('"'), "{answer}: {tag} is no strong entity tag");
        let expected = match path {
            // Accounts are kept by nobody, whether or not they have a tag.
            path if path.starts_with("/v1/users") || path.starts_with("/v1/wallet") => "no-store",
            path if path.starts_with("/v1/") => "private, no-cache",
            _ => "public, no-cache",
        };
        assert_eq!(answer.header("cache-control"), expected, "{answer}");
    }
}
