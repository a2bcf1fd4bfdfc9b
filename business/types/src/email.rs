//! Mail addresses.

use std::fmt;

/// A mail address, in lower case so that one mailbox has one spelling.
///
/// `Debug` hides it: an address is personal data and has no place in a log.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

/// The text is not a mail address that can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a mail address, such as ada@example.com")]
pub struct EmailError;

impl Email {
    /// The longest address, in octets (RFC 5321, section 4.5.3.1.3, less the angle brackets).
    pub const MAX: usize = 254;

    /// What every address looks like (ECMA-262), but for the 64 characters that may stand before the `@`.
    pub const PATTERN: &str = r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+$";

    /// Reads untrusted text: the dot-atom form of RFC 5321 with a domain name of at least two labels.
    ///
    /// Quoted local parts, comments and address literals are refused: no provider hands them out and each is a way
    /// to smuggle something into a mail's header.
    ///
    /// # Errors
    /// The text has another form.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let (local, domain) = text.rsplit_once('@').ok_or(EmailError)?;
        let good = text.len() <= Self::MAX
            && (1..=64).contains(&local.len())
            && local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom))
            && domain.contains('.')
            && domain.split('.').all(is_label);
        if good { Ok(Self(text.to_ascii_lowercase())) } else { Err(EmailError) }
    }

    /// Takes a stored address.
    pub fn restore(text: String) -> Self {
        Self(text)
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(..)")
    }
}

/// RFC 5322's `atext`.
fn is_atom(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c)
}

/// A label of a host name (RFC 1123, section 2.1).
fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_of_real_people_are_taken_and_folded_to_lower_case() {
        for text in ["ada@example.com", "Ada.Lovelace+films@Mail.Example.co.uk", "o'brien@x-y.example"] {
            assert_eq!(Email::parse(text).unwrap().as_str(), text.to_lowercase());
        }
    }

    #[test]
    fn what_is_not_an_address_is_refused() {
        let long = format!("{}@example.com", "a".repeat(65));
        for text in [
            "",
            "@",
            "ada",
            "ada@",
            "@example.com",
            "ada@example",
            "a b@example.com",
            "ada@exa mple.com",
            "ada@example.com\r\nBcc: eve@example.com",
            "ada@-example.com",
            "ada@example..com",
            ".ada@example.com",
            "ada..l@example.com",
            "\"a d\"@example.com",
            "ada@[127.0.0.1]",
            "ada@@example.com",
            "ada@exämple.com",
            &long,
        ] {
            assert!(Email::parse(text).is_err(), "{text:?} was taken");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_is_taken_is_taken_again(text in ".{0,80}") {
            if let Ok(email) = Email::parse(&text) {
                prop_assert_eq!(Email::parse(email.as_str()), Ok(email));
            }
        }
    }
}
