//! Private keys: made, written as PEM, signing.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::algorithm::Algorithm;
use crate::error::Error;
use crate::jwk;

/// A private key with its public part.
pub(crate) struct SigningKey {
    pair: Pair,
    /// The required members of the public key, of which the thumbprint is made.
    public: Value,
    kid: String,
}

enum Pair {
    Edwards(Ed25519KeyPair),
    P256(EcdsaKeyPair),
}

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";

impl SigningKey {
    /// A new key.
    pub(crate) fn generate(algorithm: Algorithm) -> Result<Self, Error> {
        let pair = match algorithm {
            Algorithm::EdDsa => Pair::Edwards(Ed25519KeyPair::generate()?),
            Algorithm::Es256 => Pair::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?),
            other => return Err(Error::NotForSigning(other)),
        };
        Self::of(pair).ok_or(Error::Crypto)
    }

    /// Reads a key that [`SigningKey::to_pem`] or OpenSSL wrote; `None` if it is none for `algorithm`.
    pub(crate) fn from_pem(algorithm: Algorithm, pem: &str) -> Option<Self> {
        let body = pem.trim().strip_prefix(BEGIN)?.strip_suffix(END)?;
        let der = STANDARD.decode(body.split_ascii_whitespace().collect::<String>()).ok()?;
        Self::of(match algorithm {
            // OpenSSL writes the private part alone; the public one is derived.
            Algorithm::EdDsa => Pair::Edwards(Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).ok()?),
            Algorithm::Es256 => Pair::P256(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der).ok()?),
            _ => return None,
        })
    }

    /// The private key as PEM of PKCS#8 (RFC 7468, section 10).
    pub(crate) fn to_pem(&self) -> Result<String, Error> {
        let der = match &self.pair {
            Pair::Edwards(pair) => pair.to_pkcs8v1()?,
            Pair::P256(pair) => pair.to_pkcs8v1()?,
        };
        let mut pem = format!("{BEGIN}\n");
        let body = STANDARD.encode(der.as_ref());
        let mut rest = body.as_str();
        while !rest.is_empty() {
            let (line, after) = rest.split_at(rest.len().min(64));
            pem.push_str(line);
            pem.push('\n');
            rest = after;
        }
        pem.push_str(END);
        pem.push('\n');
        Ok(pem)
    }

    /// The thumbprint of the public part (RFC 7638).
    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    /// The required members of the public part.
    pub(crate) fn public(&self) -> &Value {
        &self.public
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        match &self.pair {
            Pair::Edwards(pair) => Ok(pair.try_sign(message)?.as_ref().to_vec()),
            Pair::P256(pair) => Ok(pair.sign(&SystemRandom::new(), message)?.as_ref().to_vec()),
        }
    }

    fn of(pair: Pair) -> Option<Self> {
        let public = match &pair {
            Pair::Edwards(pair) => jwk::edwards(pair.public_key().as_ref()),
            Pair::P256(pair) => jwk::p256(pair.public_key().as_ref())?,
        };
        let kid = jwk::thumbprint(&public);
        Some(Self { pair, public, kid })
    }
}
