//! What an operator may choose about every request.

use std::num::NonZeroU32;
use std::time::Duration;

use settings::Network;

/// What holds for every request of an application.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long a unit of work may take in all.
    pub deadline: Duration,
    /// The largest body, in bytes.
    pub body_limit: usize,
    /// How long a body may take to arrive; where one is taken, the unit of work may take so much longer.
    pub body_timeout: Duration,
    /// How many requests may be worked on at once; more are answered 503 at once. Health routes do not count.
    pub max_in_flight: usize,
    /// The quota of one client; `None` takes all limits off.
    pub quota: Option<Quota>,
    /// The proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// The origins that browsers may call from, each exactly as browsers send it; none turns CORS off.
    pub cors_origins: Vec<String>,
    /// Whether work ends when the client that asked for it has gone.
    pub cancel_abandoned: bool,
}

/// How many requests a client may send.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    /// Requests a second that it may keep up.
    pub per_second: NonZeroU32,
    /// Requests that it may send at once before the rate counts.
    pub burst: NonZeroU32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(3),
            body_limit: 1 << 20,
            body_timeout: Duration::from_secs(10),
            max_in_flight: 512,
            quota: None,
            trusted_proxies: Vec::new(),
            cors_origins: Vec::new(),
            cancel_abandoned: true,
        }
    }
}

impl From<&settings::Settings> for Settings {
    fn from(settings: &settings::Settings) -> Self {
        let settings::Settings { db, web, limits, .. } = settings;
        let rates = [limits.per_second, limits.burst].map(NonZeroU32::new);
        Self {
            deadline: db.deadline,
            body_limit: web.body_limit.bytes(),
            body_timeout: web.body_timeout,
            max_in_flight: web.max_in_flight,
            quota: match rates {
                [Some(per_second), Some(burst)] if limits.enabled => Some(Quota { per_second, burst }),
                _ => None,
            },
            trusted_proxies: web.trusted_proxies.clone(),
            cors_origins: web.cors.allowed_origins.clone(),
            cancel_abandoned: true,
        }
    }
}
