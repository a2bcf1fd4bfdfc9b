//! Tokens that are right, and every way of being wrong that a header has.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{DecodingKey, Validation};
use keystore::{Algorithm, Invalid, KeyStore, jws};
use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

fn store(algorithm: Algorithm) -> (TempDir, KeyStore) {
    let folder = tempfile::tempdir().unwrap();
    let keys = KeyStore::open(folder.path()).unwrap();
    keys.generate(algorithm).unwrap();
    (folder, keys)
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[test]
fn whoever_has_the_published_keys_verifies_what_the_store_signs() {
    for (ours, theirs) in
        [(Algorithm::EdDsa, jsonwebtoken::Algorithm::EdDSA), (Algorithm::Es256, jsonwebtoken::Algorithm::ES256)]
    {
        let (_folder, keys) = store(ours);
        let token = keys.snapshot().sign("at+jwt", br#"{"sub":"ada"}"#).unwrap();
        let set: jsonwebtoken::jwk::JwkSet = serde_json::from_value(keys.snapshot().jwks()).unwrap();
        let header = jsonwebtoken::decode_header(&token).unwrap();
        assert_eq!((header.alg, header.typ.as_deref()), (theirs, Some("at+jwt")));
        let jwk = set.find(header.kid.as_deref().unwrap()).unwrap();
        let mut validation = Validation::new(theirs);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Value>(&token, &DecodingKey::from_jwk(jwk).unwrap(), &validation).unwrap();
        assert_eq!(claims.claims, json!({"sub": "ada"}));

        let own = keystore::Jwk::parse(&serde_json::to_value(jwk).unwrap()).unwrap();
        assert_eq!(own.algorithm(), Some(ours));
        assert_eq!(jws::verify(&own, &[ours], &token).unwrap(), br#"{"sub":"ada"}"#);
    }
}

#[test]
fn the_type_is_the_callers_to_choose() {
    let (_folder, keys) = store(Algorithm::EdDsa);
    let sign = |typ| keys.snapshot().sign(typ, b"{}").unwrap();
    for good in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"] {
        assert!(keys.snapshot().verify("at+jwt", &sign(good)).is_ok(), "{good}");
    }
    for bad in ["JWT", "jwt", "", "at+jwt ", "at+jwtx", "application/application/at+jwt", "text/at+jwt", "dpop+jwt"] {
        assert_eq!(keys.snapshot().verify("at+jwt", &sign(bad)), Err(Invalid::Type), "{bad}");
    }
}

/// A token signed as it should be, except for its header.
fn forged(keys: &KeyStore, header: &[u8]) -> String {
    let pem = std::fs::read(keys.path().join(format!("{}.pem", keys.snapshot().active().unwrap().kid()))).unwrap();
    let key = jsonwebtoken::EncodingKey::from_ed_pem(&pem).unwrap();
    let signed = format!("{}.{}", encode(header), encode("{}"));
    let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &key, jsonwebtoken::Algorithm::EdDSA).unwrap();
    format!("{signed}.{signature}")
}

#[test]
fn a_header_with_anything_dangerous_or_doubtful_is_refused_even_under_a_right_signature() {
    let (_folder, keys) = store(Algorithm::EdDsa);
    let kid = keys.snapshot().active().unwrap().kid().to_owned();
    let jwk = keys.snapshot().active().unwrap().jwk().unwrap();
    let good = json!({"alg": "EdDSA", "typ": "at+jwt", "kid": kid});
    let with = |name: &str, value: Value| {
        let mut header = good.clone();
        header[name] = value;
        header.to_string()
    };
    let verify = |header: &str| keys.snapshot().verify("at+jwt", &forged(&keys, header.as_bytes()));
    assert!(verify(&good.to_string()).is_ok(), "the forger knows how to sign");
    assert!(verify(&with("x5t", json!("AAAA"))).is_ok(), "what is not understood and harmless is ignored");

    let cases = [
        (with("crit", json!(["exp"])), Invalid::Unsupported),
        (with("crit", json!([])), Invalid::Unsupported),
        (with("b64", json!(false)), Invalid::Unsupported),
        (with("b64", json!(true)), Invalid::Unsupported),
        (with("zip", json!("DEF")), Invalid::Unsupported),
        (with("enc", json!("A256GCM")), Invalid::Unsupported),
        (with("jku", json!("https://evil.example/jwks.json")), Invalid::Unsupported),
        (with("jwk", jwk), Invalid::Unsupported),
        (with("x5u", json!("https://evil.example/cert.pem")), Invalid::Unsupported),
        (with("x5c", json!(["AAAA"])), Invalid::Unsupported),
        (with("alg", json!("none")), Invalid::Algorithm),
        (with("alg", json!("None")), Invalid::Algorithm),
        (with("alg", json!("eddsa")), Invalid::Algorithm),
        (with("alg", json!("ES256")), Invalid::Algorithm),
        (with("alg", json!("HS256")), Invalid::Algorithm),
        (with("alg", json!(null)), Invalid::Header),
        (with("alg", json!(["EdDSA"])), Invalid::Header),
        (with("kid", json!(null)), Invalid::Header),
        (with("kid", json!(7)), Invalid::Header),
        (with("kid", json!("")), Invalid::UnknownKey),
        (with("kid", json!(format!("{kid}\0"))), Invalid::UnknownKey),
        (with("kid", json!(format!("../{kid}"))), Invalid::UnknownKey),
        (with("typ", json!(7)), Invalid::Header),
        (json!({"alg": "EdDSA", "typ": "at+jwt"}).to_string(), Invalid::UnknownKey),
        (json!({"alg": "EdDSA", "kid": kid}).to_string(), Invalid::Type),
        (json!({"typ": "at+jwt", "kid": kid}).to_string(), Invalid::Header),
        (good.to_string().replacen('{', r#"{"alg":"none","#, 1), Invalid::Header),
        (good.to_string().replacen('{', r#"{"k\u0069d":"other","#, 1), Invalid::Header),
        (format!("[{good}]"), Invalid::Header),
        (format!("{good}{good}"), Invalid::Header),
        (format!("\u{feff}{good}"), Invalid::Header),
        ("null".to_owned(), Invalid::Header),
    ];
    for (header, refusal) in cases {
        assert_eq!(verify(&header), Err(refusal), "{header}");
    }
    assert_eq!(
        keys.snapshot().verify("at+jwt", &forged(&keys, b"{\"alg\":\"EdDSA\",\"typ\":\"\xff\"}")),
        Err(Invalid::Header)
    );
}

#[test]
fn a_token_has_three_strict_parts_and_is_short() {
    let (_folder, keys) = store(Algorithm::EdDsa);
    let token = keys.snapshot().sign("at+jwt", br#"{"a":1}"#).unwrap();
    let [header, payload, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("{token}") };
    let verify = |token: &str| keys.snapshot().verify("at+jwt", token);
    assert!(verify(&token).is_ok());

    // 64 bytes end in two characters of which the last carries 2 bits and 4 that mean nothing.
    let last = signature.chars().last().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let twin = alphabet.chars().nth(alphabet.find(last).unwrap() + 1).unwrap();
    let trailing_bits = format!("{header}.{payload}.{}{twin}", &signature[..signature.len() - 1]);
    let malformed = [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        header.to_owned(),
        format!("{header}.{payload}"),
        format!("{header}.{payload}."),
        format!("{header}..{signature}"),
        format!(".{payload}.{signature}"),
        format!("{token}."),
        format!(".{token}"),
        format!("{token}.{signature}"),
        format!("{token}.{payload}.{signature}"),
        format!("{token}="),
        format!("{token} "),
        format!("{token}\n"),
        format!(" {token}"),
        format!("{header}=.{payload}.{signature}"),
        token.replacen('.', "+.", 1),
        token.replacen('.', "/.", 1),
        trailing_bits,
        json!({"protected": header, "payload": payload, "signature": signature}).to_string(),
        json!({"payload": payload, "signatures": [{"protected": header, "signature": signature}]}).to_string(),
    ];
    for token in malformed {
        let refusal = verify(&token).unwrap_err();
        assert!(matches!(refusal, Invalid::Malformed | Invalid::Header), "{token:?}: {refusal}");
    }
    let other = keys.snapshot().sign("at+jwt", br#"{"a":2}"#).unwrap();
    let swapped = format!("{header}.{}.{signature}", other.split('.').nth(1).unwrap());
    assert_eq!(verify(&swapped), Err(Invalid::Signature));
    assert_eq!(verify(&"A".repeat(jws::MAX_TOKEN + 1)), Err(Invalid::TooLong));
    assert_eq!(verify(&format!("{}.A.A", "a.".repeat(500_000))), Err(Invalid::TooLong));
}

#[test]
fn an_object_with_a_member_twice_is_none() {
    assert!(jws::object(br#"{"exp":1,"sub":"a"}"#).is_ok());
    for bad in [&br#"{"exp":1,"exp":2}"#[..], br#"{"exp":1,"\u0065xp":2}"#, b"[]", b"1", b"", b"{\"exp\":1e400}"] {
        assert_eq!(jws::object(bad), Err(Invalid::Malformed), "{}", String::from_utf8_lossy(bad));
    }
}

/// Made once: each case of a property would wait for the disk.
static SHARED: LazyLock<(TempDir, KeyStore)> = LazyLock::new(|| store(Algorithm::EdDsa));

proptest! {
    #[test]
    fn no_text_panics_or_is_taken(text in "\\PC{0,64}(\\.\\PC{0,64}){0,4}") {
        prop_assert!(SHARED.1.snapshot().verify("at+jwt", &text).is_err());
    }

    #[test]
    fn no_change_of_one_character_is_taken(place in 0usize..200, replacement in "[ -~]") {
        let keys = &SHARED.1;
        let token = keys.snapshot().sign("at+jwt", br#"{"sub":"ada"}"#).unwrap();
        let place = place % token.len();
        let changed = format!("{}{replacement}{}", &token[..place], &token[place + 1..]);
        prop_assume!(changed != token);
        prop_assert!(keys.snapshot().verify("at+jwt", &changed).is_err());
    }
}
