//! Sign-in as JSON, with the only conversions to and from the business.

use request::{Body, Field, Object, field};
use secrecy::SecretString;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// The body that signs in. It is not checked for being an address or a password: what is neither fails as what is
/// wrong does.
pub(crate) struct Login {
    pub(crate) email: String,
    pub(crate) password: SecretString,
}

/// A token to send as `Authorization: Bearer`.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccessToken {
    /// The token; opaque to clients.
    access_token: String,
    /// How to send it (RFC 6750).
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// Seconds for which it is valid.
    #[schema(example = 900)]
    expires_in: u64,
}

/// The public keys that verify access tokens (RFC 7517).
#[derive(Serialize, ToSchema)]
pub(crate) struct JwkSet {
    #[schema(value_type = Vec<Object>)]
    keys: Value,
}

/// What there is of an authorization server (RFC 8414).
#[derive(Serialize, ToSchema)]
pub(crate) struct Metadata {
    /// The `iss` of every access token.
    issuer: String,
    /// Where the public keys are.
    jwks_uri: String,
    /// Nothing yet: there is no authorization endpoint.
    response_types_supported: Vec<String>,
    /// Nothing yet. Without this member the grants of RFC 8414's default would seem to be offered.
    grant_types_supported: Vec<String>,
    /// Where the API is described.
    service_documentation: String,
}

/// The most characters of an address or of a password that are looked at.
const MAX: usize = 1024;

static EMAIL: Field<String> = field::text(0..=MAX, |text| Ok(text.to_owned())).example("admin@example.com");

static PASSWORD: Field<SecretString> = field::text(0..=MAX, |text| Ok(SecretString::from(text))).secret();

impl Body for Login {
    const NAME: &'static str = "Login";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let email = object.required("email", &EMAIL);
        let password = object.required("password", &PASSWORD);
        Some(Self { email: email?, password: password? })
    }
}

impl From<&auth::AccessToken> for AccessToken {
    fn from(token: &auth::AccessToken) -> Self {
        Self { access_token: token.expose().to_owned(), token_type: "Bearer", expires_in: token.expires_in.as_secs() }
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
