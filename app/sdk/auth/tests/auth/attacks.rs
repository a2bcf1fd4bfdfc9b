//! Everything that is not a good token gets one and the same answer.

use apierror::{ApiError, Code};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use types::Role;

use crate::ground::{Ground, encode, headers};

/// What the client sees of a refusal: the document, and the header fields.
fn seen(refusal: &ApiError) -> (Value, Vec<(String, String)>) {
    let problem = serde_json::to_value(refusal.problem(None, None)).unwrap();
    let headers = refusal.headers().iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    (problem, headers.collect())
}

/// Tries the tokens; each has to be refused exactly like every other.
pub(crate) async fn all_refused(ground: &Ground, attacks: Vec<(String, String)>) {
    let reference = ApiError::unauthorized(Some("invalid_token"));
    for (what, token) in attacks {
        // A field of HTTP cannot hold everything that a token is made of here.
        let Ok(field) = actix_web::http::header::HeaderValue::from_bytes(format!("Bearer {token}").as_bytes()) else {
            continue;
        };
        let fields = headers(&[field.as_bytes()]);
        for _ in 0..2 {
            match ground.authenticator.authenticate(&fields).await {
                Ok(caller) => panic!("{what}: taken for {caller:?}"),
                Err(refusal) => {
                    assert_eq!(refusal.code(), Code::Unauthorized, "{what}");
                    assert_eq!(seen(&refusal), seen(&reference), "{what}");
                    let cause = refusal.cause().unwrap().chain();
                    assert!(!cause.contains(&token) || token.len() < 20, "{what}: the log shows the token");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_header_that_lies_is_refused() {
    let ground = Ground::new().await;
    let user = ground.add("ada", &[Role::Admin]).await;
    let claims = ground.claims(&user).to_string();
    let good = ground.header();
    let kid = good["kid"].as_str().unwrap().to_owned();
    assert!(ground.bearer(&ground.forge(&good.to_string(), &claims)).await.is_ok(), "the forger knows how to sign");

    let own = ground.keys.snapshot().active().unwrap().jwk().unwrap();
    let changes = [
        ("alg", json!("none")),
        ("alg", json!("None")),
        ("alg", json!("NONE")),
        ("alg", json!("nOnE")),
        ("alg", json!("HS256")),
        ("alg", json!("ES256")),
        ("alg", json!("RS256")),
        ("alg", json!("eddsa")),
        ("alg", json!("EdDSA ")),
        ("alg", json!("")),
        ("alg", json!(null)),
        ("alg", json!(["EdDSA"])),
        ("kid", json!("../../../etc/passwd")),
        ("kid", json!(format!("./{kid}"))),
        ("kid", json!(format!("{kid}.pem"))),
        ("kid", json!(format!("{kid}\u{0}"))),
        ("kid", json!("' OR '1'='1")),
        ("kid", json!("'; DROP TABLE users; --")),
        ("kid", json!("A".repeat(43))),
        ("kid", json!("")),
        ("kid", json!(null)),
        ("kid", json!(0)),
        ("kid", json!({})),
        ("kid", json!(kid.to_lowercase())),
        ("kid", json!("x".repeat(1 << 20))),
        ("jku", json!("https://evil.example/jwks.json")),
        ("x5u", json!("https://evil.example/cert")),
        ("jwk", own),
        ("x5c", json!(["MIIB"])),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("enc", json!("A128GCM")),
        ("typ", json!("JWT")),
        ("typ", json!("")),
        ("typ", json!(null)),
        ("typ", json!("rt+jwt")),
        ("typ", json!("logout+jwt")),
    ];
    let mut attacks: Vec<_> = changes
        .into_iter()
        .map(|(name, value)| {
            let mut header = good.clone();
            header[name] = value;
            let header = header.to_string();
            let what = header.chars().take(120).collect();
            (what, ground.forge(&header, &claims))
        })
        .collect();
    for missing in ["alg", "kid", "typ"] {
        let mut header = good.clone();
        header.as_object_mut().unwrap().remove(missing);
        attacks.push((format!("no {missing}"), ground.forge(&header.to_string(), &claims)));
    }
    let twice = good.to_string().replacen('{', "{\"kid\":\"other\",", 1);
    attacks.push(("kid twice".to_owned(), ground.forge(&twice, &claims)));
    for none in ["none", "None", "NONE"] {
        let header = json!({"alg": none, "typ": "at+jwt", "kid": kid}).to_string();
        attacks.push((format!("{none}, unsigned"), format!("{}.{}.", encode(&header), encode(&claims))));
        attacks.push((format!("{none}, two parts"), format!("{}.{}", encode(&header), encode(&claims))));
    }
    all_refused(&ground, attacks).await;
}

#[tokio::test]
async fn a_public_key_is_no_shared_secret_in_any_form() {
    let ground = Ground::new().await;
    let user = ground.add("ada", &[Role::Admin]).await;
    let claims = ground.claims(&user);
    let kid = ground.header()["kid"].as_str().unwrap().to_owned();
    let jwk = ground.keys.snapshot().active().unwrap().jwk().unwrap();
    use base64::Engine as _;
    let raw = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(jwk["x"].as_str().unwrap()).unwrap();
    // SubjectPublicKeyInfo of Ed25519 (RFC 8410).
    let der = [&[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00][..], &raw].concat();
    let body = base64::engine::general_purpose::STANDARD.encode(&der);
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n");
    let set = ground.keys.snapshot().jwks().to_string();
    let secrets = [
        raw.clone(),
        der,
        pem.trim_end().into(),
        pem.into_bytes(),
        jwk.to_string().into_bytes(),
        set.into_bytes(),
        jwk["x"].as_str().unwrap().into(),
        kid.clone().into_bytes(),
        Vec::new(),
    ];
    let mut attacks = Vec::new();
    for (place, secret) in secrets.iter().enumerate() {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let header = Header { kid: Some(kid.clone()), typ: Some("at+jwt".to_owned()), ..Header::new(algorithm) };
            let token = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(secret)).unwrap();
            attacks.push((format!("{algorithm:?} with secret {place}"), token));
        }
    }
    all_refused(&ground, attacks).await;
}

#[tokio::test]
async fn claims_that_lie_are_refused_under_a_right_signature() {
    let ground = Ground::new().await;
    let user = ground.add("ada", &[Role::Admin]).await;
    let good = ground.claims(&user);
    let header = ground.header().to_string();
    let now = types::now().timestamp();
    let session = types::SessionId::new().to_string();
    let changes = [
        ("exp", json!(now - 6)),
        ("exp", json!(0)),
        ("exp", json!(-1)),
        ("exp", json!((now + 900).to_string())),
        ("exp", json!(null)),
        ("exp", json!(true)),
        ("exp", json!([now + 900])),
        ("exp", json!(1e18)),
        ("exp", json!(u64::MAX)),
        ("exp", json!(i64::MIN)),
        ("iat", json!("now")),
        ("iat", json!(null)),
        ("iat", json!(now + 60)),
        ("nbf", json!(now + 60)),
        ("nbf", json!("0")),
        ("nbf", json!(null)),
        ("nbf", json!(i64::MAX)),
        ("iss", json!("https://evil.example")),
        ("iss", json!("https://marquee.example/")),
        ("iss", json!(null)),
        ("iss", json!(["https://marquee.example"])),
        ("aud", json!("other")),
        ("aud", json!([])),
        ("aud", json!(["other"])),
        ("aud", json!(["marquee", 7])),
        ("aud", json!({"marquee": true})),
        ("aud", json!("marquee ")),
        ("client_id", json!("other")),
        ("client_id", json!(null)),
        ("sub", json!("ada@example.com")),
        ("sub", json!("")),
        ("sub", json!(null)),
        ("sub", json!(7)),
        ("sub", json!("' OR 1=1 --")),
        ("sub", json!(types::UserId::new().to_string())),
        ("jti", json!("1")),
        ("jti", json!(null)),
        ("sid", json!(null)),
        ("sid", json!("")),
        ("sid", json!(7)),
        ("sid", json!("1")),
        ("sid", json!([session])),
        ("sid", json!({"id": session})),
        ("sid", json!(session.replace('-', ""))),
        ("sid", json!(format!("{{{session}}}"))),
        ("sid", json!(format!("{session} "))),
        ("sid", json!(format!("{session}\u{0}"))),
        ("sid", json!("' OR 1=1 --")),
        // Well formed, and nobody's.
        ("sid", json!(session)),
    ];
    let mut attacks: Vec<_> = changes
        .into_iter()
        .map(|(name, value)| {
            let mut claims = good.clone();
            claims[name] = value;
            (format!("{name} {}", claims[name]), ground.forge(&header, &claims.to_string()))
        })
        .collect();
    for missing in ["exp", "iat", "iss", "aud", "sub", "jti", "client_id"] {
        let mut claims = good.clone();
        claims.as_object_mut().unwrap().remove(missing);
        attacks.push((format!("no {missing}"), ground.forge(&header, &claims.to_string())));
    }
    let exp = format!("\"exp\":{}", good["exp"]);
    for (what, instead) in [
        ("1e400", "\"exp\":1e400"),
        ("-1e400", "\"exp\":-1e400"),
        ("NaN", "\"exp\":NaN"),
        ("1.5", "\"exp\":99999999999.5"),
    ] {
        attacks.push((format!("exp {what}"), ground.forge(&header, &good.to_string().replace(&exp, instead))));
    }
    let two_sessions = format!("{{\"sid\":\"{session}\",\"sid\":null,");
    attacks.push(("sid twice".to_owned(), ground.forge(&header, &good.to_string().replacen('{', &two_sessions, 1))));
    let twice = good.to_string().replacen('{', "{\"sub\":\"x\",", 1);
    let inner = ground.forge(&header, &good.to_string());
    for payload in
        [twice, "[]".to_owned(), "null".to_owned(), "{}".to_owned(), "\"x\"".to_owned(), inner, good.to_string() + "x"]
    {
        attacks.push((payload.chars().take(40).collect(), ground.forge(&header, &payload)));
    }
    all_refused(&ground, attacks).await;
}

#[tokio::test]
async fn other_shapes_than_a_signed_compact_token_are_refused() {
    let ground = Ground::new().await;
    let user = ground.add("ada", &[Role::Admin]).await;
    let good = ground.authenticator.mint(&user).unwrap();
    let good = good.expose();
    let [header, payload, signature] = good.split('.').collect::<Vec<_>>()[..] else { panic!("{good}") };
    let shapes = [
        String::new(),
        " ".to_owned(),
        "null".to_owned(),
        "undefined".to_owned(),
        ".".to_owned(),
        "..".to_owned(),
        header.to_owned(),
        format!("{header}.{payload}"),
        format!("{header}.{payload}."),
        format!("{good}."),
        format!(".{good}"),
        format!("{good}="),
        format!("{good}=="),
        format!("{good} "),
        format!("{good}\t"),
        format!("{good},{good}"),
        format!("\"{good}\""),
        format!("{header}.{payload}.{payload}.{payload}.{signature}"),
        format!("{good}.{good}"),
        good.replace('.', ":"),
        json!({"protected": header, "payload": payload, "signature": signature}).to_string(),
        json!({"payload": payload, "signatures": [{"protected": header, "signature": signature}]}).to_string(),
        "A".repeat(8 * 1024),
        "A".repeat(8 * 1024 + 1),
        "A".repeat(1 << 20),
        format!("{}.{payload}.{signature}", "A".repeat(1 << 20)),
        format!("{header}.{payload}.{}", "A".repeat(86)),
        "\u{feff}".to_owned() + good,
        "é.é.é".to_owned(),
    ];
    all_refused(&ground, shapes.into_iter().map(|token| (token.chars().take(60).collect(), token)).collect()).await;
    assert!(ground.bearer(good).await.is_ok());
}

#[tokio::test]
async fn tokens_for_other_purposes_are_refused() {
    let ground = Ground::new().await;
    let user = ground.add("ada", &[Role::Admin]).await;
    let claims = ground.claims(&user).to_string();
    let mut attacks = Vec::new();
    // Opaque ones, of as many bits as refresh, activation and reset tokens may have, in the alphabets they may have.
    for bytes in [16, 20, 32, 48, 64] {
        let random: Vec<u8> = (0..bytes).map(|byte: u8| byte.wrapping_mul(37).wrapping_add(11)).collect();
        attacks.push((format!("{bytes} bytes"), encode(&random)));
        attacks.push((format!("{bytes} bytes, hex"), random.iter().map(|byte| format!("{byte:02x}")).collect()));
        attacks.push((format!("{bytes} bytes and a name"), format!("{}.{}", user.id, encode(&random))));
    }
    // Signed ones, of types that others use for them.
    for typ in ["rt+jwt", "refresh+jwt", "id+jwt", "activation+jwt", "secevent+jwt", "dpop+jwt", "application/jwt"] {
        let mut header = ground.header();
        header["typ"] = json!(typ);
        attacks.push((typ.to_owned(), ground.forge(&header.to_string(), &claims)));
    }
    all_refused(&ground, attacks).await;
}

#[tokio::test]
async fn tokens_of_strangers_are_refused() {
    let ground = Ground::new().await;
    let stranger = Ground::new().await;
    let user = ground.add("ada", &[Role::Admin]).await;
    let theirs = stranger.authenticator.mint(&user).unwrap().expose().to_owned();
    // Their signature under our key's name.
    let claims = ground.claims(&user).to_string();
    let borrowed = stranger.forge(&ground.header().to_string(), &claims);
    all_refused(&ground, vec![("their key".to_owned(), theirs), ("our kid".to_owned(), borrowed)]).await;
}

#[tokio::test]
async fn the_authorization_field_comes_once_and_is_a_bearer_token() {
    let ground = Ground::new().await;
    let user = ground.add("ada", &[Role::Admin]).await;
    let token = ground.authenticator.mint(&user).unwrap();
    let good = format!("Bearer {}", token.expose());
    let good = good.as_bytes();
    let bare = token.expose().as_bytes();
    let fields: [&[&[u8]]; 11] = [
        &[good, good],
        &[good, b"Bearer x"],
        &[b"Basic YTpi", good],
        &[b""],
        &[b"Bearer"],
        &[b"Bearer "],
        &[bare],
        &[b"Basic YWRtaW46YWRtaW4="],
        &[b"Token abc"],
        &[b"Bearer\xff abc"],
        &[b"DPoP abc"],
    ];
    let reference = seen(&ApiError::unauthorized(Some("invalid_token")));
    for sent in fields {
        let refusal = ground.authenticator.authenticate(&headers(sent)).await.unwrap_err();
        assert_eq!(seen(&refusal), reference, "{sent:?}");
    }
}
