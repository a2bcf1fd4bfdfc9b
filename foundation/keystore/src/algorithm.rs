//! The signature algorithms of JSON Web Signatures.

use std::fmt;

use aws_lc_rs::signature;

/// A signature algorithm, by its name in RFC 7518 and RFC 8037.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the registered ones")]
pub enum Algorithm {
    EdDsa,
    Es256,
    Es384,
    Es512,
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Hs256,
    Hs384,
    Hs512,
}

impl Algorithm {
    /// Every algorithm that can be verified.
    pub const ALL: [Self; 13] = [
        Self::EdDsa,
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Hs256,
        Self::Hs384,
        Self::Hs512,
    ];

    /// The algorithms that a key of a [`KeyStore`](crate::KeyStore) can sign with, the best first: EdDSA signs in 12 us
    /// and needs no random numbers to do it. RS256 takes 670 us.
    pub const SIGNING: [Self; 2] = [Self::EdDsa, Self::Es256];

    /// Reads a registered name. Names are compared case-sensitively (RFC 7515, section 4.1.1), and `none` is none.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == name)
    }

    /// The registered name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
        }
    }

    /// How a signature is verified with a public key on this curve; `None` if the algorithm has no such curve.
    pub(crate) fn on_curve(self, curve: &str) -> Option<&'static dyn signature::VerificationAlgorithm> {
        // A curve belongs to one algorithm only (RFC 7518, section 3.4).
        match (self, curve) {
            (Self::EdDsa, "Ed25519") => Some(&signature::ED25519),
            (Self::Es256, "P-256") => Some(&signature::ECDSA_P256_SHA256_FIXED),
            (Self::Es384, "P-384") => Some(&signature::ECDSA_P384_SHA384_FIXED),
            (Self::Es512, "P-521") => Some(&signature::ECDSA_P521_SHA512_FIXED),
            _ => None,
        }
    }

    /// How a signature is verified with an RSA key of 2048 bits or more.
    pub(crate) fn with_rsa(self) -> Option<&'static signature::RsaParameters> {
        match self {
            Self::Rs256 => Some(&signature::RSA_PKCS1_2048_8192_SHA256),
            Self::Rs384 => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
            Self::Rs512 => Some(&signature::RSA_PKCS1_2048_8192_SHA512),
            Self::Ps256 => Some(&signature::RSA_PSS_2048_8192_SHA256),
            Self::Ps384 => Some(&signature::RSA_PSS_2048_8192_SHA384),
            Self::Ps512 => Some(&signature::RSA_PSS_2048_8192_SHA512),
            _ => None,
        }
    }

    /// How a message is authenticated with a shared secret.
    pub(crate) fn with_secret(self) -> Option<aws_lc_rs::hmac::Algorithm> {
        match self {
            Self::Hs256 => Some(aws_lc_rs::hmac::HMAC_SHA256),
            Self::Hs384 => Some(aws_lc_rs::hmac::HMAC_SHA384),
            Self::Hs512 => Some(aws_lc_rs::hmac::HMAC_SHA512),
            _ => None,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
