//! Where the mails of this process go.

use anyhow::Context as _;
use mail::{Mailbox, Mailer, Relay, Sender};
use settings::{Environment, Settings};
use sqldb::Db;

use crate::Service;

/// The domain of addresses that are examples (RFC 2606).
const EXAMPLE: &str = ".example";

/// The settings with which no mail could be sent, or one that leads nowhere; each with what would be right.
pub(crate) fn refused(settings: &Settings, service: &Service) -> Vec<(&'static str, String)> {
    let must_send = service.mails && settings.env == Environment::Production;
    let mut refused = Vec::new();
    match &settings.mail.smtp_url {
        None if must_send => {
            refused.push(("mail.smtp_url", "a relay in production, where accounts are activated by mail".to_owned()));
        }
        None => {}
        Some(url) => {
            if let Err(error) = Relay::parse(url) {
                refused.push(("mail.smtp_url", expected(&error)));
            }
        }
    }
    match Sender::parse(&settings.mail.from) {
        Ok(sender) if must_send && sender.address.as_str().ends_with(EXAMPLE) => {
            refused.push(("mail.from", "an address of your own in production".to_owned()));
        }
        Ok(_) => {}
        Err(error) => refused.push(("mail.from", expected(&error))),
    }
    let is_default =
        |key: &settings::Key| key.name == "auth.issuer" && key.default.trim_matches('"') == settings.auth.issuer;
    if must_send && settings::keys().iter().any(is_default) {
        refused.push((
            "auth.issuer",
            "the public URL of this API in production, where the links of mails lead".to_owned(),
        ));
    }
    refused
}

/// The way out for mail; without a relay, mails are kept in the database.
pub(crate) fn mailer(settings: &Settings, db: &Db) -> anyhow::Result<Mailer> {
    let from = Sender::parse(&settings.mail.from).context("mail.from")?;
    match &settings.mail.smtp_url {
        Some(url) => Ok(Mailer::relayed(from, Relay::parse(url).context("mail.smtp_url")?)),
        None => Ok(Mailer::kept(from, Mailbox::new(db.clone()))),
    }
}

/// Where mails are kept on a development machine, if they are.
pub(crate) fn mailbox(settings: &Settings, db: &Db) -> Option<Mailbox> {
    let is_kept = settings.mail.smtp_url.is_none() && settings.env == Environment::Development;
    is_kept.then(|| Mailbox::new(db.clone()))
}

/// What would be right, as the other settings say it.
fn expected(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    text.strip_prefix("must be ").unwrap_or(&text).to_owned()
}
