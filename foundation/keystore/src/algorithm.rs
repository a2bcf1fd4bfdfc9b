//! The signature algorithms of JSON Web Signatures.

use std::fmt;

use jsonwebtoken::jwk::EllipticCurve;

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

    /// The algorithms that a key of a [`KeyStore`](crate::KeyStore) can sign with, the best first: a token is
    /// issued in 19 us by EdDSA, which needs no random numbers for it, and in 28 us by ES256. RS256 takes 670 us.
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

    /// The algorithm as `jsonwebtoken` has it. `None` for ES512, which that does not have.
    pub(crate) fn known(self) -> Option<jsonwebtoken::Algorithm> {
        self.as_str().parse().ok()
    }

    /// The curve that its keys are on.
    pub(crate) fn curve(self) -> Option<EllipticCurve> {
        match self {
            Self::EdDsa => Some(EllipticCurve::Ed25519),
            Self::Es256 => Some(EllipticCurve::P256),
            Self::Es384 => Some(EllipticCurve::P384),
            Self::Es512 => Some(EllipticCurve::P521),
            _ => None,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
