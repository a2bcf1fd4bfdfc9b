//! Why there is no load, and why a request has no answer.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::io;

/// Why a load cannot be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The target is no URL that can be loaded.
    #[error("{url} is not an address such as http://127.0.0.1:3000")]
    Url {
        /// What was given, without credentials.
        url: String,
    },
    /// The name of the host has no address.
    #[error("{host} has no address")]
    Resolve {
        /// The host and port.
        host: String,
        /// What the resolver said.
        source: io::Error,
    },
    /// The plan makes no sense.
    #[error("{0}")]
    Plan(&'static str),
    /// The schedule ended by a fault of its own.
    #[error("the schedule broke off")]
    BrokenOff,
}

/// Why a request has no answer, in words that are the same for the same reason, so that they can be counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, thiserror::Error)]
#[error("{0}")]
pub struct Failure(pub Cow<'static, str>);

impl Failure {
    pub(crate) const TIMEOUT: Self = Self(Cow::Borrowed("timeout"));

    /// Of a connection that could not be opened.
    pub(crate) fn of_connect(error: &io::Error) -> Self {
        Self(Cow::Borrowed(match error.kind() {
            io::ErrorKind::ConnectionRefused => "connection refused",
            io::ErrorKind::AddrNotAvailable => "no local port is free",
            _ if error.raw_os_error().is_some_and(|code| [23, 24].contains(&code)) => "no file handle is free",
            _ => return Self(Cow::Owned(format!("no connection: {error}"))),
        }))
    }

    /// Of an exchange that broke off.
    pub(crate) fn of_exchange(error: &hyper::Error) -> Self {
        let mut cause = error.source();
        while let Some(found) = cause {
            if let Some(io) = found.downcast_ref::<io::Error>() {
                return Self(match io.kind() {
                    io::ErrorKind::ConnectionReset => Cow::Borrowed("connection reset"),
                    io::ErrorKind::BrokenPipe => Cow::Borrowed("connection closed while sending"),
                    _ => Cow::Owned(format!("transport: {io}")),
                });
            }
            cause = found.source();
        }
        Self(if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
            Cow::Borrowed("connection closed before the answer")
        } else if error.is_parse() {
            Cow::Borrowed("the answer is not HTTP")
        } else {
            Cow::Owned(format!("transport: {error}"))
        })
    }
}
