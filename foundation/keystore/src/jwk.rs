//! Public keys as JSON (RFC 7517).

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ParsedPublicKey, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use crate::algorithm::Algorithm;

/// A key that verifies.
#[derive(Clone)]
pub struct Jwk {
    kid: Option<String>,
    algorithm: Option<Algorithm>,
    material: Material,
}

/// Why a JSON value is no key that can verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwkError {
    /// It is not an object, or a member is absent or of a wrong form.
    #[error("malformed key")]
    Malformed,
    /// Its type or its curve is not known.
    #[error("unsupported key type")]
    Unsupported,
    /// Its `use` or `key_ops` says that it is for something else.
    #[error("the key is not for signatures")]
    NotForSignatures,
}

/// The numbers of a key.
#[derive(Clone)]
enum Material {
    /// The coordinates are one point, as the curve's algorithm takes it.
    Curve {
        name: &'static str,
        point: Vec<u8>,
    },
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    Secret(Vec<u8>),
}

/// The curves, with the length of a coordinate in bytes.
const CURVES: [(&str, usize); 3] = [("P-256", 32), ("P-384", 48), ("P-521", 66)];

impl Jwk {
    /// Reads a key.
    ///
    /// # Errors
    /// It is not well formed, of an unknown type, or not for verifying signatures.
    pub fn parse(json: &Value) -> Result<Self, JwkError> {
        let members = json.as_object().ok_or(JwkError::Malformed)?;
        check_purpose(members)?;
        let text = |name| members.get(name).and_then(Value::as_str);
        let material = match text("kty").ok_or(JwkError::Malformed)? {
            "OKP" if text("crv") == Some("Ed25519") => {
                Material::Curve { name: "Ed25519", point: bytes(members, "x", Some(32))? }
            }
            "EC" => {
                let curve = CURVES.into_iter().find(|(name, _)| text("crv") == Some(name));
                let (name, length) = curve.ok_or(JwkError::Unsupported)?;
                // An uncompressed point (SEC 1, section 2.3.3).
                let mut point = vec![4];
                point.extend(bytes(members, "x", Some(length))?);
                point.extend(bytes(members, "y", Some(length))?);
                Material::Curve { name, point }
            }
            "RSA" => Material::Rsa { n: bytes(members, "n", None)?, e: bytes(members, "e", None)? },
            "oct" => Material::Secret(bytes(members, "k", None)?),
            _ => return Err(JwkError::Unsupported),
        };
        let kid = text("kid").map(str::to_owned);
        Ok(Self { kid, algorithm: text("alg").and_then(Algorithm::parse), material })
    }

    /// The key's id, if it has one.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The algorithm that the key says it is for, if it names one that is known.
    pub fn algorithm(&self) -> Option<Algorithm> {
        self.algorithm
    }

    /// Whether `signature` over `message` is this key's by `algorithm`. A key of another type never is: a public key
    /// can't be taken for a shared secret.
    pub(crate) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        match &self.material {
            Material::Secret(secret) => algorithm
                .with_secret()
                .is_some_and(|hash| hmac::verify(&hmac::Key::new(hash, secret), message, signature).is_ok()),
            _ => self.parsed(algorithm).is_some_and(|key| key.verify_sig(message, signature).is_ok()),
        }
    }

    /// The public key, ready to verify by `algorithm`; `None` when it is not for that algorithm.
    pub(crate) fn parsed(&self, algorithm: Algorithm) -> Option<ParsedPublicKey> {
        match &self.material {
            Material::Curve { name, point } => ParsedPublicKey::new(algorithm.on_curve(name)?, point).ok(),
            Material::Rsa { n, e } => RsaPublicKeyComponents { n, e }.to_parsed_public_key(algorithm.with_rsa()?).ok(),
            Material::Secret(_) => None,
        }
    }
}

/// The members of a public key on a curve of Edwards (RFC 8037, section 2).
pub(crate) fn edwards(point: &[u8]) -> Value {
    json!({"crv": "Ed25519", "kty": "OKP", "x": encode(point)})
}

/// The members of a public key on P-256, out of its uncompressed point (RFC 7518, section 6.2.1).
pub(crate) fn p256(point: &[u8]) -> Option<Value> {
    let (x, y) = point.strip_prefix(&[4])?.split_at_checked(32)?;
    Some(json!({"crv": "P-256", "kty": "EC", "x": encode(x), "y": encode(y)}))
}

/// The thumbprint by SHA-256 (RFC 7638) of a key that has no other members than the required ones.
pub(crate) fn thumbprint(required: &Value) -> String {
    // `serde_json` writes members in the order of their names and without white space, as section 3 asks for.
    encode(digest(&SHA256, required.to_string().as_bytes()).as_ref())
}

pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes base64url: no padding, no line breaks, no bits that mean nothing (RFC 7515, section 2).
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

fn check_purpose(members: &Map<String, Value>) -> Result<(), JwkError> {
    let is_for_signatures = members.get("use").is_none_or(|purpose| purpose == "sig");
    let verifies = members.get("key_ops").is_none_or(|operations| {
        operations.as_array().is_some_and(|operations| operations.iter().any(|operation| operation == "verify"))
    });
    if is_for_signatures && verifies { Ok(()) } else { Err(JwkError::NotForSignatures) }
}

fn bytes(members: &Map<String, Value>, name: &str, length: Option<usize>) -> Result<Vec<u8>, JwkError> {
    let bytes = members.get(name).and_then(Value::as_str).and_then(decode).ok_or(JwkError::Malformed)?;
    let fits = length.map_or(!bytes.is_empty(), |length| bytes.len() == length);
    if fits { Ok(bytes) } else { Err(JwkError::Malformed) }
}
