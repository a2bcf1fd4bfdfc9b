//! Access tokens: issued, and taken for the user they stand for.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use actix_web::http::header::{self, HeaderMap};
use apierror::ApiError;
use keystore::{KeyStore, Snapshot};
use sqldb::Db;
use types::SessionId;
use uuid::Uuid;

use crate::caller::{Caller, Principal};
use crate::claims::{self, Accepted, CLIENT_ID, Issued, LEEWAY, Refusal, TYP};
use crate::states::{State, States};

/// Issues access tokens and recognises them. Cheap to clone; clones share their caches.
///
/// A signature is verified once for each token: that costs 38 us, a third of what a whole request may take. The state
/// of a user (enabled, activated, roles) and of the session is looked up in the database and believed for
/// [`STATE_LIFETIME`], so that a change works everywhere soon after, whatever the token says.
#[derive(Clone)]
pub struct Authenticator(Arc<Inner>);

struct Inner {
    keys: KeyStore,
    settings: Settings,
    /// By the token itself, to the byte.
    tokens: moka::sync::Cache<Box<str>, Known>,
    states: States,
    /// When the folder of keys was last looked at, in seconds since 1970.
    looked_at: AtomicI64,
    is_folder_unreadable: AtomicBool,
}

/// What the tokens of a service have in common.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `iss`: the public URL of the service.
    pub issuer: String,
    /// `aud`.
    pub audience: String,
    /// How long a token is valid.
    pub access_ttl: Duration,
}

/// A token that was just issued. It can't be printed.
pub struct AccessToken {
    token: String,
    /// How long it is valid.
    pub expires_in: Duration,
    /// Its `jti`.
    pub token_id: Uuid,
}

/// How long the state of a user and of a session is believed. With the time that a look-up may take it stays below the
/// 10 s within which a change has to work everywhere.
pub const STATE_LIFETIME: Duration = Duration::from_secs(5);

/// The most tokens and the most users that are remembered. A token and its entry are about 700 bytes.
const REMEMBERED: u64 = 20_000;

/// A token whose signature and claims were right under this generation of the keys.
#[derive(Clone, Copy)]
struct Known {
    accepted: Accepted,
    generation: u64,
}

impl Authenticator {
    /// Issues and recognises tokens signed by `keys` for the users of `users`, whose sessions are kept in `db`.
    pub fn new(keys: KeyStore, settings: Settings, users: userbus::Business, db: &Db) -> Self {
        Self::with_state_lifetime(keys, settings, users, db, STATE_LIFETIME)
    }

    /// As [`Authenticator::new`], with another time for which a state is believed: [`STATE_LIFETIME`] at most.
    pub fn with_state_lifetime(
        keys: KeyStore,
        settings: Settings,
        users: userbus::Business,
        db: &Db,
        state_lifetime: Duration,
    ) -> Self {
        let state_lifetime = state_lifetime.min(STATE_LIFETIME);
        let token_lifetime = settings.access_ttl + Duration::from_secs(LEEWAY.unsigned_abs());
        Self(Arc::new(Inner {
            keys,
            settings,
            tokens: moka::sync::Cache::builder().max_capacity(REMEMBERED).time_to_live(token_lifetime).build(),
            states: States::new(users, db, REMEMBERED, state_lifetime),
            looked_at: AtomicI64::new(0),
            is_folder_unreadable: AtomicBool::new(false),
        }))
    }

    /// What the tokens have in common.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// The keys of this moment. A change in their folder is seen within a second.
    pub fn keys(&self) -> Arc<Snapshot> {
        self.look_at_folder(types::now().timestamp());
        self.0.keys.snapshot()
    }

    /// Issues a token for `user` that belongs to no session: it works until it expires, or the user may not sign in. For
    /// operators.
    ///
    /// # Errors
    /// No key is active.
    pub fn mint(&self, user: &userbus::User) -> Result<AccessToken, keystore::Error> {
        self.issue(user, None)
    }

    /// Issues a token for `user` that belongs to this session, and ends with it.
    ///
    /// # Errors
    /// No key is active.
    pub fn mint_within(&self, user: &userbus::User, session_id: SessionId) -> Result<AccessToken, keystore::Error> {
        self.issue(user, Some(session_id))
    }

    fn issue(&self, user: &userbus::User, session_id: Option<SessionId>) -> Result<AccessToken, keystore::Error> {
        let (now, ttl) = (types::now().timestamp(), self.0.settings.access_ttl);
        let token_id = Uuid::now_v7();
        let claims = Issued {
            iss: &self.0.settings.issuer,
            sub: user.id.uuid(),
            aud: &self.0.settings.audience,
            exp: now.saturating_add_unsigned(ttl.as_secs()),
            iat: now,
            jti: token_id,
            client_id: CLIENT_ID,
            sid: session_id.map(SessionId::uuid),
            roles: claims::role_names(user.roles.iter()),
        };
        let json = serde_json::to_vec(&claims).map_err(|_| keystore::Error::Crypto)?;
        Ok(AccessToken { token: self.keys().sign(TYP, &json)?, expires_in: ttl, token_id })
    }

    /// Who sends a request with these header fields: nobody in particular without `Authorization`.
    ///
    /// # Errors
    /// 401, the same whatever is wrong with the credentials; 503 when the user's state is not known and the database
    /// does not answer.
    pub async fn authenticate(&self, headers: &HeaderMap) -> Result<Caller, ApiError> {
        match bearer(headers).map_err(refused)? {
            Some(token) => self.recognise(token).await.map(Caller::User),
            None => Ok(Caller::Anonymous),
        }
    }

    /// Whom a token stands for at this moment. For those who stay connected: to be asked again within [`STATE_LIFETIME`].
    ///
    /// # Errors
    /// As [`Authenticator::authenticate`].
    pub async fn recognise(&self, token: &str) -> Result<Principal, ApiError> {
        let Accepted { user_id, token_id, session_id, .. } = self.accept(token).map_err(refused)?;
        match self.0.states.of(user_id, session_id).await? {
            State::Good(roles) => Ok(Principal { user_id, roles, token_id, session_id }),
            State::NoUser => Err(refused(Refusal::User)),
            State::NoSession => Err(refused(Refusal::Session)),
        }
    }

    /// The token that came with these header fields; `None` without one, or with what is none.
    pub fn token(headers: &HeaderMap) -> Option<&str> {
        bearer(headers).ok().flatten()
    }

    /// Verifies a token, or remembers having done so.
    fn accept(&self, token: &str) -> Result<Accepted, Refusal> {
        // Before it is hashed to be looked up.
        if token.len() > keystore::jws::MAX_TOKEN {
            return Err(Refusal::Token(keystore::Invalid::TooLong));
        }
        let now = types::now().timestamp();
        self.look_at_folder(now);
        let keys = self.0.keys.snapshot();
        let generation = keys.generation();
        if let Some(known) = self.0.tokens.get(token)
            && known.generation == generation
        {
            let expired = claims::is_expired(known.accepted.expires_at, now);
            return if expired { Err(Refusal::Expired) } else { Ok(known.accepted) };
        }
        let verified = keys.verify(TYP, token)?;
        let accepted = claims::read(&verified.payload, &self.0.settings.issuer, &self.0.settings.audience, now)?;
        self.0.tokens.insert(token.into(), Known { accepted, generation });
        Ok(accepted)
    }

    /// Reads the folder of keys if it has changed; looks once a second at most.
    fn look_at_folder(&self, now: i64) {
        let last = self.0.looked_at.load(Ordering::Relaxed);
        let is_mine =
            last != now && self.0.looked_at.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if !is_mine {
            return;
        }
        let outcome = self.0.keys.reload();
        let was_unreadable = self.0.is_folder_unreadable.swap(outcome.is_err(), Ordering::Relaxed);
        match outcome {
            // Once, and not every second until someone mends it.
            Err(error) if !was_unreadable => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::error!(%error, cause, "the signing keys cannot be read again; those read before stay in use");
            }
            Ok(true) => tracing::info!("the signing keys were read again"),
            _ => {}
        }
    }
}

impl AccessToken {
    /// The token itself, for the answer to whoever signed in.
    pub fn expose(&self) -> &str {
        &self.token
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken").field("token_id", &self.token_id).finish_non_exhaustive()
    }
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticator").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}

/// The token of a request (RFC 6750, section 2.1). Tokens in a query or in a form are not looked for: they get into
/// logs and histories.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let mut fields = headers.get_all(header::AUTHORIZATION);
    let Some(field) = fields.next() else {
        return Ok(None);
    };
    if fields.next().is_some() {
        return Err(Refusal::SeveralFields);
    }
    let text = field.to_str().map_err(|_| Refusal::NotBearer)?;
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(token.trim_start_matches(' '))),
        _ => Err(Refusal::NotBearer),
    }
}

/// The one answer to bad credentials; what was wrong with them is for the log.
fn refused(refusal: Refusal) -> ApiError {
    ApiError::unauthorized(Some("invalid_token")).with_cause(refusal)
}
