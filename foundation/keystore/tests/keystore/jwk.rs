//! Keys of others: what is a key that verifies, and what is none.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keystore::{Algorithm, Invalid, Jwk, JwkError, KeyStore, jws};
use serde_json::{Value, json};

/// RFC 8037, appendix A.2.
const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

/// RFC 8037, appendix A.4.
const TOKEN: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.\
    hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

#[test]
fn the_id_of_a_key_is_the_hash_of_its_required_members_in_the_order_of_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let keys = KeyStore::open(folder.path()).unwrap();
    for (algorithm, required) in [
        (Algorithm::EdDsa, r#"{"crv":"Ed25519","kty":"OKP","x":"X"}"#),
        (Algorithm::Es256, r#"{"crv":"P-256","kty":"EC","x":"X","y":"Y"}"#),
    ] {
        let kid = keys.generate(algorithm).unwrap();
        let jwk = keys.snapshot().keys().last().unwrap().jwk().unwrap();
        let number = |name| jwk.get(name).and_then(Value::as_str).unwrap_or_default();
        let required = required.replace("\"X\"", &format!("{:?}", number("x")));
        let required = required.replace("\"Y\"", &format!("{:?}", number("y")));
        assert_eq!(kid, URL_SAFE_NO_PAD.encode(digest(&SHA256, required.as_bytes())));
    }
}

#[test]
fn the_signature_of_the_rfc_is_verified() {
    let key = Jwk::parse(&json!({"kty": "OKP", "crv": "Ed25519", "x": X})).unwrap();
    assert_eq!((key.kid(), key.algorithm()), (None, None));
    assert_eq!(jws::verify(&key, &[Algorithm::EdDsa], TOKEN).unwrap(), b"Example of Ed25519 signing");
    let changed = TOKEN.replace("RXhh", "RXhi");
    assert_eq!(jws::verify(&key, &[Algorithm::EdDsa], &changed), Err(Invalid::Signature));
}

#[test]
fn a_key_with_a_number_too_short_too_long_or_not_strictly_encoded_is_malformed() {
    let p256 = |x: &str, y: &str| json!({"kty": "EC", "crv": "P-256", "x": x, "y": y});
    let ed25519 = |x: &str| json!({"kty": "OKP", "crv": "Ed25519", "x": x});
    let full = "A".repeat(43);
    assert!(Jwk::parse(&p256(&full, &full)).is_ok());
    let malformed = [
        // Together as long as a point is.
        p256(&"A".repeat(42), &"A".repeat(44)),
        p256(&full, ""),
        json!({"kty": "EC", "crv": "P-384", "x": full, "y": full}),
        ed25519(&X[..42]),
        ed25519(&format!("{X}=")),
        ed25519(&format!("{X}A")),
        ed25519(&X.replace('_', "/")),
        ed25519(&format!("{}p", &X[..42])),
        json!({"kty": "RSA", "n": "", "e": "AQAB"}),
        json!({"kty": "RSA", "n": "AQAB", "e": ""}),
        json!({"kty": "oct", "k": ""}),
        json!({"kty": "oct", "k": "+/+/"}),
        json!({"kty": "oct", "k": "AAAA", "key_ops": "verify"}),
        json!({"kty": "oct", "k": "AAAA", "use": 7}),
        json!([]),
        Value::Null,
    ];
    for json in malformed {
        assert_eq!(Jwk::parse(&json).map(|_| ()), Err(JwkError::Malformed), "{json}");
    }
}

#[test]
fn a_key_of_another_type_or_curve_is_not_supported() {
    let unsupported = [
        json!({"kty": "OKP", "crv": "Ed448", "x": X}),
        json!({"kty": "OKP", "crv": "X25519", "x": X}),
        json!({"kty": "OKP", "crv": "P-256", "x": X}),
        json!({"kty": "EC", "crv": "Ed25519", "x": X, "y": X}),
        json!({"kty": "EC", "crv": "secp256k1", "x": X, "y": X}),
        json!({"kty": "EC", "crv": "P-256", "x": X}),
        json!({"kty": "okp", "crv": "Ed25519", "x": X}),
        json!({"kty": "RSA", "n": "AQAB"}),
        json!({"x": X}),
        json!({}),
    ];
    for json in unsupported {
        assert_eq!(Jwk::parse(&json).map(|_| ()), Err(JwkError::Unsupported), "{json}");
    }
}

#[test]
fn a_public_key_is_no_shared_secret_and_no_key_of_another_algorithm() {
    let folder = tempfile::tempdir().unwrap();
    let keys = KeyStore::open(folder.path()).unwrap();
    for algorithm in Algorithm::SIGNING {
        keys.rotate(algorithm).unwrap();
        let snapshot = keys.snapshot();
        let jwk = Jwk::parse(&snapshot.active().unwrap().jwk().unwrap()).unwrap();
        let token = snapshot.sign("at+jwt", b"{}").unwrap();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let (_, payload) = signed.split_once('.').unwrap();
        for other in Algorithm::ALL.into_iter().filter(|other| *other != algorithm) {
            let header = URL_SAFE_NO_PAD.encode(json!({"alg": other.as_str()}).to_string());
            let forged = format!("{header}.{payload}.{signature}");
            assert_eq!(jws::verify(&jwk, &Algorithm::ALL, &forged), Err(Invalid::Signature), "{other}");
        }
        assert!(jws::verify(&jwk, &Algorithm::ALL, &token).is_ok());
    }
}
