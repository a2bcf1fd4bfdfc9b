//! Notices of the provider, which are believed by their signature.

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use apierror::{ApiError, Code};
use cards::webhook::{Error, Headers, Secret};
use request::{Body, Field, Object, RawJson, field};

/// What came, and with which header fields.
pub(crate) struct Notice {
    fields: [Option<String>; 3],
    body: RawJson,
}

/// What a notice looks like. It describes the body; what is read of it, and how strictly, is the provider's protocol.
pub(crate) struct ShownNotice;

/// A charge in a notice.
struct ShownCharge;

pub(crate) const HEADERS: [(&str, &str); 3] = [
    ("Webhook-Id", "Tells notices apart."),
    ("Webhook-Timestamp", "When it was sent, in seconds since 1970; at most 5 minutes ago."),
    (
        "Webhook-Signature",
        "`v1,` and the HMAC-SHA256 of `{id}.{timestamp}.{body}` in base64; several with spaces between.",
    ),
];

static KIND: Field<String> = field::text(1..=100, |text| Ok(text.to_owned())).example("charge.succeeded");
static DATA: Field<ShownCharge> = field::object();
static TEXT: Field<String> = field::text(1..=100, |text| Ok(text.to_owned()));
static AMOUNT: Field<i64> = field::integer(0..=paymentbus::MAX_AMOUNT, Ok).describe("In minor units.").example("999");

impl FromRequest for Notice {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let field = |(name, _): (&str, &str)| {
            let value = request.headers().get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        let (fields, body) = (HEADERS.map(field), RawJson::from_request(request, payload));
        Box::pin(async move { Ok(Self { fields, body: body.await? }) })
    }
}

impl Notice {
    /// The charge that it tells of, if it is about one.
    ///
    /// # Errors
    /// 400 when a header field is missing; 403 when the signature is not right, the time is another, or nobody is
    /// believed; 422 when it is signed and cannot be read.
    pub(crate) fn charge(&self, secret: Option<&Secret>) -> Result<Option<cards::Charge>, ApiError> {
        let [Some(id), Some(timestamp), Some(signature)] = &self.fields else {
            let detail = "the header fields Webhook-Id, Webhook-Timestamp, Webhook-Signature are required";
            return Err(ApiError::new(Code::BadRequest).with_detail(detail));
        };
        let Some(secret) = secret else { return Err(ApiError::new(Code::Forbidden)) };
        let headers = Headers { id, timestamp, signature };
        secret.verify(headers, &self.body.0, types::now()).map_err(|error| match error {
            Error::Signature | Error::Time => ApiError::new(Code::Forbidden).with_detail(error.to_string()),
            Error::Unreadable => ApiError::new(Code::Invalid).with_detail(error.to_string()),
        })
    }
}

impl Body for ShownNotice {
    const NAME: &'static str = "ChargeNotice";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let kind = object.required("type", &KIND);
        let data = object.required("data", &DATA);
        kind.zip(data).map(|_| Self)
    }
}

impl Body for ShownCharge {
    const NAME: &'static str = "ChargeNoticeData";

    fn read(object: &mut Object<'_>) -> Option<Self> {
        let names = ["id", "reference", "currency", "status", "created_at"];
        let texts = names.map(|name| object.required(name, &TEXT));
        let amount = object.required("amount", &AMOUNT);
        let reason = object.nullable("reason", &TEXT);
        let is_whole = texts.iter().all(Option::is_some) && amount.is_some() && reason.is_some();
        is_whole.then_some(Self)
    }
}
