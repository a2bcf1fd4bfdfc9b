//! The provider of card payments: the one of the settings, or one that charges nobody on a developer's machine.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cards::Provider;
use cards::webhook::Secret;
use cardsim::{Options, Server};
use outbound::Url;
use secrecy::SecretString;
use service::Tasks;
use settings::{Environment, Settings};
use tokio::sync::watch;

use crate::Service;

/// Where notices of the provider come in.
const NOTICES: &str = "/v1/payments/notices";

/// What it takes to be paid by card; nothing where no card is taken.
#[derive(Clone, Default)]
pub struct Cards {
    /// The provider.
    pub provider: Option<Provider>,
    /// What its notices are signed with.
    pub notices: Option<Secret>,
}

/// Tells a provider on a developer's machine where this process listens, once that is known.
pub(crate) struct Notify(Option<watch::Sender<Option<Url>>>);

/// The settings with which no card could be charged, each with what would be right.
pub(crate) fn refused(settings: &Settings, service: &Service) -> Vec<(&'static str, String)> {
    let payments = &settings.payments;
    let mut refused = Vec::new();
    let Some(url) = payments.provider_url.as_ref().filter(|_| service.cards) else { return refused };
    if Provider::new(url, String::new().into()).is_err() {
        refused.push(("payments.provider_url", "an http or https URL without credentials or query".to_owned()));
    }
    if payments.provider_key.is_none() {
        refused.push(("payments.provider_key", "what the provider knows us by".to_owned()));
    }
    if payments.notice_secret.as_ref().is_none_or(|secret| Secret::parse(secret).is_err()) {
        refused.push(("payments.notice_secret", "whsec_ and 24 to 64 bytes in base64".to_owned()));
    }
    refused
}

/// The provider that this process works with.
pub(crate) fn open(settings: &Settings, service: &Service, tasks: &Tasks) -> Result<(Cards, Notify)> {
    let payments = &settings.payments;
    let none = (Cards::default(), Notify(None));
    match (&payments.provider_url, settings.env) {
        _ if !service.cards => Ok(none),
        (Some(url), _) => {
            let (key, secret) = (payments.provider_key.clone(), payments.notice_secret.as_ref());
            let provider = Provider::new(url, key.unwrap_or_default()).context("payments.provider_url")?;
            let notices = secret.map(Secret::parse).transpose().context("payments.notice_secret")?;
            Ok((Cards { provider: Some(provider), notices }, Notify(None)))
        }
        (None, Environment::Development) => simulated(tasks),
        (None, Environment::Production) => {
            tracing::warn!("payments.provider_url is not set: no card is taken");
            Ok(none)
        }
    }
}

/// A provider within this process, that forgets everything with it.
fn simulated(tasks: &Tasks) -> Result<(Cards, Notify)> {
    let (key, secret) = (random()?, random()?);
    let (key, secret) = (SecretString::from(key), Secret::parse(&format!("whsec_{secret}").into())?);
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = Server::bind(Options { listen, key: key.clone(), secret: secret.clone(), notify: None })
        .context("the provider of card payments that charges nobody")?;
    let (provider, notify) = (Provider::new(&server.url(), key)?, server.target());
    tasks.spawn("charge nobody", move |stopping| async move {
        if let Err(error) = server.run(stopping).await {
            tracing::error!(%error, "the provider of card payments that charges nobody ended");
        }
    });
    Ok((Cards { provider: Some(provider), notices: Some(secret) }, Notify(Some(notify))))
}

/// 32 random bytes as text.
fn random() -> Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("no random numbers")?;
    Ok(STANDARD.encode(bytes))
}

impl Notify {
    /// The public listener is at `public`.
    pub(crate) fn serves_at(&self, public: SocketAddr) {
        if let (Some(notify), Ok(url)) = (&self.0, Url::parse(&format!("http://{public}{NOTICES}"))) {
            notify.send_replace(Some(url));
        }
    }
}
