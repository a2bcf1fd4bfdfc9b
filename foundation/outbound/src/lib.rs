//! Calls to other HTTP services with a deadline, bounded retries, a budget.
//!
//! A [`Client`] is made once for each peer. [`Client::call`] sends a [`Call`], and answers with an [`Answer`] whose body
//! was read to its end, or with an [`Error`], by the deadline that it was given:
//!
//! - **One deadline** covers everything: the wait for a turn, connections, attempts, pauses, the body.
//! - **A call is repeated only if that cannot do its effect twice**: its method is idempotent (RFC 9110, 9.2.2), or it
//!   carries an `idempotency-key`; or it is certain that nothing happened yet: there was no connection, or a 429.
//! - **A call is repeated only if that may help**: there was no connection, it broke off, or the peer answered 429, 502,
//!   503, 504. `Retry-After` (RFC 9110, 10.2.3) is honoured; what cannot be by the deadline is not waited for.
//! - **Pauses** grow by powers of two up to a limit, and each is random from zero on, so that callers who failed together
//!   do not come back together ("full jitter": M. Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015).
//! - **A budget** is shared by all calls of a client: retries are a fixed part of the calls at most, beyond a small reserve. A
//!   peer that is down gets hardly more than its usual load, however many retries each call would have. (The idea is that of
//!   `RetryBudget` in Finagle, and of `retryThrottling` in gRPC's proposal A6; see also Google's Site Reliability
//!   Engineering, chapter 22, Addressing Cascading Failures.)
//! - **Redirects are not followed**, proxies of the environment are not used: a call reaches whom it names, and the
//!   credentials that it carries nobody else.
//!
//! # What a timeout means
//!
//! [`Error::Timeout`] says that the answer is not known, not that nothing happened: the peer may have done what it was
//! asked, be doing it, or do it later. [`Error::may_have_happened`] tells what is certain. Whoever must know asks again
//! with the same `idempotency-key`, or reads the peer's state.
//!
//! A call whose future is dropped closes its connection; it may have happened just as well.
//!
//! # Example
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use outbound::{Call, Client, Method, Options, Url};
//! use tokio::time::Instant;
//!
//! # async fn pay(url: Url) -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new(Options::default())?;
//! let call = Call::new(Method::POST, url)
//!     .header("content-type", "application/json")?
//!     .header("idempotency-key", "4f9c1e")?
//!     .body(r#"{"amount": 990}"#);
//! let answer = client.call(call, Instant::now() + Duration::from_secs(2)).await?;
//! assert!(answer.status.is_success(), "{}", answer.status);
//! # Ok(())
//! # }
//! ```

mod attempt;
mod backoff;
mod budget;
mod call;
mod client;
mod error;
mod retry_after;

pub use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
pub use reqwest::{Method, StatusCode, Url};

pub use crate::backoff::Backoff;
pub use crate::budget::{Allowance, Budget};
pub use crate::call::{Answer, Call, CallError};
pub use crate::client::{Client, Options, OptionsError, Stats};
pub use crate::error::{Cause, Error};
