//! Who may use the debug listener, and from which pages.
//!
//! - Probes and scrapers read what is [`OPEN`] from anywhere the listener is reached.
//! - All else is for this machine, and for whoever has `web.debug_token`: as a bearer token, or as the password that a browser asks
//!   for.
//! - A browser of this machine is somebody else's instrument: a page may have a name of its own point here (DNS rebinding), or
//!   send requests across sites. Without the token only an address, or `localhost`, is answered; and what another page
//!   sends is refused always.

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{RequestHead, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use apierror::{ApiError, Code};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{Digest, SHA256, digest};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use settings::{ExposeSecret as _, SecretString};

use super::problem;

/// What anybody may read. There is nothing in it that names a client, a key or a setting.
const OPEN: [&str; 4] = ["/metrics", "/livez", "/readyz", "/buildinfo"];

const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// What a browser asks its user for (RFC 7617): any name, and the token as the password.
const CHALLENGE: &str = "Basic realm=\"debug listener\", charset=\"UTF-8\"";

/// Lets requests to the debug listener through, or not.
#[derive(Clone)]
pub(crate) struct Guard {
    /// The digest of the token, so that neither its length nor its beginning can be measured.
    token: Option<Arc<Digest>>,
}

impl Guard {
    /// Without a token, nobody but this machine gets in.
    pub(crate) fn new(token: Option<&SecretString>) -> Self {
        let token = token.map(|token| Arc::new(digest(&SHA256, token.expose_secret().as_bytes())));
        Self { token }
    }

    /// Whether a request may pass.
    ///
    /// # Errors
    ///
    /// The problem that is the answer.
    pub(crate) fn check(&self, head: &RequestHead) -> Result<(), ApiError> {
        let reads = head.method == Method::GET || head.method == Method::HEAD;
        if reads && OPEN.contains(&head.uri.path()) {
            return Ok(());
        }
        // Where there is a token, it may be given.
        let without = if self.token.is_some() { Code::Unauthorized } else { Code::Forbidden };
        let refuse = |code, words: &'static str| Err(ApiError::new(code).with_detail(words));
        let has_token = self.has_token(head);
        if !has_token && !head.peer_addr.is_some_and(|peer| peer.ip().to_canonical().is_loopback()) {
            return refuse(
                without,
                "this is for loopback addresses, and for requests with web.debug_token as their bearer token or password",
            );
        }
        let host = text(head, &header::HOST).or_else(|| head.uri.host());
        if !has_token && !host.is_some_and(is_unnamed) {
            return refuse(
                without,
                "without a token the debug listener answers to an address or to localhost, and to no other name",
            );
        }
        if !is_own_page(head, host) {
            return refuse(Code::Forbidden, "a page of another site has sent this");
        }
        Ok(())
    }

    fn has_token(&self, head: &RequestHead) -> bool {
        let Some(token) = &self.token else { return false };
        let given = text(head, &header::AUTHORIZATION).and_then(|value| {
            let (scheme, given) = value.split_once(' ')?;
            let given = given.trim_matches(' ');
            if scheme.eq_ignore_ascii_case("bearer") {
                return Some(given.as_bytes().to_vec());
            }
            let pair = BASE64_STANDARD.decode(given).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
            let colon = pair.iter().position(|byte| *byte == b':')?;
            Some(pair.get(colon + 1..)?.to_vec())
        });
        given.is_some_and(|given| {
            let given = digest(&SHA256, &given);
            verify_slices_are_equal(given.as_ref(), token.as_ref().as_ref()).is_ok()
        })
    }
}

/// The layer around every route of the debug listener.
pub(crate) async fn layer(
    guard: Guard,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match guard.check(request.head()) {
        Ok(()) => next.call(request).await.map(ServiceResponse::map_into_boxed_body),
        Err(error) => {
            let (method, path) = (request.method().clone(), request.path().to_owned());
            // No warning: anybody who reaches the listener can make as many as they like.
            tracing::info!(%method, path, peer = ?request.head().peer_addr, "the debug listener refused: {error}");
            let mut answer = problem::answer(&error, &path);
            if error.code() == Code::Unauthorized {
                answer.headers_mut().append(header::WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE));
            }
            Ok(request.into_response(answer))
        }
    }
}

/// Whether nothing says that a page of another site is behind it. Browsers tell; other clients have no pages.
fn is_own_page(head: &RequestHead, host: Option<&str>) -> bool {
    // `null` is the origin of a frame without one, which anybody can make.
    let is_own_origin = text(head, &header::ORIGIN).is_none_or(|origin| {
        let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        authority.is_some() && authority == host
    });
    let is_own_site = text(head, &SITE).is_none_or(|site| ["same-origin", "none"].contains(&site));
    // A link that leads here only shows its page to the person who follows it; a frame has another destination, and what takes a
    // profile does more than to show something.
    let is_link = head.method == Method::GET
        && text(head, &MODE) == Some("navigate")
        && text(head, &DEST) == Some("document")
        && !head.uri.path().starts_with("/debug/");
    let is_once = |name: &HeaderName| head.headers.get_all(name).count() <= 1;
    is_own_origin && (is_own_site || is_link) && [header::ORIGIN, header::HOST, SITE, MODE, DEST].iter().all(is_once)
}

/// Whether a host is an address, or `localhost`: nobody else's name.
fn is_unnamed(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost" || name.parse::<IpAddr>().is_ok()
}

/// A header field as text; what is no text reads as something that nothing equals.
fn text<'h>(head: &'h RequestHead, name: &HeaderName) -> Option<&'h str> {
    head.headers.get(name).map(|value| value.to_str().unwrap_or("\u{fffd}"))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    const TOKEN: &str = "a-token-of-32-characters-or-more";
    const HERE: &str = "127.0.0.1:40000";
    const THERE: &str = "192.0.2.7:40000";

    fn guard() -> Guard {
        Guard::new(Some(&TOKEN.into()))
    }

    /// A request as `curl` sends it, from an address, with more fields.
    fn request(method: Method, path: &str, peer: &str, fields: &[(&str, &str)]) -> ServiceRequest {
        let request = TestRequest::with_uri(path).method(method).peer_addr(peer.parse().unwrap());
        let request = request.insert_header(("host", "127.0.0.1:3010"));
        fields.iter().fold(request, |request, field| request.insert_header(*field)).to_srv_request()
    }

    fn passes(guard: &Guard, request: &ServiceRequest) -> bool {
        let checked = guard.check(request.head());
        if let Err(error) = &checked {
            assert!(matches!(error.code(), Code::Forbidden | Code::Unauthorized), "{error}");
        }
        checked.is_ok()
    }

    #[test]
    fn probes_and_scrapers_read_from_anywhere_and_do_no_more() {
        for path in OPEN {
            for (method, is_read) in
                [(Method::GET, true), (Method::HEAD, true), (Method::POST, false), (Method::PUT, false)]
            {
                let named = request(method, path, THERE, &[("host", "marquee.example:3010")]);
                assert_eq!(passes(&Guard::new(None), &named), is_read, "{named:?}");
            }
        }
    }

    #[test]
    fn all_else_is_for_this_machine_and_for_those_with_the_token() {
        for path in ["/debug/pprof/profile", "/debug/log-filter", "/mail", "/console", "/", "/metrics/", "//metrics"] {
            for method in [Method::GET, Method::PUT] {
                let from = |peer, fields: &[(&str, &str)]| request(method.clone(), path, peer, fields);
                for peer in [HERE, "[::1]:40000", "[::ffff:127.0.0.1]:40000"] {
                    assert!(passes(&Guard::new(None), &from(peer, &[])), "{path} {peer}");
                    assert!(passes(&guard(), &from(peer, &[])), "{path} {peer}");
                }
                let bearer = format!("Bearer {TOKEN}");
                assert!(passes(&guard(), &from(THERE, &[("authorization", &bearer)])));
                assert!(passes(&guard(), &from(THERE, &[("authorization", &bearer.replace("Bearer", "bearer"))])));
                // A browser asks for a name and a password.
                let basic = |pair: &str| format!("Basic {}", BASE64_STANDARD.encode(pair));
                for right in [basic(&format!("ada:{TOKEN}")), basic(&format!(":{TOKEN}")).replace("Basic", "basic")] {
                    assert!(passes(&guard(), &from(THERE, &[("authorization", &right)])), "{right}");
                }
                for wrong in [basic(TOKEN), basic(&format!("{TOKEN}:")), basic("ada:"), format!("Basic {TOKEN}")] {
                    assert!(!passes(&guard(), &from(THERE, &[("authorization", &wrong)])), "{wrong}");
                }
                // Whoever has the token may call the listener by its name.
                let named = [("authorization", bearer.as_str()), ("host", "marquee.internal:3010")];
                assert!(passes(&guard(), &from(THERE, &named)));
                assert!(!passes(&Guard::new(None), &from(THERE, &[("authorization", &bearer)])));
                for wrong in ["", "Bearer", "Bearer ", "Bearer a-token", "Basic x", TOKEN, &format!("Bearer {TOKEN}x")]
                {
                    assert!(!passes(&guard(), &from(THERE, &[("authorization", wrong)])), "{wrong}");
                }
                assert!(!passes(&guard(), &from(THERE, &[])));
                assert!(!passes(&Guard::new(None), &from(THERE, &[("authorization", "Bearer ")])));
                // A claim is no address.
                assert!(!passes(&guard(), &from(THERE, &[("x-forwarded-for", "127.0.0.1")])));
            }
        }
    }

    #[test]
    fn a_name_that_points_here_is_not_answered() {
        for host in ["127.0.0.1:3010", "localhost:3010", "localhost", "[::1]:3010", "192.0.2.7"] {
            assert!(passes(&guard(), &request(Method::GET, "/mail", HERE, &[("host", host)])), "{host}");
        }
        for host in
            ["", "rebound.example", "rebound.example:3010", "127.0.0.1.rebound.example:3010", "[rebound]", "::1"]
        {
            assert!(!passes(&guard(), &request(Method::GET, "/mail", HERE, &[("host", host)])), "{host}");
        }
    }

    #[test]
    fn what_a_page_of_another_site_sends_is_refused() {
        let put = |fields: &[(&str, &str)]| passes(&guard(), &request(Method::PUT, "/debug/log-filter", HERE, fields));
        let get =
            |fields: &[(&str, &str)]| passes(&guard(), &request(Method::GET, "/debug/pprof/profile", HERE, fields));
        let shown = |fields: &[(&str, &str)]| passes(&guard(), &request(Method::GET, "/console", HERE, fields));
        for origin in
            ["http://evil.example", "http://127.0.0.1:8080", "http://localhost:3010", "null", "127.0.0.1:3010", ""]
        {
            assert!(!put(&[("origin", origin)]), "{origin}");
            assert!(!get(&[("origin", origin)]), "{origin}: a socket or a stream that a page opens");
        }
        assert!(put(&[("origin", "http://127.0.0.1:3010"), ("sec-fetch-site", "same-origin")]));
        for site in ["cross-site", "same-site", ""] {
            assert!(!put(&[("sec-fetch-site", site)]), "{site}");
            assert!(!put(&[("sec-fetch-site", site), ("sec-fetch-mode", "navigate")]), "{site}: a form");
            assert!(!get(&[("sec-fetch-site", site), ("sec-fetch-mode", "no-cors")]), "{site}: an image");
            let navigates = [("sec-fetch-site", site), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
            assert!(shown(&navigates), "{site}: a link");
            assert!(!get(&navigates), "{site}: a link that would take a profile");
            let framed = [("sec-fetch-site", site), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")];
            assert!(!shown(&framed), "{site}: a frame");
        }
        assert!(get(&[("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate")]), "a bookmark");
        // The token does not help a page that somebody's browser was lured to.
        let bearer = format!("Bearer {TOKEN}");
        assert!(!put(&[("authorization", &bearer), ("origin", "http://evil.example")]));
    }

    #[test]
    fn a_field_that_comes_twice_is_no_way_around() {
        let twice = TestRequest::with_uri("/mail")
            .peer_addr(HERE.parse().unwrap())
            .append_header(("host", "localhost"))
            .append_header(("host", "rebound.example"))
            .to_srv_request();
        assert!(!passes(&guard(), &twice));
    }
}
