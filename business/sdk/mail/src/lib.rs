//! Mail, from a template to a relay.
//!
//! A [`Template`] is three files that one can read: subject, text, HTML. [`Templates`] renders them into a [`Message`],
//! which a [`Mailer`] hands to an SMTP relay, or, on a development machine, keeps in a [`Mailbox`].
//!
//! A mail is sent by a job and never by a request: a mail server that hangs then slows nothing but mail. Every step of
//! an SMTP session has a deadline, and [`Error`] says which failures are worth another attempt.
//!
//! What ends up in a header has a type without line breaks ([`Subject`], `types::Name`, `types::Email`), and is encoded
//! (RFC 2047) where it is not plain text.

mod error;
mod mailbox;
mod mailer;
mod message;
mod smtp;
mod template;

pub use crate::error::Error;
pub use crate::mailbox::{Kept, MailId, MailKind, Mailbox};
pub use crate::mailer::Mailer;
pub use crate::message::{Message, Sender, SenderError, Subject};
pub use crate::smtp::{Relay, RelayError};
pub use crate::template::{Template, TemplateError, Templates};
