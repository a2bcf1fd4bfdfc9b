//! The numbers. A person who mistypes meets none of them; whoever guesses is left with so few tries that a password
//! that is not a common one holds, and nobody who signs in waits for longer
//! than half a minute.

use std::time::Duration;

use throttle::Policy;

/// What a mail is for. Each kind has buckets of its own: somebody who uses one up has had a mail sent for each turn of
/// it, and none of another kind is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mail {
    /// To someone who registers.
    Registration,
    /// To someone who asks for the activation mail again.
    Activation,
    /// To someone who has forgotten their password.
    PasswordReset,
}

/// Failed sign-ins from one address, whatever the account: an office behind one address has many people in it.
pub(crate) const SIGN_IN_SOURCE: Policy = policy("sign-in from an address", 60, Duration::from_secs(5));

/// Failed sign-ins to one account from one address: at most 2,900 a day.
pub(crate) const SIGN_IN_PAIR: Policy = policy("sign-in to an account from an address", 10, Duration::from_secs(30));

/// Failed sign-ins to one account from all addresses that it never signed in from: at most 14,400 a day.
pub(crate) const SIGN_IN_ACCOUNT: Policy = policy("sign-in to an account from anywhere", 20, Duration::from_secs(6));

/// Wrong passwords of a user who is signed in: at most 2,900 a day, for as long as an access token is valid.
pub(crate) const CONFIRMATION: Policy = policy("confirmation of a password", 10, Duration::from_secs(30));

/// Addresses that one account is moved to. Each move tells whether somebody else has the new address, and sends a mail to
/// the one before, which need not be the owner's either.
pub(crate) const MOVE: Policy = policy("another address for an account", 6, Duration::from_secs(20 * 60));

/// Tokens that are not good, from one address. Nobody guesses 128 bits; this spares the database.
pub(crate) const TOKEN: Policy = policy("tokens from an address", 60, Duration::from_secs(1));

/// Mails asked for from one address.
pub(crate) const MAIL_SOURCE: Policy = policy("mail asked for from an address", 100, Duration::from_secs(10));

/// Mails of one kind to one account. Shorter than a mail's link is good for: while this bucket is empty, a mail with a
/// link that still works lies in the mailbox.
pub(crate) const MAIL_TARGET: Policy = policy("mail to an account", 6, Duration::from_secs(10 * 60));

/// Mails of one kind to one account, asked for from where it has signed in.
pub(crate) const MAIL_PAIR: Policy = policy("mail to an account from an address", 6, Duration::from_secs(10 * 60));

impl Mail {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::Activation => "activation",
            Self::PasswordReset => "password reset",
        }
    }
}

const fn policy(name: &'static str, burst: u32, period: Duration) -> Policy {
    Policy { name, burst, period }
}
