//! Verification of JSON Web Signatures in compact form (RFC 7515), as strict as RFC 8725 advises.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::{Map, Value};

use crate::algorithm::Algorithm;
use crate::jwk::{Jwk, decode};

/// The longest token that is looked at, in bytes.
pub const MAX_TOKEN: usize = 8 * 1024;

/// Why a token is refused. It says nothing of the token's content and may be logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// Longer than [`MAX_TOKEN`].
    #[error("token too long")]
    TooLong,
    /// Not three parts of base64url.
    #[error("malformed token")]
    Malformed,
    /// The header is not a JSON object, has a member twice, or one of a wrong type.
    #[error("malformed token header")]
    Header,
    /// The header has a member that changes how the token is read, or brings a key of its own.
    #[error("token header has a member that is not honoured")]
    Unsupported,
    /// The algorithm is not allowed, or not that of the key.
    #[error("token algorithm not allowed")]
    Algorithm,
    /// The header names no key, or one that is not known.
    #[error("unknown signing key")]
    UnknownKey,
    /// The token is for something else.
    #[error("token of another type")]
    Type,
    /// The signature is not that of the key.
    #[error("wrong signature")]
    Signature,
}

/// Members of a header that can't be ignored safely: they change what is signed or how it is read (`crit`, `b64`,
/// `zip`, `enc`), or let whoever made the token choose the key (the others).
const REFUSED: [&str; 8] = ["crit", "b64", "zip", "enc", "jku", "jwk", "x5u", "x5c"];

/// A token taken apart, of which nothing is believed yet.
pub(crate) struct Parts<'a> {
    pub(crate) header: Header,
    pub(crate) payload: Vec<u8>,
    /// What is signed: header and payload as they were sent.
    pub(crate) signed: &'a [u8],
    /// In base64url still, and known to be that.
    pub(crate) signature: &'a str,
}

/// What a header says.
pub(crate) struct Header {
    pub(crate) algorithm: Algorithm,
    pub(crate) kid: Option<String>,
    pub(crate) typ: Option<String>,
}

/// Verifies `token` with `key` and gives the bytes of its payload.
///
/// `allowed` is the caller's decision on the algorithms for this key, and should be one (RFC 8725, section 3.1);
/// [`Jwk::algorithm`] tells what the key says of itself. A payload of no bytes is one.
///
/// # Errors
/// The token is malformed, by another algorithm, or not signed by the key.
pub fn verify(key: &Jwk, allowed: &[Algorithm], token: &str) -> Result<Vec<u8>, Invalid> {
    let parts = Parts::read(token)?;
    if !allowed.contains(&parts.header.algorithm) {
        return Err(Invalid::Algorithm);
    }
    if key.verifies(parts.header.algorithm, parts.signed, parts.signature) {
        Ok(parts.payload)
    } else {
        Err(Invalid::Signature)
    }
}

/// Reads a JSON object that has no member twice: of two, two programs might each believe another.
///
/// # Errors
/// [`Invalid::Malformed`].
pub fn object(json: &[u8]) -> Result<Map<String, Value>, Invalid> {
    let Members(members) = serde_json::from_slice(json).map_err(|_| Invalid::Malformed)?;
    Ok(members)
}

impl<'a> Parts<'a> {
    pub(crate) fn read(token: &'a str) -> Result<Self, Invalid> {
        if token.len() > MAX_TOKEN {
            return Err(Invalid::TooLong);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(Invalid::Malformed)?;
        // A dot that is left over in a part is not of base64url's alphabet.
        let (header, payload) = signed.split_once('.').ok_or(Invalid::Malformed)?;
        let [Some(header), Some(payload), Some(bytes)] = [header, payload, signature].map(decode) else {
            return Err(Invalid::Malformed);
        };
        if bytes.is_empty() {
            return Err(Invalid::Malformed);
        }
        Ok(Self { header: Header::read(&header)?, payload, signed: signed.as_bytes(), signature })
    }
}

impl Header {
    fn read(json: &[u8]) -> Result<Self, Invalid> {
        let members = object(json).map_err(|_| Invalid::Header)?;
        if REFUSED.iter().any(|name| members.contains_key(*name)) {
            return Err(Invalid::Unsupported);
        }
        let text = |name| match members.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(Invalid::Header),
        };
        let algorithm = text("alg")?.ok_or(Invalid::Header)?;
        let algorithm = Algorithm::parse(&algorithm).ok_or(Invalid::Algorithm)?;
        Ok(Self { algorithm, kid: text("kid")?, typ: text("typ")? })
    }
}

/// The members of an object, none of them twice.
struct Members(Map<String, Value>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Object)
    }
}

struct Object;

impl<'de> Visitor<'de> for Object {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Members, A::Error> {
        let mut members = Map::new();
        while let Some((name, value)) = access.next_entry::<String, Value>()? {
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a member twice"));
            }
        }
        Ok(Members(members))
    }
}
