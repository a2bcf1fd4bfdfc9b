//! The provider, as it is called.

use std::time::Duration;

use outbound::{Answer, Call, CallError, Client, Method, Options, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use types::{PaymentId, Timestamp};
use url::Url;

use crate::charge::{Charge, ChargeId, NewCharge, WireCharge, WireCharges, WireNewCharge};

/// How many charges a page has.
pub const PAGE: usize = 100;

/// How long one call may take, its repetitions included: less than a request may.
const PATIENCE: Duration = Duration::from_secs(2);

/// A provider of card payments. Cheap to clone.
#[derive(Clone)]
pub struct Provider {
    client: Client,
    base: Url,
    key: SecretString,
}

/// Why there is no provider.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The address is none.
    #[error("must be http:// or https:// with a host, without a query")]
    Url,
    /// There is no client for it.
    #[error("no client can be made")]
    Client(#[from] outbound::OptionsError),
}

/// Why something of the provider is not known.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no answer. What was asked for may have happened all the same, where the cause says so.
    #[error("the payment provider does not answer")]
    Away(#[from] outbound::Error),
    /// The provider is at fault, or works on the same request already. What was asked for may have happened all the same.
    #[error("the payment provider failed with {status}")]
    Failing {
        /// The status of its answer.
        status: StatusCode,
    },
    /// The provider takes no such request, and did nothing: a fault of ours, or of the settings.
    #[error("the payment provider refused the request with {status}")]
    Refused {
        /// The status of its answer.
        status: StatusCode,
    },
    /// The answer is not what the protocol says.
    #[error("the answer of the payment provider cannot be read")]
    Unreadable,
    /// The request cannot be written: the key has a character that no header may have.
    #[error("the request cannot be written")]
    Unwritable(#[from] CallError),
}

/// When charges were made: from a moment on, and before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first moment.
    pub from: Timestamp,
    /// The first moment after it.
    pub before: Timestamp,
}

impl Provider {
    /// The provider at this address, which knows us by `key`.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub fn new(base: &str, key: SecretString) -> Result<Self, ProviderError> {
        let mut base = Url::parse(base).map_err(|_| ProviderError::Url)?;
        let is_plain = base.query().is_none() && base.fragment().is_none() && base.username().is_empty();
        if !matches!(base.scheme(), "http" | "https") || !base.has_host() || !is_plain {
            return Err(ProviderError::Url);
        }
        // `join` takes the place of what comes after the last slash.
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        Ok(Self { client: Client::new(Options::default())?, base, key })
    }

    /// Charges a card. Asked again for the same payment, it is the same charge.
    ///
    /// # Errors
    /// [`Error`]. Only after [`Error::Refused`] and [`Error::Unwritable`] it is certain that there is no charge.
    pub async fn charge(&self, new: &NewCharge) -> Result<Charge, Error> {
        let call = self.call(Method::POST, self.url(&["charges"]))?.header("idempotency-key", &key(new.reference))?;
        one(&self.send(json(call, &WireNewCharge::from(new))?).await?)
    }

    /// The charge of a payment; `None` when the provider never heard of it.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn find(&self, reference: PaymentId) -> Result<Option<Charge>, Error> {
        let mut url = self.url(&["charges"]);
        url.query_pairs_mut().append_pair("reference", &reference.to_string());
        let charges = many(&self.send(self.call(Method::GET, url)?).await?)?;
        Ok(charges.into_iter().find(|charge| charge.reference == reference))
    }

    /// The charges of a period, the oldest first, after the charge `after`: at most [`PAGE`] of them.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn charges(&self, period: Period, after: Option<&ChargeId>) -> Result<Vec<Charge>, Error> {
        let mut url = self.url(&["charges"]);
        url.query_pairs_mut()
            .append_pair("created_from", &period.from.to_rfc3339())
            .append_pair("created_before", &period.before.to_rfc3339())
            .append_pair("limit", &PAGE.to_string());
        if let Some(after) = after {
            url.query_pairs_mut().append_pair("after", after.as_str());
        }
        many(&self.send(self.call(Method::GET, url)?).await?)
    }

    /// Sends the money of a charge back to the card. Asked again, it is sent once.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn refund(&self, charge_id: &ChargeId, reference: PaymentId) -> Result<Charge, Error> {
        let url = self.url(&["charges", charge_id.as_str(), "refund"]);
        let call = self.call(Method::POST, url)?.header("idempotency-key", &format!("refund-{reference}"))?;
        one(&self.send(call).await?)
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("v1").extend(path);
        }
        url
    }

    fn call(&self, method: Method, url: Url) -> Result<Call, Error> {
        let authorization = format!("Bearer {}", self.key.expose_secret());
        Ok(Call::new(method, url).header("authorization", &authorization)?)
    }

    async fn send(&self, call: Call) -> Result<Answer, Error> {
        let answer = self.client.call(call, Instant::now() + PATIENCE).await?;
        match answer.status {
            status if status.is_success() => Ok(answer),
            status if status.is_server_error() || status == StatusCode::CONFLICT => Err(Error::Failing { status }),
            status => Err(Error::Refused { status }),
        }
    }
}

/// The key of a payment's charge.
fn key(reference: PaymentId) -> String {
    format!("charge-{reference}")
}

fn json(call: Call, body: &impl Serialize) -> Result<Call, Error> {
    let body = serde_json::to_vec(body).map_err(|_| Error::Unreadable)?;
    Ok(call.header("content-type", "application/json")?.body(body))
}

fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, Error> {
    serde_json::from_slice(&answer.body).map_err(|_| Error::Unreadable)
}

fn one(answer: &Answer) -> Result<Charge, Error> {
    read::<WireCharge>(answer)?.charge().ok_or(Error::Unreadable)
}

fn many(answer: &Answer) -> Result<Vec<Charge>, Error> {
    read::<WireCharges>(answer)?.items.iter().map(|charge| charge.charge().ok_or(Error::Unreadable)).collect()
}
