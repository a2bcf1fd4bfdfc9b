//! The one way out for mail.

use std::sync::Arc;

use crate::error::Error;
use crate::mailbox::Mailbox;
use crate::message::{Message, Sender};
use crate::smtp::Relay;

/// Sends mails. Cheap to clone.
#[derive(Clone)]
pub struct Mailer {
    from: Sender,
    way: Way,
}

#[derive(Clone)]
enum Way {
    Relay(Arc<Relay>),
    Kept(Mailbox),
}

impl Mailer {
    /// Sends through an SMTP relay.
    pub fn relayed(from: Sender, relay: Relay) -> Self {
        Self { from, way: Way::Relay(Arc::new(relay)) }
    }

    /// Keeps mails on a development machine.
    pub fn kept(from: Sender, mailbox: Mailbox) -> Self {
        Self { from, way: Way::Kept(mailbox) }
    }

    /// Sends one mail, within half a minute. Call it in a job.
    ///
    /// # Errors
    /// See [`Error`]; as a `jobs::Failure` it says whether another attempt makes sense. After a failure the mail may
    /// have been sent all the same: a relay that took it can fail to say so.
    pub async fn send(&self, message: &Message) -> Result<(), Error> {
        // Also for a mailbox: what could not be sent in production must not look sent in development.
        let written = message.written(&self.from)?;
        match &self.way {
            Way::Relay(relay) => relay.send(&written).await,
            Way::Kept(mailbox) => mailbox.keep(message).await.map_err(Error::from),
        }
    }
}
