//! Tokens that are none, sent to the program as attackers send them: one and the same answer to each.

use std::net::TcpListener;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use keystore::KeyStore;
use reqwest::header::HeaderValue;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use types::Role;

use crate::answer::{Answer, request, send};
use crate::process::{ISSUER, Process};
use crate::shop::Shop;

const PASSWORD: &str = "correct horse battery";

/// Whoever can sign with the key of the service, and does so for others.
struct Forger {
    key: Ed25519KeyPair,
    public: Value,
    claims: Value,
}

impl Forger {
    fn new(shop: &Shop, user: &userbus::User) -> Self {
        let keys = KeyStore::open(shop.keys.path()).unwrap().snapshot();
        let active = keys.active().unwrap();
        let pem = std::fs::read_to_string(shop.keys.path().join(format!("{}.pem", active.kid()))).unwrap();
        let der: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let key = Ed25519KeyPair::from_pkcs8(&STANDARD.decode(der).unwrap()).unwrap();
        let now = types::now().timestamp();
        let claims = json!({
            "iss": ISSUER, "sub": user.id.to_string(), "aud": "marquee", "exp": now + 900, "iat": now,
            "jti": "0192d3c0-7a00-7000-8000-000000000000", "client_id": "marquee", "roles": ["admin"],
        });
        Self { key, public: active.jwk().unwrap(), claims }
    }

    fn header(&self) -> Value {
        json!({"alg": "EdDSA", "typ": "at+jwt", "kid": self.public["kid"]})
    }

    /// Signed as the service signs.
    fn sign(&self, header: &Value, claims: &str) -> String {
        let signed = format!("{}.{}", encode(header.to_string()), encode(claims));
        let signature = encode(self.key.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    /// The good header, with one member changed.
    fn with_header(&self, member: &str, value: Value) -> String {
        let mut header = self.header();
        header[member] = value;
        self.sign(&header, &self.claims.to_string())
    }

    /// The good claims, with one changed.
    fn with_claim(&self, claim: &str, value: Value) -> String {
        let mut claims = self.claims.clone();
        claims[claim] = value;
        self.sign(&self.header(), &claims.to_string())
    }

    fn without_claim(&self, claim: &str) -> String {
        let mut claims = self.claims.clone();
        claims.as_object_mut().unwrap().remove(claim);
        self.sign(&self.header(), &claims.to_string())
    }

    /// The claims with `exp` written in another way.
    fn expiring(&self, exp: &str) -> String {
        let good = format!("\"exp\":{}", self.claims["exp"]);
        self.sign(&self.header(), &self.claims.to_string().replace(&good, &format!("\"exp\":{exp}")))
    }

    /// "Signed" with a public key as if it were a shared secret.
    fn with_secret(&self, alg: &str, secret: &[u8]) -> String {
        let algorithm = match alg {
            "HS256" => hmac::HMAC_SHA256,
            "HS384" => hmac::HMAC_SHA384,
            _ => hmac::HMAC_SHA512,
        };
        let header = json!({"alg": alg, "typ": "at+jwt", "kid": self.public["kid"]});
        let signed = format!("{}.{}", encode(header.to_string()), encode(self.claims.to_string()));
        let tag = hmac::sign(&hmac::Key::new(algorithm, secret), signed.as_bytes());
        format!("{signed}.{}", encode(tag))
    }
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn bad_headers(forger: &Forger, trap: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    for none in ["none", "None", "NONE", "nOnE"] {
        let header = json!({"alg": none, "typ": "at+jwt", "kid": forger.public["kid"]});
        tokens.push(format!("{}.{}.", encode(header.to_string()), encode(forger.claims.to_string())));
        tokens.push(forger.with_header("alg", json!(none)));
    }
    let raw = URL_SAFE_NO_PAD.decode(forger.public["x"].as_str().unwrap()).unwrap();
    // SubjectPublicKeyInfo of Ed25519 (RFC 8410).
    let der = [&[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00][..], &raw].concat();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(&der));
    let jwk = forger.public.to_string();
    for alg in ["HS256", "HS384", "HS512"] {
        for secret in [&raw[..], &der, pem.as_bytes(), pem.trim_end().as_bytes(), jwk.as_bytes(), b""] {
            tokens.push(forger.with_secret(alg, secret));
        }
    }
    for alg in ["ES256", "RS256", "PS256", "eddsa", ""] {
        tokens.push(forger.with_header("alg", json!(alg)));
    }
    for kid in ["../../../../etc/passwd", "'; DROP TABLE users; --", "a\u{0}b", "", &"A".repeat(43), &"x".repeat(4000)]
    {
        tokens.push(forger.with_header("kid", json!(kid)));
    }
    for (member, value) in [
        ("jku", json!(trap)),
        ("x5u", json!(trap)),
        ("jwk", forger.public.clone()),
        ("x5c", json!(["MIIB"])),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("enc", json!("A128GCM")),
        ("typ", json!("JWT")),
        ("typ", json!("rt+jwt")),
        ("typ", json!(null)),
    ] {
        tokens.push(forger.with_header(member, value));
    }
    tokens
}

fn bad_claims(forger: &Forger) -> Vec<String> {
    let now = types::now().timestamp();
    let mut tokens: Vec<String> =
        ["exp", "iat", "iss", "aud", "sub", "jti", "client_id"].map(|claim| forger.without_claim(claim)).into();
    for exp in
        ["\"soon\"", &format!("\"{}\"", now + 900), "1e400", "-1", "0", "null", "9999999999.5", &(now - 60).to_string()]
    {
        tokens.push(forger.expiring(exp));
    }
    for (claim, value) in [
        ("iss", json!("https://evil.example")),
        ("aud", json!("other")),
        ("aud", json!([])),
        ("nbf", json!(now + 600)),
        ("sub", json!("' OR 1=1 --")),
        ("sub", json!(types::UserId::new().to_string())),
    ] {
        tokens.push(forger.with_claim(claim, value));
    }
    tokens
}

fn bad_shapes(forger: &Forger, refresh: &str) -> Vec<String> {
    let good = forger.sign(&forger.header(), &forger.claims.to_string());
    let [header, payload, signature] = good.split('.').collect::<Vec<_>>()[..] else { panic!("{good}") };
    let inner =
        forger.sign(&json!({"alg": "EdDSA", "typ": "at+jwt", "cty": "JWT", "kid": forger.public["kid"]}), &good);
    let jwe = encode(json!({"alg": "dir", "enc": "A128GCM", "typ": "at+jwt", "kid": forger.public["kid"]}).to_string());
    let opaque = types::SecretToken::generate().unwrap();
    vec![
        refresh.to_owned(),
        opaque.expose().to_owned(),
        inner,
        format!("{jwe}..{payload}.{payload}.{signature}"),
        json!({"protected": header, "payload": payload, "signature": signature}).to_string(),
        json!({"payload": payload, "signatures": [{"protected": header, "signature": signature}]}).to_string(),
        format!("{header}.{payload}"),
        format!("{header}.{payload}."),
        format!("{good}="),
        format!("{good}.{good}"),
        format!("{good},{good}"),
        "A".repeat(8000),
        "null".to_owned(),
    ]
}

/// What the client sees: everything but the ids of this one request.
fn seen(answer: &Answer) -> (u16, Vec<(String, String)>, String) {
    let trace = answer.assert_problem(401)["trace_id"].as_str().unwrap().to_owned();
    let mut headers: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| !["date", "x-request-id", "traceparent", "ratelimit"].contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.sort();
    (answer.status, headers, answer.body.replace(&trace, ""))
}

fn me(process: &Process, query: &str) -> RequestBuilder {
    request(Method::GET, format!("{}/v1/users/me{query}", process.url))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_token_that_is_none_gets_the_same_answer() {
    let shop = Shop::new().await;
    let process = shop.setup().with("limits.enabled", "false").ready().await;
    let admin = shop.user("admin@example.com", PASSWORD, Role::Admin).await;
    let forger = Forger::new(&shop, &admin);
    let good = forger.sign(&forger.header(), &forger.claims.to_string());
    assert_eq!(send(me(&process, "").bearer_auth(&good)).await.status, 200, "the forger knows how to sign");
    let login = request(Method::POST, format!("{}/v1/auth/login", process.url));
    let pair = send(login.json(&json!({"email": "admin@example.com", "password": PASSWORD}))).await.json();
    let refresh = pair["refresh_token"].as_str().unwrap();
    let trap = TcpListener::bind("127.0.0.1:0").unwrap();
    trap.set_nonblocking(true).unwrap();
    let url = format!("http://{}/jwks.json", trap.local_addr().unwrap());

    let tokens = [bad_headers(&forger, &url), bad_claims(&forger), bad_shapes(&forger, refresh)].concat();
    assert!(tokens.len() > 80, "{}", tokens.len());
    let mut attacks: Vec<(String, RequestBuilder)> = Vec::new();
    for token in &tokens {
        let field = HeaderValue::from_bytes(format!("Bearer {token}").as_bytes()).unwrap();
        attacks.push((token.chars().take(200).collect(), me(&process, "").header("authorization", field)));
    }
    for fields in [[good.as_str(), good.as_str()], [good.as_str(), "x"], ["x", good.as_str()]] {
        let twice = fields.into_iter().fold(me(&process, ""), |request, token| request.bearer_auth(token));
        attacks.push((format!("two fields: {fields:?}"), twice));
    }
    attacks.push(("no scheme".to_owned(), me(&process, "").header("authorization", &good)));
    attacks.push(("as Basic".to_owned(), me(&process, "").basic_auth("admin@example.com", Some(PASSWORD))));
    let reference = seen(&send(me(&process, "").bearer_auth("x")).await);
    for (what, attack) in attacks {
        assert_eq!(seen(&send(attack).await), reference, "{what}");
    }
    assert_eq!(reference.0, 401);
    assert_eq!(trap.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "somebody called");

    // Where no token belongs none is looked for: that is nobody, who is challenged with the same document.
    let elsewhere = [
        me(&process, &format!("?access_token={good}")),
        me(&process, "").header("cookie", format!("access_token={good}")),
        me(&process, "").header("x-access-token", &good),
        me(&process, "").header("proxy-authorization", format!("Bearer {good}")),
    ];
    for attack in elsewhere {
        let answer = send(attack).await;
        assert_eq!(seen(&answer).2, reference.2, "{answer:?}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"marquee\""));
    }
    // An access token goes on with no session.
    let refresh = request(Method::POST, format!("{}/v1/auth/refresh", process.url));
    send(refresh.json(&json!({ "refresh_token": good }))).await.assert_problem(401);
    // What no token can be does not get as far.
    let huge = me(&process, "").bearer_auth("A".repeat(1 << 20));
    assert!(huge.send().await.map_or(true, |answer| answer.status() == 431));
    process.stop().await;
}
