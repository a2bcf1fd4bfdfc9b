//! Why a mail was not sent.

use jobs::Failure;

/// A mail was not sent. Never with the text of a relay's answer, which tends to repeat addresses.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The relay refuses this recipient, or this message, for good.
    #[error("the relay refuses the {what} for good ({code})")]
    Refused {
        /// The recipient, or the message.
        what: &'static str,
        /// The reply code (RFC 5321, section 4.2), with the enhanced status code (RFC 3463) if there was one.
        code: String,
    },
    /// The relay does not do it now, or is set up wrongly.
    #[error("the relay does not {step} ({code})")]
    Relay {
        /// What it was asked to do.
        step: &'static str,
        /// The reply code, or what kind of failure it is.
        code: String,
    },
    /// The relay did not answer in time.
    #[error("the relay does not {step} in time")]
    Late {
        /// What it was asked to do.
        step: &'static str,
    },
    /// The message cannot be written down: an address that is stored, but is none.
    #[error("the message cannot be written")]
    Message {
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The mailbox of a development machine failed.
    #[error("the mail could not be kept")]
    Store(#[from] sqldb::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused { .. } | Error::Message { .. } => Self::give_up(&error),
            Error::Relay { .. } | Error::Late { .. } | Error::Store(_) => Self::retry(&error),
        }
    }
}
