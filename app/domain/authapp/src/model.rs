//! Sign-in as JSON, with the only conversions to and from the business.

use actix_web::dev::Payload;
use actix_web::http::header::USER_AGENT;
use actix_web::{FromRequest, HttpRequest};
use mux::reply::rfc3339;
use request::{Body, Field, Object, field};
use secrecy::SecretString;
use serde::Serialize;
use serde_json::Value;
use sessionbus::UserAgent;
use types::{SecretToken, SessionId};
use utoipa::ToSchema;
use uuid::Uuid;

/// The body that signs in. It is not checked for being an address or a password: what is neither fails as what is
/// wrong does.
pub(crate) struct Login {
    pub(crate) email: String,
    pub(crate) password: SecretString,
}

/// The body that refreshes a session. `None` is text that no token has: it fails as an unknown token does.
pub(crate) struct Refresh(pub(crate) Option<SecretToken>);

/// Where a request comes from, as far as it tells.
pub(crate) struct Device(pub(crate) sessionbus::Device);

/// What a session is used by: one token to send, one to get the next pair with.
#[derive(Serialize, ToSchema)]
pub(crate) struct Tokens {
    /// To send as `Authorization: Bearer`; opaque to clients.
    access_token: String,
    /// How to send it (RFC 6750).
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// Seconds for which the access token is valid.
    #[schema(example = 900)]
    expires_in: u64,
    /// Gets the next pair, once.
    refresh_token: String,
}

/// Somebody's being signed in somewhere.
#[derive(Serialize, ToSchema)]
pub(crate) struct Session {
    id: Uuid,
    /// Whether the request that asks belongs to it.
    current: bool,
    /// The address that it was last refreshed from, as the service saw it.
    #[schema(required = true, example = "192.0.2.7")]
    address: Option<String>,
    /// What the client that refreshed it last said that it was.
    #[schema(required = true, example = "Mozilla/5.0")]
    user_agent: Option<String>,
    /// When the user signed in.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was last refreshed.
    #[schema(format = DateTime)]
    last_used_at: String,
    /// When it ends, unless it is refreshed before.
    #[schema(format = DateTime)]
    expires_at: String,
}

/// The public keys that verify access tokens (RFC 7517).
#[derive(Serialize, ToSchema)]
pub(crate) struct JwkSet {
    #[schema(value_type = Vec<Object>)]
    keys: Value,
}

/// What there is of an authorization server (RFC 8414).
///
/// No `token_endpoint`, no `revocation_endpoint`: sign-in, refresh and sign-out are JSON, and not the forms of OAuth.
#[derive(Serialize, ToSchema)]
pub(crate) struct Metadata {
    /// The `iss` of every access token.
    issuer: String,
    /// Where the public keys are.
    jwks_uri: String,
    /// None: there is no authorization endpoint.
    response_types_supported: Vec<String>,
    /// None: there is no token endpoint. Without this member the grants of RFC 8414's default would seem to be offered.
    grant_types_supported: Vec<String>,
    /// Where the API is described, `POST /v1/auth/login` and `POST /v1/auth/refresh` among it.
    service_documentation: String,
}

/// The most characters of an address, of a password or of a token that are looked at.
const MAX: usize = 1024;

static EMAIL: Field<String> = field::text(0..=MAX, |text| Ok(text.to_owned())).example("admin@example.com");

static PASSWORD: Field<SecretString> = field::text(0..=MAX, |text| Ok(SecretString::from(text))).secret();

static REFRESH_TOKEN: Field<Option<SecretToken>> = field::text(0..=MAX, |text| Ok(SecretToken::parse(text).ok()))
    .secret()
    .describe("The one that came with the access token, as it was handed out.");

impl Body for Login {
    const NAME: &'static str = "Login";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let email = object.required("email", &EMAIL);
        let password = object.required("password", &PASSWORD);
        Some(Self { email: email?, password: password? })
    }
}

impl Body for Refresh {
    const NAME: &'static str = "Refresh";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let token = object.required("refresh_token", &REFRESH_TOKEN);
        Some(Self(token?))
    }
}

impl FromRequest for Device {
    type Error = std::convert::Infallible;
    type Future = std::future::Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let user_agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok());
        std::future::ready(Ok(Self(sessionbus::Device {
            address: changes::origin().address,
            user_agent: user_agent.and_then(UserAgent::clip),
        })))
    }
}

impl Tokens {
    /// The pair as it is handed out.
    pub(crate) fn of(access: &auth::AccessToken, refresh: &SecretToken) -> Self {
        Self {
            access_token: access.expose().to_owned(),
            token_type: "Bearer",
            expires_in: access.expires_in.as_secs(),
            refresh_token: refresh.expose(),
        }
    }
}

impl Session {
    /// The session as somebody sees it who is in the session `current`.
    pub(crate) fn seen_from(current: Option<SessionId>, session: &sessionbus::Session) -> Self {
        Self {
            id: session.id.uuid(),
            current: current == Some(session.id),
            address: session.device.address.map(|address| address.to_string()),
            user_agent: session.device.user_agent.as_ref().map(|text| text.as_str().to_owned()),
            created_at: rfc3339(session.created_at),
            last_used_at: rfc3339(session.last_used_at),
            expires_at: rfc3339(session.expires_at),
        }
    }
}

impl From<&keystore::Snapshot> for JwkSet {
    fn from(keys: &keystore::Snapshot) -> Self {
        Self { keys: keys.jwks()["keys"].take() }
    }
}

impl From<&auth::Settings> for Metadata {
    fn from(settings: &auth::Settings) -> Self {
        let url = settings.issuer.trim_end_matches('/');
        Self {
            issuer: settings.issuer.clone(),
            jwks_uri: format!("{url}/.well-known/jwks.json"),
            response_types_supported: Vec::new(),
            grant_types_supported: Vec::new(),
            service_documentation: format!("{url}/docs"),
        }
    }
}
