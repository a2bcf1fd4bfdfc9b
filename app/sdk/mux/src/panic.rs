//! A panic of a handler as an error, for the log.

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;

/// What a handler's panic said, for the log.
#[derive(Debug)]
pub(crate) struct Panic(String);

impl Panic {
    pub(crate) fn new(payload: &(dyn Any + Send)) -> Self {
        let text = payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned());
        Self(text.unwrap_or_else(|| "of an unknown kind".to_owned()))
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "panic: {}", self.0)
    }
}

impl StdError for Panic {}
