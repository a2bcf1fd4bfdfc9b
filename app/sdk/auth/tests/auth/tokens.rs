//! Tokens that are right.

use std::time::Duration;

use actix_web::http::header::HeaderMap;
use auth::Caller;
use keystore::Algorithm;
use serde_json::{Value, json};
use types::Role;

use crate::ground::{Ground, headers, principal};

fn decoded(part: &str) -> Value {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[tokio::test]
async fn a_token_has_the_header_and_the_claims_of_rfc_9068_and_no_address_or_name() {
    let ground = Ground::new().await;
    let user = ground.add("ada", &[Role::Editor, Role::Customer]).await;
    let token = ground.authenticator.mint(&user).unwrap();
    let parts: Vec<&str> = token.expose().split('.').collect();
    assert_eq!(decoded(parts[0]), ground.header());
    let claims = decoded(parts[1]);
    let iat = claims["iat"].as_i64().unwrap();
    assert!((types::now().timestamp() - iat).abs() <= 5);
    assert_eq!(
        claims,
        json!({
            "iss": "https://marquee.example", "sub": user.id.to_string(), "aud": "marquee", "iat": iat,
            "exp": iat + 900, "jti": token.token_id.to_string(), "client_id": "marquee",
            "roles": ["editor", "customer"],
        })
    );
    assert_eq!(token.expires_in, Duration::from_secs(900));
    let session_id = types::SessionId::new();
    let within = ground.authenticator.mint_within(&user, session_id).unwrap();
    let claims_within = decoded(within.expose().split('.').nth(1).unwrap());
    assert_eq!(claims_within["sid"], session_id.to_string());
    assert_eq!(claims_within.as_object().unwrap().len(), claims.as_object().unwrap().len() + 1);
    assert!(!format!("{token:?}").contains(parts[2]), "a token can't be printed");
}

#[tokio::test]
async fn a_token_stands_for_its_user_the_second_time_too() {
    let ground = Ground::new().await;
    let user = ground.add("ada", &[Role::Editor]).await;
    let token = ground.authenticator.mint(&user).unwrap();
    for _ in 0..3 {
        let principal = principal(ground.bearer(token.expose()).await);
        assert_eq!((principal.user_id, principal.token_id), (user.id, token.token_id));
        assert_eq!(principal.roles, user.roles);
    }
    let other = principal(ground.replica().authenticate(&crate::ground::bearer(token.expose())).await);
    assert_eq!(other.user_id, user.id, "every replica recognises it");
}

#[tokio::test]
async fn without_credentials_the_caller_is_anonymous() {
    let ground = Ground::new().await;
    assert_eq!(ground.authenticator.authenticate(&HeaderMap::new()).await.unwrap(), Caller::Anonymous);
}

#[tokio::test]
async fn the_scheme_is_read_without_case_and_the_audience_may_be_a_list() {
    let ground = Ground::new().await;
    let user = ground.add("ada", &[]).await;
    let token = ground.authenticator.mint(&user).unwrap();
    for scheme in ["bearer", "BEARER", "Bearer ", "bEaReR  "] {
        let fields = headers(&[format!("{scheme} {}", token.expose()).as_bytes()]);
        assert_eq!(principal(ground.authenticator.authenticate(&fields).await).user_id, user.id, "{scheme}");
    }
    let mut claims = ground.claims(&user);
    claims["aud"] = json!(["somebody else", "marquee"]);
    let token = ground.forge(&ground.header().to_string(), &claims.to_string());
    assert_eq!(principal(ground.bearer(&token).await).user_id, user.id);
}

#[tokio::test]
async fn a_token_works_within_the_leeway_of_clocks_and_not_beyond() {
    let ground = Ground::new().await;
    let user = ground.add("ada", &[]).await;
    let now = types::now().timestamp();
    // Room on each side, for the time that the test takes.
    for (claim, seconds, good) in [
        ("exp", -1, true),
        ("exp", -30, false),
        ("iat", 3, true),
        ("iat", 30, false),
        ("nbf", 3, true),
        ("nbf", 30, false),
    ] {
        let mut claims = ground.claims(&user);
        claims[claim] = json!(now + seconds);
        let token = ground.forge(&ground.header().to_string(), &claims.to_string());
        assert_eq!(ground.bearer(&token).await.is_ok(), good, "{claim} {seconds}");
    }
}

#[tokio::test]
async fn a_token_that_is_remembered_expires_all_the_same() {
    let ground = Ground::new().await;
    let user = ground.add("ada", &[]).await;
    let mut claims = ground.claims(&user);
    // Within the leeway for a second or two.
    claims["exp"] = json!(types::now().timestamp() - 3);
    let token = ground.forge(&ground.header().to_string(), &claims.to_string());
    assert!(ground.bearer(&token).await.is_ok());
    let mut waited = 0;
    while ground.bearer(&token).await.is_ok() {
        waited += 1;
        assert!(waited < 100, "it never expires");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn a_token_of_a_key_that_was_rotated_out_works_until_the_key_is_retired() {
    let ground = Ground::new().await;
    let user = ground.add("ada", &[]).await;
    let old = ground.authenticator.mint(&user).unwrap();
    let replica = ground.replica();
    let fields = crate::ground::bearer(old.expose());
    assert!(replica.authenticate(&fields).await.is_ok(), "now it is remembered there");

    let retired = ground.keys.snapshot().active().unwrap().kid().to_owned();
    ground.keys.rotate(Algorithm::Es256).unwrap();
    let new = ground.authenticator.mint(&user).unwrap();
    assert!(ground.bearer(old.expose()).await.is_ok());
    assert!(ground.bearer(new.expose()).await.is_ok());

    ground.keys.retire(&retired, Duration::ZERO).unwrap();
    assert!(ground.bearer(old.expose()).await.is_err(), "at once where it was retired");
    // The other process looks at the folder once a second.
    let mut waited = 0;
    while replica.authenticate(&fields).await.is_ok() {
        waited += 1;
        assert!(waited < 50, "the other process never sees it");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(replica.authenticate(&crate::ground::bearer(new.expose())).await.is_ok());
}
