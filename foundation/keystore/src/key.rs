//! Private keys: made, written as PEM, signing.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{EncodingKey, Header, crypto};

use crate::algorithm::Algorithm;
use crate::error::Error;
use crate::jwk::encode;

/// A private key with its public part.
pub(crate) struct SigningKey {
    private: EncodingKey,
    public: Jwk,
    kid: String,
    algorithm: jsonwebtoken::Algorithm,
}

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";

impl SigningKey {
    /// A new key.
    pub(crate) fn generate(algorithm: Algorithm) -> Result<Self, Error> {
        // `jsonwebtoken` makes no keys. What is written is what it reads: PKCS#8 with the private part alone.
        let private = match algorithm {
            Algorithm::EdDsa => EncodingKey::from_ed_der(Ed25519KeyPair::generate()?.to_pkcs8v1()?.as_ref()),
            Algorithm::Es256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
                EncodingKey::from_ec_der(pair.to_pkcs8v1()?.as_ref())
            }
            other => return Err(Error::NotForSigning(other)),
        };
        Self::of(algorithm, private).ok_or(Error::Crypto)
    }

    /// Reads a key that [`SigningKey::to_pem`] or OpenSSL wrote; `None` if it is none for `algorithm`.
    pub(crate) fn from_pem(algorithm: Algorithm, pem: &[u8]) -> Option<Self> {
        let private = match algorithm {
            Algorithm::EdDsa => EncodingKey::from_ed_pem(pem).ok()?,
            Algorithm::Es256 => EncodingKey::from_ec_pem(pem).ok()?,
            _ => return None,
        };
        Self::of(algorithm, private)
    }

    /// The private key as PEM of PKCS#8 (RFC 7468, section 10).
    pub(crate) fn to_pem(&self) -> String {
        let mut pem = format!("{BEGIN}\n");
        let body = STANDARD.encode(self.private.as_bytes());
        let mut rest = body.as_str();
        while !rest.is_empty() {
            let (line, after) = rest.split_at(rest.len().min(64));
            pem.push_str(line);
            pem.push('\n');
            rest = after;
        }
        pem.push_str(END);
        pem.push('\n');
        pem
    }

    /// The thumbprint of the public part (RFC 7638).
    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    /// The public part, with its id, its algorithm and its use.
    pub(crate) fn public(&self) -> &Jwk {
        &self.public
    }

    /// Signs `claims` as a token of type `typ` in compact form (RFC 7515).
    pub(crate) fn sign(&self, typ: &str, claims: &[u8]) -> Result<String, Error> {
        let mut header = Header::new(self.algorithm);
        header.typ = Some(typ.to_owned());
        header.kid = Some(self.kid.clone());
        let header = serde_json::to_vec(&header).map_err(|_| Error::Crypto)?;
        let mut token = format!("{}.{}", encode(&header), encode(claims));
        // The key is parsed anew for each signature: about 7 us of the 19 that a token by EdDSA costs, 10 of the 28 by
        // ES256. Whoever signs in waits a thousand times as long for the hash of the password.
        let signature = crypto::sign(token.as_bytes(), &self.private, self.algorithm)?;
        token.push('.');
        token.push_str(&signature);
        Ok(token)
    }

    fn of(algorithm: Algorithm, private: EncodingKey) -> Option<Self> {
        let algorithm = algorithm.known()?;
        let mut public = Jwk::from_encoding_key(&private, algorithm).ok()?;
        let kid = public.thumbprint(ThumbprintHash::SHA256).ok()?;
        public.common.key_id = Some(kid.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        Some(Self { private, public, kid, algorithm })
    }
}
