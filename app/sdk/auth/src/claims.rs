//! What an access token says (RFC 9068), written and read.

use serde::Serialize;
use serde_json::{Map, Value};
use types::{Role, SessionId, UserId};
use uuid::Uuid;

/// The type of an access token's header.
pub(crate) const TYP: &str = "at+jwt";

/// The client that every token is issued to: the product's own.
pub(crate) const CLIENT_ID: &str = "marquee";

/// By how many seconds the clocks of two replicas may differ.
pub(crate) const LEEWAY: i64 = 5;

/// The claims of a token to issue. Times are seconds since 1970.
#[derive(Serialize)]
pub(crate) struct Issued<'a> {
    pub(crate) iss: &'a str,
    pub(crate) sub: Uuid,
    pub(crate) aud: &'a str,
    pub(crate) exp: i64,
    pub(crate) iat: i64,
    pub(crate) jti: Uuid,
    pub(crate) client_id: &'a str,
    /// The session that the token belongs to (OpenID Connect Front-Channel Logout 1.0, section 3); none for a token
    /// that an operator made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sid: Option<Uuid>,
    /// For clients to show. Nothing here believes them: the database knows the roles of this moment.
    pub(crate) roles: Vec<&'static str>,
}

/// The claims of a token that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Accepted {
    pub(crate) user_id: UserId,
    pub(crate) token_id: Uuid,
    pub(crate) session_id: Option<SessionId>,
    pub(crate) expires_at: i64,
}

/// Why a request's credentials are refused, for the log. The client is told none of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("several authorization fields")]
    SeveralFields,
    #[error("the authorization field is no bearer token")]
    NotBearer,
    #[error("the token is refused")]
    Token(#[from] keystore::Invalid),
    #[error("claim {0} is absent or of a wrong type")]
    Claim(&'static str),
    #[error("the token is for another issuer, audience or client")]
    Foreign,
    #[error("the token has expired")]
    Expired,
    #[error("the token is not valid yet")]
    Early,
    #[error("the user is gone, disabled or not activated")]
    User,
    #[error("the session has ended")]
    Session,
}

pub(crate) fn role_names(roles: impl Iterator<Item = Role>) -> Vec<&'static str> {
    roles.map(Role::as_str).collect()
}

/// Reads the claims of a verified token. Each has one type; what is no claim of ours is ignored.
pub(crate) fn read(payload: &[u8], issuer: &str, audience: &str, now: i64) -> Result<Accepted, Refusal> {
    let claims = keystore::jws::object(payload)?;
    let exp = seconds(&claims, "exp")?.ok_or(Refusal::Claim("exp"))?;
    let iat = seconds(&claims, "iat")?.ok_or(Refusal::Claim("iat"))?;
    let nbf = seconds(&claims, "nbf")?;
    let ours =
        text(&claims, "iss")? == issuer && text(&claims, "client_id")? == CLIENT_ID && is_for(&claims, audience)?;
    if !ours {
        return Err(Refusal::Foreign);
    }
    if is_expired(exp, now) {
        return Err(Refusal::Expired);
    }
    if iat.max(nbf.unwrap_or(iat)) > now.saturating_add(LEEWAY) {
        return Err(Refusal::Early);
    }
    let user_id = UserId::parse(text(&claims, "sub")?).map_err(|_| Refusal::Claim("sub"))?;
    let token_id = Uuid::parse_str(text(&claims, "jti")?).map_err(|_| Refusal::Claim("jti"))?;
    // What is there and no id must not pass for a token without a session, which lives longer.
    let session_id = match claims.contains_key("sid") {
        true => Some(SessionId::parse(text(&claims, "sid")?).map_err(|_| Refusal::Claim("sid"))?),
        false => None,
    };
    Ok(Accepted { user_id, token_id, session_id, expires_at: exp })
}

pub(crate) fn is_expired(exp: i64, now: i64) -> bool {
    exp.saturating_add(LEEWAY) <= now
}

fn text<'a>(claims: &'a Map<String, Value>, name: &'static str) -> Result<&'a str, Refusal> {
    claims.get(name).and_then(Value::as_str).ok_or(Refusal::Claim(name))
}

/// Whole seconds: what this issuer writes.
fn seconds(claims: &Map<String, Value>, name: &'static str) -> Result<Option<i64>, Refusal> {
    match claims.get(name) {
        None => Ok(None),
        Some(value) => value.as_i64().map(Some).ok_or(Refusal::Claim(name)),
    }
}

/// `aud` is a text or a list of them (RFC 7519, section 4.1.3).
fn is_for(claims: &Map<String, Value>, audience: &str) -> Result<bool, Refusal> {
    match claims.get("aud") {
        Some(Value::String(one)) => Ok(one == audience),
        Some(Value::Array(list)) if list.iter().all(Value::is_string) => Ok(list.iter().any(|one| one == audience)),
        _ => Err(Refusal::Claim("aud")),
    }
}
