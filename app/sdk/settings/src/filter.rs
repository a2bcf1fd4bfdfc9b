//! What is logged.

use std::fmt;
use std::str::FromStr;

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// Levels for everything and for modules, as in `info,sqlx=debug`: a part of the directives of tracing-subscriber's `EnvFilter`.
///
/// A bare word is a level here and nothing else. There it would be a module to trace, so that `inof` would turn
/// everything off but a module that does not exist.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LogFilter(String);

impl LogFilter {
    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for LogFilter {
    type Err = NotAFilter;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_level = |level: &str| LEVELS.iter().any(|known| level.eq_ignore_ascii_case(known));
        let is_module = |name: &str| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-:".contains(&byte))
        };
        let is_directive = |directive: &str| match directive.split_once('=') {
            Some((module, level)) => is_module(module) && is_level(level),
            None => is_level(directive),
        };
        if text.split(',').all(is_directive) { Ok(Self(text.to_owned())) } else { Err(NotAFilter) }
    }
}

impl fmt::Display for LogFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text has something that is no directive.
#[derive(Debug, thiserror::Error)]
#[error("neither a level nor directives")]
pub struct NotAFilter;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tracing_subscriber::EnvFilter;

    use super::*;

    proptest! {
        #[test]
        fn whatever_is_taken_here_is_taken_by_the_log(
            text in "((off|error|warn|info|debug|trace|inf|[a-z_:-]{1,6}=(off|info|trace|Info|)|[a-z=,: ]{0,9}),?){1,3}",
        ) {
            if text.parse::<LogFilter>().is_ok() {
                prop_assert!(EnvFilter::builder().parse(&text).is_ok(), "{}", text);
            }
        }
    }

    #[test]
    fn filters_read_as_documented() {
        for text in ["info", "off", "info,sqlx=debug", "WARN,movieapp=trace,actix_web::middleware=off"] {
            assert_eq!(text.parse::<LogFilter>().unwrap().as_str(), text);
        }
    }

    #[test]
    fn what_the_log_would_not_understand_or_misunderstand_is_refused() {
        for text in
            ["", "inof", "INFO!", "info,", ",", "info sqlx=debug", "sqlx=", "=debug", "sqlx=loud", "sqlx==debug", "[a"]
        {
            assert!(text.parse::<LogFilter>().is_err(), "{text}");
        }
    }
}
