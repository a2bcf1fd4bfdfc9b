use std::time::Duration;

use apitest::run;
use keystore::{Algorithm, Jwk, jws};
use serde_json::json;

use crate::ground::{login, start, with_ada};

#[test]
fn the_published_keys_verify_tokens_and_follow_the_life_of_keys() {
    run(async {
        let api = with_ada(1).await;
        let token = login(&api, "ada@example.com").await.access;
        let published = async || {
            let answer = api.get("/.well-known/jwks.json").send().await.expect(200);
            assert_eq!(answer.header("cache-control"), "public, max-age=300");
            answer.json()["keys"].as_array().unwrap().clone()
        };
        let keys = published().await;
        assert_eq!(keys.len(), 1);
        for member in ["d", "p", "q", "k"] {
            assert!(keys[0].get(member).is_none(), "the private part is published");
        }
        let jwk = Jwk::parse(&keys[0]).unwrap();
        assert!(jws::verify(&jwk, &[Algorithm::EdDsa], &token).is_ok());

        api.keys().generate(Algorithm::Es256).unwrap();
        assert_eq!(published().await.len(), 2, "the next key is known before it signs");
        api.keys().rotate(Algorithm::EdDsa).unwrap();
        assert_eq!(published().await.len(), 2);
        api.keys().retire(jwk.kid().unwrap(), Duration::ZERO).unwrap();
        let left = published().await;
        assert_eq!(left.len(), 1);
        assert_ne!(left[0]["kid"], keys[0]["kid"]);
    });
}

#[test]
fn the_metadata_names_the_issuer_and_where_the_keys_are() {
    run(async {
        let api = start(1).await;
        let answer = api.get("/.well-known/oauth-authorization-server").send().await.expect(200);
        assert_eq!(
            answer.json(),
            json!({
                "issuer": "https://marquee.example",
                "jwks_uri": "https://marquee.example/.well-known/jwks.json",
                "response_types_supported": [],
                "grant_types_supported": [],
                "service_documentation": "https://marquee.example/docs",
            })
        );
    });
}
