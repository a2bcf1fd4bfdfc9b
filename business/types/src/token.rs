//! Secrets that a server makes and hands out once.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretBox};

/// 256 random bits that open something for whoever holds them, such as an account whose password is forgotten.
///
/// It can't be printed, and its memory is wiped at the end. What is stored of it is its [`SecretToken::digest`]: who
/// reads the database can open nothing. A slow hash would add nothing, since there is no dictionary of random bits.
pub struct SecretToken(SecretBox<[u8; 32]>);

/// The text is not of the form of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a token as it was handed out")]
pub struct SecretTokenError;

/// The operating system gave no random numbers.
#[derive(Debug, thiserror::Error)]
#[error("no random numbers")]
pub struct RandomnessError(#[source] getrandom::Error);

impl SecretToken {
    /// The characters of a token as text.
    pub const LENGTH: usize = 43;

    /// A new token, of the operating system's random numbers.
    ///
    /// # Errors
    /// It gave none.
    pub fn generate() -> Result<Self, RandomnessError> {
        let mut bytes = SecretBox::new(Box::new([0; 32]));
        getrandom::fill(secrecy::ExposeSecretMut::expose_secret_mut(&mut bytes)).map_err(RandomnessError)?;
        Ok(Self(bytes))
    }

    /// Reads untrusted text: base64url without padding (RFC 4648, section 5), in the one spelling of its bits.
    ///
    /// # Errors
    /// The text has another form.
    pub fn parse(text: &str) -> Result<Self, SecretTokenError> {
        let mut bytes = SecretBox::new(Box::new([0; 32]));
        let buffer = secrecy::ExposeSecretMut::expose_secret_mut(&mut bytes);
        match URL_SAFE_NO_PAD.decode_slice(text, buffer) {
            Ok(length) if length == buffer.len() => Ok(Self(bytes)),
            _ => Err(SecretTokenError),
        }
    }

    /// The token as text, for whom it is made alone.
    pub fn expose(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.expose_secret())
    }

    /// SHA-256 of the token, by which it is found again.
    pub fn digest(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, self.0.expose_secret()).as_ref());
        bytes
    }
}

impl fmt::Debug for SecretToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretToken(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_token_is_read_back_from_its_text_and_no_two_are_the_same() {
        let mut seen = HashSet::new();
        for _ in 0..100 {
            let token = SecretToken::generate().unwrap();
            let text = token.expose();
            assert_eq!(text.len(), SecretToken::LENGTH);
            assert_eq!(SecretToken::parse(&text).unwrap().digest(), token.digest());
            assert!(seen.insert(text));
        }
    }

    #[test]
    fn a_token_has_one_spelling_and_is_not_printed() {
        let text = SecretToken::generate().unwrap().expose();
        // The last character has 4 bits to tell and 2 that must be zero: three others would decode to the same bytes.
        let last = text.as_bytes()[SecretToken::LENGTH - 1];
        let head = &text[..SecretToken::LENGTH - 1];
        for other in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".bytes().filter(|c| *c != last) {
            let read = SecretToken::parse(&format!("{head}{}", other as char));
            assert!(read.is_err() || read.unwrap().expose() != text);
        }
        for wrong in [String::new(), format!("{text}="), format!(" {text}"), text.replace(['-', '_'], "+") + "A"] {
            assert!(SecretToken::parse(&wrong).is_err(), "{wrong:?}");
        }
        assert!(!format!("{:?}", SecretToken::parse(&text)).contains(&text));
    }

    #[test]
    fn the_digest_is_sha_256_of_the_bits() {
        // SHA-256 of 32 zero bytes.
        let zero = SecretToken::parse(&"A".repeat(SecretToken::LENGTH)).unwrap();
        let hex: String = zero.digest().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925");
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_is_taken_is_given_back(text in "[A-Za-z0-9_=+/-]{40,46}|\\PC{0,50}") {
            if let Ok(token) = SecretToken::parse(&text) {
                prop_assert_eq!(token.expose(), text);
            }
        }
    }
}
