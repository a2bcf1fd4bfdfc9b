//! RFC 9457 problem documents.

use serde::{Deserialize, Serialize};

/// The media type of a problem document (RFC 9457, section 3).
pub const MEDIA_TYPE: &str = "application/problem+json";

/// One problem, as it is written on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// A URI reference that names the kind of problem and leads to its description.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem in a few words, the same for every occurrence.
    pub title: String,
    /// The HTTP status code.
    pub status: u16,
    /// What happened this time, in words for the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The path of the request that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The W3C trace id under which the logs tell more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// Every field that was refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// Why one part of a request was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// Where in the request it stands.
    #[serde(flatten)]
    pub location: Location,
    /// What is wrong with it, in words for the client.
    pub detail: String,
}

/// A place in a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Location {
    /// A member of the body: a JSON pointer in its URI fragment form (RFC 6901, section 6).
    Pointer(String),
    /// A parameter of the query or of the path.
    Parameter(String),
    /// A header field.
    Header(String),
}

impl FieldError {
    /// A refusal of the body's member at `pointer`, such as `#/year`.
    pub fn pointer(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { location: Location::Pointer(pointer.into()), detail: detail.into() }
    }

    /// A refusal of the query's or the path's parameter `name`.
    pub fn parameter(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { location: Location::Parameter(name.into()), detail: detail.into() }
    }

    /// A refusal of the header field `name`.
    pub fn header(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { location: Location::Header(name.into()), detail: detail.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_error_names_its_place_as_a_member() {
        let errors = [
            FieldError::pointer("#/year", "must be 1888 or later"),
            FieldError::parameter("limit", "must be 1 to 100"),
        ];
        let json = serde_json::to_value(&errors).unwrap();
        assert_eq!(
            json,
            serde_json::json!([
                {"pointer": "#/year", "detail": "must be 1888 or later"},
                {"parameter": "limit", "detail": "must be 1 to 100"},
            ])
        );
        let back: Vec<FieldError> = serde_json::from_value(json).unwrap();
        assert_eq!(back, errors);
    }

    #[test]
    fn absent_members_are_left_out() {
        let problem = Problem {
            kind: "/problems/not-found".into(),
            title: "Not found".into(),
            status: 404,
            detail: None,
            instance: None,
            trace_id: None,
            errors: Vec::new(),
        };
        assert_eq!(
            serde_json::to_string(&problem).unwrap(),
            r#"{"type":"/problems/not-found","title":"Not found","status":404}"#
        );
    }
}
