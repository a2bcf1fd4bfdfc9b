//! The request that asks for a WebSocket (RFC 6455, section 4.2).

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, Version};
use apierror::{ApiError, Code};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tungstenite::handshake::derive_accept_key;
use url::Url;

/// The version of the protocol.
const VERSION: HeaderValue = HeaderValue::from_static("13");

/// What the messages are called. A client need not ask for it; one that asks for others alone is told that there are none.
pub(crate) const SUBPROTOCOL: &str = "marquee.live.v1";

/// What the answer to a good request says.
pub(crate) struct Accepted {
    /// `Sec-WebSocket-Accept`
    pub(crate) accept: String,
    /// Whether the client wants the name of the messages.
    pub(crate) is_named: bool,
}

/// Checks the request; what is wrong with it is answered in HTTP.
pub(crate) fn accept(request: &HttpRequest) -> Result<Accepted, ApiError> {
    let headers = request.headers();
    let refuse = |words: &'static str| {
        Err(ApiError::new(Code::BadRequest).with_detail(words).with_header(header::SEC_WEBSOCKET_VERSION, VERSION))
    };
    let asks = request.method() == Method::GET
        && request.version() == Version::HTTP_11
        && names(headers, header::CONNECTION).any(|name| name.eq_ignore_ascii_case("upgrade"))
        && names(headers, header::UPGRADE).any(|name| name.eq_ignore_ascii_case("websocket"));
    if !asks {
        return refuse("this path is a WebSocket (RFC 6455): GET with `Connection: Upgrade` and `Upgrade: websocket`");
    }
    if one(headers, header::SEC_WEBSOCKET_VERSION) != Some("13") {
        return refuse("the version of WebSocket is 13");
    }
    let key =
        one(headers, header::SEC_WEBSOCKET_KEY).filter(|key| STANDARD.decode(key).is_ok_and(|key| key.len() == 16));
    let Some(key) = key else {
        return refuse("`Sec-WebSocket-Key` is 16 bytes in base64, once");
    };
    let wanted: Vec<&str> = names(headers, header::SEC_WEBSOCKET_PROTOCOL).collect();
    let is_named = wanted.contains(&SUBPROTOCOL);
    if !wanted.is_empty() && !is_named {
        return refuse("the subprotocol is marquee.live.v1");
    }
    Ok(Accepted { accept: derive_accept_key(key.as_bytes()), is_named })
}

/// Browsers let any page open a WebSocket and tell whose page it is: only those of this origin and of the origins that may call
/// the API. What is no browser sends no `Origin`.
pub(crate) fn check_origin(headers: &HeaderMap, allowed: &[String]) -> Result<(), ApiError> {
    if !headers.contains_key(header::ORIGIN) {
        return Ok(());
    }
    let forbidden = || ApiError::new(Code::Forbidden).with_detail("pages of this origin may not connect");
    let origin = one(headers, header::ORIGIN).ok_or_else(forbidden)?;
    let own = one(headers, header::HOST).is_some_and(|host| is_of(origin, host));
    if own || allowed.iter().any(|known| known == origin) { Ok(()) } else { Err(forbidden()) }
}

/// Whether the origin is that of the host that the request was sent to, by either scheme: a proxy may have spoken TLS.
fn is_of(origin: &str, host: &str) -> bool {
    let Ok(url) = Url::parse(origin) else { return false };
    let own = Url::parse(&format!("{}://{host}", url.scheme()));
    matches!(url.scheme(), "http" | "https") && own.is_ok_and(|own| own.origin() == url.origin())
}

/// The value of a field that is there once.
fn one(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name);
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// The members of a list, from all fields of the name.
fn names(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(origin: &'static str, host: &'static str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
        headers.insert(header::HOST, HeaderValue::from_static(host));
        check_origin(&headers, &["https://shop.example.com".to_owned()]).is_ok()
    }

    #[test]
    fn pages_of_this_origin_and_of_those_that_are_allowed_may_connect_and_no_others() {
        for origin in ["https://api.example.com", "http://api.example.com", "https://shop.example.com"] {
            assert!(from(origin, "api.example.com"), "{origin}");
        }
        assert!(from("http://127.0.0.1:3000", "127.0.0.1:3000"));
        for origin in [
            "null",
            "",
            "https://evil.example.com",
            "https://api.example.com:8443",
            "https://api.example.com.evil.example",
            "https://shop.example.com:8443",
            "http://shop.example.com",
            "file://api.example.com",
        ] {
            assert!(!from(origin, "api.example.com"), "{origin}");
        }
        assert!(check_origin(&HeaderMap::new(), &[]).is_ok(), "not a browser");
    }
}
