//! Calls to one peer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::Certificate;
use reqwest::redirect::Policy;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout_at};

use crate::attempt::{self, Outcome};
use crate::error::Cause;
use crate::{Allowance, Answer, Backoff, Budget, Call, Error};

/// How a client calls.
#[derive(Clone, Debug)]
pub struct Options {
    /// What the client calls itself, as the field `user-agent` has it.
    pub user_agent: String,
    /// How long one attempt may take to have a connection, the handshake of TLS included.
    pub connect_timeout: Duration,
    /// How long an idle connection is kept: shorter than servers do, so that none is used while it is being closed.
    pub idle_timeout: Duration,
    /// The most idle connections that are kept.
    pub idle: usize,
    /// The most attempts under way at once; further ones wait for their turn within their deadline. A peer that is slow
    /// holds no more of this process than so many connections.
    pub at_once: usize,
    /// The most bytes of an answer's body.
    pub longest_body: usize,
    /// The most retries of one call.
    pub retries: u32,
    /// The pauses before them.
    pub backoff: Backoff,
    /// How much all calls together may be repeated.
    pub allowance: Allowance,
    /// Certificates in PEM of authorities that are trusted beside those of the system.
    pub authorities: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            user_agent: concat!("outbound/", env!("CARGO_PKG_VERSION")).to_owned(),
            connect_timeout: Duration::from_secs(1),
            idle_timeout: Duration::from_secs(4),
            idle: 16,
            at_once: 64,
            longest_body: 1 << 20,
            retries: 3,
            backoff: Backoff::default(),
            allowance: Allowance::default(),
            authorities: Vec::new(),
        }
    }
}

/// Why there is no client of these options.
#[derive(Debug, thiserror::Error)]
pub enum OptionsError {
    /// An authority's text is no certificate in PEM.
    #[error("an authority is no certificate in PEM")]
    Authority(#[source] Cause),
    /// There is no client: the certificates of the system cannot be read, or the user agent has a line break.
    #[error("no client can be made")]
    Client(#[source] Cause),
}

/// What a client did so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Calls that began.
    pub calls: u64,
    /// Attempts beyond the first of each call.
    pub retries: u64,
    /// Retries that the budget refused.
    pub refused: u64,
}

/// Calls one peer. Cheap to clone; clones share connections, turns and budget.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    http: reqwest::Client,
    turns: Semaphore,
    budget: Budget,
    retries: u32,
    backoff: Backoff,
    longest_body: usize,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    calls: AtomicU64,
    retries: AtomicU64,
    refused: AtomicU64,
}

/// How far a call got.
#[derive(Clone, Copy, Default)]
struct Course {
    attempts: u32,
    /// Whether an attempt may have had its effect, or may have it yet.
    sent: bool,
}

impl Client {
    /// A client that has no connection yet.
    ///
    /// # Errors
    /// An authority is no certificate, or TLS cannot be set up.
    pub fn new(options: Options) -> Result<Self, OptionsError> {
        let mut builder = reqwest::Client::builder()
            .user_agent(options.user_agent)
            .connect_timeout(options.connect_timeout)
            .pool_idle_timeout(options.idle_timeout)
            .pool_max_idle_per_host(options.idle)
            // One call a connection: what is stuck takes no other call along.
            .http1_only()
            .redirect(Policy::none())
            .referer(false)
            .no_proxy()
            // Retries are decided here, where the budget is.
            .retry(reqwest::retry::never());
        // A peer that went away without a word is found out while a request is under way.
        #[cfg(target_os = "linux")]
        {
            builder = builder.tcp_user_timeout(options.connect_timeout.saturating_mul(5));
        }
        let mut authorities = Vec::with_capacity(options.authorities.len());
        for pem in &options.authorities {
            let read = Certificate::from_pem_bundle(pem.as_bytes());
            authorities.extend(read.map_err(|error| OptionsError::Authority(Cause::new(error)))?);
        }
        if !authorities.is_empty() {
            builder = builder.tls_certs_merge(authorities);
        }
        let http = builder.build().map_err(|error| OptionsError::Client(Cause::new(error)))?;
        let shared = Shared {
            http,
            turns: Semaphore::new(options.at_once.clamp(1, Semaphore::MAX_PERMITS)),
            budget: Budget::new(options.allowance),
            retries: options.retries,
            backoff: options.backoff,
            longest_body: options.longest_body,
            counts: Counts::default(),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Sends a call until it has an answer, as often as that is safe and allowed, by `deadline`.
    ///
    /// An answer with 502 or 504 is one as well, if there are no more retries. When this future is dropped, the connection of
    /// the attempt under way is closed.
    ///
    /// # Errors
    /// There is no whole answer; [`Error::may_have_happened`] tells whether there may have been an effect.
    pub async fn call(&self, call: Call, deadline: Instant) -> Result<Answer, Error> {
        self.shared.counts.calls.fetch_add(1, Ordering::Relaxed);
        self.shared.budget.pay_in();
        let mut course = Course::default();
        if deadline <= Instant::now() {
            return Err(course.timeout());
        }
        let ended = timeout_at(deadline, self.shared.attempts(&call, deadline, &mut course)).await;
        ended.unwrap_or_else(|_| Err(course.timeout()))
    }

    /// What it did so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let Counts { calls, retries, refused } = &self.shared.counts;
        let [calls, retries, refused] = [calls, retries, refused].map(|count| count.load(Ordering::Relaxed));
        Stats { calls, retries, refused }
    }
}

impl Course {
    fn timeout(self) -> Error {
        Error::Timeout { attempts: self.attempts, sent: self.sent }
    }
}

impl Shared {
    async fn attempts(&self, call: &Call, deadline: Instant, course: &mut Course) -> Result<Answer, Error> {
        loop {
            let outcome = self.attempt(call, course).await;
            let Some(pause) = self.pause(call, &outcome, *course, deadline) else {
                return outcome.into_result(course.attempts, course.sent);
            };
            sleep(pause).await;
            self.counts.retries.fetch_add(1, Ordering::Relaxed);
        }
    }

    async fn attempt(&self, call: &Call, course: &mut Course) -> Outcome {
        // Nobody closes it: without a turn there would be no attempt.
        let _turn = self.turns.acquire().await;
        let sent = course.sent;
        // Before anything of it is known: the deadline may end this future at any moment.
        *course = Course { attempts: course.attempts + 1, sent: true };
        let outcome = attempt::send(&self.http, call, self.longest_body).await;
        course.sent = sent || !outcome.is_without_effect();
        outcome
    }

    /// How long to wait for another attempt; None: this was the last.
    fn pause(&self, call: &Call, outcome: &Outcome, course: Course, deadline: Instant) -> Option<Duration> {
        let safe = call.is_repeatable() || !course.sent;
        if !safe || !outcome.may_improve() || course.attempts > self.retries {
            return None;
        }
        let random = getrandom::u64().unwrap_or(u64::MAX);
        let mut pause = self.backoff.pause(course.attempts - 1, random);
        if let Outcome::Overloaded { retry_after: Some(away), .. } = outcome {
            // Not all at the same second either.
            pause = pause.saturating_add(*away);
        }
        // What would come too late is told now.
        Instant::now().checked_add(pause).filter(|then| *then < deadline)?;
        let allowed = self.budget.take();
        if !allowed {
            self.counts.refused.fetch_add(1, Ordering::Relaxed);
        }
        allowed.then_some(pause)
    }
}
