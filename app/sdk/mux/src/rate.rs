//! The quota of each client.

use std::fmt::Write as _;
use std::time::Duration;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use apierror::{ApiError, Code};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;

use crate::address::Key;
use crate::settings::Quota;

/// The fields of draft-ietf-httpapi-ratelimit-headers-10.
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// One quota, kept for every client apart by the generic cell rate algorithm.
pub(crate) struct Limiter {
    clients: governor::RateLimiter<Key, DashMapStateStore<Key>, DefaultClock, StateInformationMiddleware>,
    quota: governor::Quota,
    clock: DefaultClock,
    policy: HeaderValue,
}

/// What a client has left after this request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    remaining: u32,
    /// Time until the whole quota is there again.
    reset: Duration,
}

impl Limiter {
    pub(crate) fn new(quota: Quota) -> Self {
        let rule = governor::Quota::per_second(quota.per_second).allow_burst(quota.burst);
        let window = quota.burst.get().div_ceil(quota.per_second.get());
        let policy = format!("\"default\";q={};w={window}", quota.burst);
        Self {
            clients: governor::RateLimiter::dashmap(rule).with_middleware::<StateInformationMiddleware>(),
            quota: rule,
            clock: DefaultClock::default(),
            policy: HeaderValue::try_from(policy).unwrap_or_else(|_| HeaderValue::from_static("")),
        }
    }

    /// Takes one request off `client`'s quota.
    pub(crate) fn take(&self, client: Key) -> Result<Standing, (ApiError, Standing)> {
        let each = self.quota.replenish_interval();
        match self.clients.check_key(&client) {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                let spent = self.quota.burst_size().get().saturating_sub(remaining);
                Ok(Standing { remaining, reset: each * spent })
            }
            Err(refusal) => {
                let wait = refusal.wait_time_from(self.clock.now());
                let error = ApiError::new(Code::QuotaExceeded).with_retry_after(wait);
                Err((error, Standing { remaining: 0, reset: wait }))
            }
        }
    }

    /// Forgets the clients whose quota is whole again.
    pub(crate) fn evict(&self) {
        self.clients.retain_recent();
        self.clients.shrink_to_fit();
    }

    /// Tells the client its standing.
    pub(crate) fn describe(&self, standing: Standing, headers: &mut HeaderMap) {
        let mut text = String::with_capacity(40);
        let seconds = standing.reset.as_secs() + u64::from(standing.reset.subsec_nanos() > 0);
        let _ = write!(text, "\"default\";r={};t={seconds}", standing.remaining);
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(RATE_LIMIT, value);
            headers.insert(RATE_LIMIT_POLICY, self.policy.clone());
        }
    }
}
