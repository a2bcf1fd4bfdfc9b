//! JSON objects that the product keeps and does not look into.

use serde_json::{Map, Value};

/// A JSON object of up to 16 KiB.
#[derive(Clone, Debug, PartialEq)]
pub struct Document(Value);

/// Why a value is no document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// It is a list, a text, a number, true, false or null.
    #[error("must be an object")]
    NoObject,
    /// It is too long.
    #[error("must be at most {} bytes long as JSON", Document::MAX)]
    TooLong,
    /// A name or a text in it has U+0000, which PostgreSQL does not keep.
    #[error("must not contain U+0000")]
    Nul,
}

impl Document {
    /// The longest one, in bytes of JSON without spaces.
    pub const MAX: usize = 16 * 1024;

    /// Takes an untrusted value.
    ///
    /// # Errors
    /// The value is no object, too long, or has U+0000.
    pub fn parse(value: Value) -> Result<Self, DocumentError> {
        if !value.is_object() {
            return Err(DocumentError::NoObject);
        }
        if has_nul(&value) {
            return Err(DocumentError::Nul);
        }
        if value.to_string().len() > Self::MAX {
            return Err(DocumentError::TooLong);
        }
        Ok(Self(kept(value)))
    }

    /// Takes a stored value.
    pub fn restore(value: Value) -> Self {
        Self(value)
    }

    /// The value.
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// The document after a merge patch (RFC 7396, section 2): members that are null go, objects are merged, everything
    /// else takes the place of what was there.
    ///
    /// # Errors
    /// The outcome is too long.
    pub fn merged(&self, patch: &Self) -> Result<Self, DocumentError> {
        Self::parse(merge(self.0.clone(), &patch.0))
    }
}

fn merge(target: Value, patch: &Value) -> Value {
    let Value::Object(patch) = patch else { return patch.clone() };
    let mut members = match target {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    for (name, value) in patch {
        match value {
            Value::Null => drop(members.remove(name)),
            _ => {
                let before = members.remove(name).unwrap_or_default();
                members.insert(name.clone(), merge(before, value));
            }
        }
    }
    Value::Object(members)
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(members) => members.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// As PostgreSQL's `jsonb` gives it back: there is no negative zero.
fn kept(value: Value) -> Value {
    match value {
        Value::Number(number) if number.as_f64() == Some(0.0) && number.is_f64() => Value::from(0.0),
        Value::Array(items) => items.into_iter().map(kept).collect(),
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, kept(value))).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn document(value: Value) -> Document {
        Document::parse(value).unwrap()
    }

    #[test]
    fn objects_are_taken_and_nothing_else() {
        assert_eq!(document(json!({"a": [1, null, {"b": 1.5}]})).value(), &json!({"a": [1, null, {"b": 1.5}]}));
        for value in [json!(null), json!([]), json!(1), json!("x"), json!(true)] {
            assert_eq!(Document::parse(value), Err(DocumentError::NoObject));
        }
        for value in [json!({"a": "\u{0}"}), json!({"\u{0}": 1}), json!({"a": [{"b": "x\u{0}"}]})] {
            assert_eq!(Document::parse(value), Err(DocumentError::Nul));
        }
        let of = |length: usize| Document::parse(json!({ "a": "x".repeat(length - 8) }));
        assert!(of(Document::MAX).is_ok());
        assert_eq!(of(Document::MAX + 1), Err(DocumentError::TooLong));
    }

    /// The examples of RFC 7396, appendix A, whose target and patch are objects.
    #[test]
    fn a_patch_merges_as_the_standard_has_it() {
        for (target, patch, result) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b"}), json!({"a": null}), json!({})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ] {
            assert_eq!(document(target).merged(&document(patch)), Ok(document(result)));
        }
    }

    #[test]
    fn what_a_patch_makes_too_long_is_refused() {
        let half = || json!("x".repeat(10_000));
        let (before, patch) = (document(json!({ "a": half() })), document(json!({ "b": half() })));
        assert_eq!(before.merged(&patch), Err(DocumentError::TooLong));
    }

    proptest! {
        #[test]
        fn numbers_stay_what_they_are(number in any::<f64>().prop_filter("JSON has no other", |number| number.is_finite())) {
            let kept = document(json!({ "n": number }));
            let read: Value = serde_json::from_str(&kept.value().to_string()).unwrap();
            prop_assert_eq!(&read, kept.value());
        }
    }

    #[test]
    fn there_is_no_negative_zero() {
        for value in [json!({"n": -0.0}), json!({"n": [-0.0]}), json!({"n": {"m": -0.0}})] {
            assert!(!document(value.clone()).value().to_string().contains('-'), "{value}");
        }
        assert_eq!(document(json!({"n": -0.001})).value().to_string(), r#"{"n":-0.001}"#);
    }
}
