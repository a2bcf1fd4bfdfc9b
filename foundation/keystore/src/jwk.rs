//! Public keys as JSON (RFC 7517).

use aws_lc_rs::signature::{ECDSA_P521_SHA512_FIXED, VerificationAlgorithm as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, CommonParameters, EllipticCurve, KeyOperations, PublicKeyUse};
use jsonwebtoken::{DecodingKey, crypto};
use serde::Deserialize as _;
use serde_json::Value;

use crate::algorithm::Algorithm;

/// A key that verifies.
#[derive(Clone)]
pub struct Jwk {
    kid: Option<String>,
    algorithm: Option<Algorithm>,
    key: DecodingKey,
    curve: Option<EllipticCurve>,
}

/// Why a JSON value is no key that can verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwkError {
    /// It is not an object, or a member is of a wrong form.
    #[error("malformed key")]
    Malformed,
    /// Its type or its curve is not known, or it lacks a member that its type requires.
    #[error("unsupported key type")]
    Unsupported,
    /// Its `use` or `key_ops` says that it is for something else.
    #[error("the key is not for signatures")]
    NotForSignatures,
}

impl Jwk {
    /// Reads a key.
    ///
    /// # Errors
    /// It is not well formed, of an unknown type, or not for verifying signatures.
    pub fn parse(json: &Value) -> Result<Self, JwkError> {
        let jwk = jsonwebtoken::jwk::Jwk::deserialize(json).map_err(|_| JwkError::Malformed)?;
        let mut key = Self::of(&jwk)?;
        // The library does not know the name of every algorithm.
        key.algorithm = json.get("alg").and_then(Value::as_str).and_then(Algorithm::parse);
        Ok(key)
    }

    /// The key's id, if it has one.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The algorithm that the key says it is for, if it names one that is known.
    pub fn algorithm(&self) -> Option<Algorithm> {
        self.algorithm
    }

    /// Takes what the library has read. It decodes base64url as strictly as RFC 7515 (section 2) asks for, but leaves
    /// the purpose of a key, its curve and the lengths of its numbers to the caller.
    pub(crate) fn of(jwk: &jsonwebtoken::jwk::Jwk) -> Result<Self, JwkError> {
        check_purpose(&jwk.common)?;
        let curve = check_numbers(&jwk.algorithm)?;
        let key = DecodingKey::from_jwk(jwk).map_err(|_| JwkError::Malformed)?;
        Ok(Self { kid: jwk.common.key_id.clone(), algorithm: None, key, curve })
    }

    /// Whether `signature`, in base64url, over `message` is this key's by `algorithm`. A key of another type never is:
    /// a public key can't be taken for a shared secret.
    pub(crate) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &str) -> bool {
        // The library finds a key of another family by itself. A curve belongs to one algorithm only (RFC 7518,
        // section 3.4).
        if self.curve != algorithm.curve() {
            return false;
        }
        match algorithm.known() {
            // That it parses the key each time costs less than can be measured: 38 us by EdDSA, 53 us by ES256.
            Some(known) => crypto::verify(signature, message, &self.key, known).unwrap_or(false),
            // ES512, which the library does not have, though RFC 7520 (section 4.3) signs by it.
            None => match (self.key.try_get_as_bytes(), decode(signature)) {
                (Ok(point), Some(signature)) => ECDSA_P521_SHA512_FIXED.verify_sig(point, message, &signature).is_ok(),
                _ => false,
            },
        }
    }
}

pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes base64url: no padding, no line breaks, no bits that mean nothing (RFC 7515, section 2).
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

fn check_purpose(common: &CommonParameters) -> Result<(), JwkError> {
    let is_for_signatures = common.public_key_use.as_ref().is_none_or(|purpose| *purpose == PublicKeyUse::Signature);
    let verifies = common.key_operations.as_ref().is_none_or(|operations| operations.contains(&KeyOperations::Verify));
    if is_for_signatures && verifies { Ok(()) } else { Err(JwkError::NotForSignatures) }
}

/// That a key has the numbers of its type in full length; gives its curve, if it is on one.
fn check_numbers(key: &AlgorithmParameters) -> Result<Option<EllipticCurve>, JwkError> {
    // The length of a coordinate in base64url.
    let (curve, are_full) = match key {
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            (Some(&key.curve), key.x.len() == 43)
        }
        AlgorithmParameters::EllipticCurve(key) => {
            let length = match key.curve {
                EllipticCurve::P256 => 43,
                EllipticCurve::P384 => 64,
                EllipticCurve::P521 => 88,
                _ => return Err(JwkError::Unsupported),
            };
            (Some(&key.curve), key.x.len() == length && key.y.len() == length)
        }
        AlgorithmParameters::RSA(key) => (None, !key.n.is_empty() && !key.e.is_empty()),
        AlgorithmParameters::OctetKey(key) => (None, !key.value.is_empty()),
        _ => return Err(JwkError::Unsupported),
    };
    if are_full { Ok(curve.cloned()) } else { Err(JwkError::Malformed) }
}
