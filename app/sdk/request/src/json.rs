//! A strict JSON reader over `serde_json`: no member twice, bounded nesting, nothing after the value.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};

use crate::uri;

/// The deepest nesting of arrays and objects.
pub(crate) const MAX_DEPTH: usize = 64;

/// A JSON value that borrows its text where it has no escapes.
#[derive(Clone, Debug)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    /// Has a fraction or an exponent, or does not fit into 64 bits with a sign.
    Float(f64),
    Text(Cow<'a, str>),
    List(Vec<Value<'a>>),
    // A tree and not a list: looking for doubles among 100,000 members must stay cheap.
    Object(BTreeMap<Cow<'a, str>, Value<'a>>),
}

/// Why bytes are not one JSON value, in words for the client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("the body is empty")]
    Empty,
    #[error("the body is not UTF-8")]
    NotUtf8,
    #[error("the body starts with a byte order mark")]
    ByteOrderMark,
    #[error("the body ends in the middle of a JSON value")]
    Truncated,
    #[error("the body is not JSON: line {line}, column {column}")]
    Syntax { line: usize, column: usize },
    #[error("something follows the JSON value: line {line}, column {column}")]
    Trailing { line: usize, column: usize },
    #[error("the body has the member {pointer} more than once")]
    Duplicate { pointer: String },
    #[error("the body is nested more than {MAX_DEPTH} levels deep")]
    TooDeep,
    /// Correct JSON that is invalid whatever the member.
    #[error("has a number that is out of range")]
    NumberRange,
}

/// Reads one JSON value (RFC 8259) that is all of `bytes` but for white space.
pub(crate) fn read(bytes: &[u8]) -> Result<Value<'_>, Malformed> {
    let text = str::from_utf8(bytes).map_err(|_| Malformed::NotUtf8)?;
    if text.starts_with('\u{feff}') {
        return Err(Malformed::ByteOrderMark);
    }
    if text.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r')) {
        return Err(Malformed::Empty);
    }
    let mut state = State::default();
    let mut reader = serde_json::Deserializer::from_str(text);
    let value =
        Seed { state: &mut state, depth: 0 }.deserialize(&mut reader).map_err(|error| malformed(&error, state))?;
    reader.end().map_err(|error| Malformed::Trailing { line: error.line(), column: error.column() })?;
    Ok(value)
}

impl PartialEq for Value<'_> {
    /// Equality as JSON Schema has it: numbers are equal when their values are.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a == b,
            (Self::Int(a), Self::Float(b)) | (Self::Float(b), Self::Int(a)) => integral(*b) == Some(*a),
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::List(a), Self::List(b)) => a == b,
            (Self::Object(a), Self::Object(b)) => a == b,
            _ => false,
        }
    }
}

impl From<serde_json::Value> for Value<'static> {
    fn from(value: serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(value),
            serde_json::Value::Number(number) => {
                number.as_i64().map_or_else(|| Self::Float(number.as_f64().unwrap_or(f64::NAN)), Self::Int)
            }
            serde_json::Value::String(text) => Self::Text(text.into()),
            serde_json::Value::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            serde_json::Value::Object(members) => {
                Self::Object(members.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
            }
        }
    }
}

impl From<Value<'_>> for serde_json::Value {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => value.into(),
            Value::Int(number) => number.into(),
            Value::Float(number) => number.into(),
            Value::Text(text) => text.into(),
            Value::List(items) => items.into_iter().map(Self::from).collect(),
            Value::Object(members) => {
                members.into_iter().map(|(name, value)| (name.into_owned(), Self::from(value))).collect()
            }
        }
    }
}

/// The integer that `number` is exactly, if it is one that a double holds exactly.
///
/// `1.0` is an integer to JSON Schema (2020-12, section 6.1.1). Beyond 2^53 a double stands for several integers.
pub(crate) fn integral(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "integral and within 2^53")]
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

/// What the visitors found that `serde_json` has no error for.
#[derive(Default)]
struct State {
    fault: Option<Fault>,
    /// The way to a doubled member, innermost first: filled while the recursion unwinds.
    path: Vec<String>,
}

enum Fault {
    Duplicate,
    TooDeep,
}

fn malformed(error: &serde_json::Error, state: State) -> Malformed {
    match state.fault {
        Some(Fault::Duplicate) => {
            let mut pointer = String::from("#");
            for token in state.path.iter().rev() {
                uri::push_token(&mut pointer, token);
            }
            Malformed::Duplicate { pointer }
        }
        Some(Fault::TooDeep) => Malformed::TooDeep,
        None if error.is_eof() => Malformed::Truncated,
        // `serde_json` has no other sign of it; a test holds the words.
        None if error.to_string().starts_with("number out of range") => Malformed::NumberRange,
        None => Malformed::Syntax { line: error.line(), column: error.column() },
    }
}

struct Seed<'s> {
    state: &'s mut State,
    depth: usize,
}

impl Seed<'_> {
    fn nested(&mut self) -> Seed<'_> {
        Seed { state: self.state, depth: self.depth }
    }

    /// Enters an array or an object.
    fn enter<E: serde::de::Error>(&mut self) -> Result<(), E> {
        self.depth += 1;
        if self.depth <= MAX_DEPTH {
            return Ok(());
        }
        self.state.fault = Some(Fault::TooDeep);
        Err(E::custom("nested too deep"))
    }

    fn unwind(&mut self, token: String) {
        if matches!(self.state.fault, Some(Fault::Duplicate)) {
            self.state.path.push(token);
        }
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value<'de>;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Value<'de>, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value<'de>, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value<'de>, E> {
        Ok(Value::Int(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value<'de>, E> {
        #[expect(clippy::cast_precision_loss, reason = "too large for every field; only its size matters")]
        Ok(i64::try_from(number).map_or(Value::Float(number as f64), Value::Int))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value<'de>, E> {
        Ok(Value::Float(number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Value<'de>, A::Error> {
        self.enter()?;
        let mut list = Vec::new();
        loop {
            match items.next_element_seed(self.nested()) {
                Ok(Some(item)) => list.push(item),
                Ok(None) => return Ok(Value::List(list)),
                Err(error) => {
                    self.unwind(list.len().to_string());
                    return Err(error);
                }
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Value<'de>, A::Error> {
        self.enter()?;
        let mut object = BTreeMap::new();
        while let Some(name) = members.next_key_seed(Name)? {
            match object.entry(name) {
                Entry::Occupied(entry) => {
                    self.state.fault = Some(Fault::Duplicate);
                    self.unwind(entry.key().to_string());
                    return Err(A::Error::custom("member twice"));
                }
                Entry::Vacant(entry) => match members.next_value_seed(self.nested()) {
                    Ok(value) => {
                        entry.insert(value);
                    }
                    Err(error) => {
                        self.unwind(entry.key().to_string());
                        return Err(error);
                    }
                },
            }
        }
        Ok(Value::Object(object))
    }
}

/// Reads the name of a member; escapes are resolved, so that `"a"` and `"\u0061"` are one name.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Cow<'de, str>, D::Error> {
        reader.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

#[cfg(test)]
mod tests;
