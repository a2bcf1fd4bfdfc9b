//! The vectors of project Wycheproof for JSON Web Signatures, when they are at hand.

use std::collections::BTreeMap;
use std::path::Path;

use keystore::{Algorithm, Jwk, JwkError, jws};
use serde_json::Value;

/// Keys that RFC 7520 uses with another algorithm than the `alg` that the vectors added to them says ("ES521" is none
/// at all). The caller's list of algorithms decides, so here it is that of the RFC's figure.
const OF_ANOTHER_ALGORITHM: [(u64, Algorithm); 4] =
    [(346, Algorithm::Ps384), (347, Algorithm::Es512), (350, Algorithm::Ps384), (351, Algorithm::Es512)];

/// Called valid with a `?` within the base64url, which some decoders skip. RFC 7515 (section 2) knows no such
/// character, and RFC 4648 (section 3.3) has decoders refuse it: so does this one.
const STRICTER_HERE: [u64; 2] = [372, 373];

/// Called invalid for their padding, of which nothing is left in the file: to the byte they are vector 357, valid.
const SAME_AS_A_VALID_ONE: [u64; 2] = [367, 370];

fn vectors(name: &str) -> Option<Value> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let path = workspace.join("../shared/data").join(name);
    match std::fs::read(&path) {
        Ok(json) => Some(serde_json::from_slice(&json).unwrap()),
        Err(_) => {
            println!("skipped: the vectors are not at {}", path.display());
            None
        }
    }
}

#[test]
fn signatures_behave_as_the_vectors_say() {
    let Some(file) = vectors("wycheproof_json_web_signature_test.json") else { return };
    let mut behaved = BTreeMap::from([("valid", 0), ("invalid", 0)]);
    let mut wrong = Vec::new();
    for group in file["testGroups"].as_array().unwrap() {
        // Shared secrets have no public part.
        let json = group.get("public").unwrap_or(&group["private"]);
        let key = Jwk::parse(json);
        for test in group["tests"].as_array().unwrap() {
            let id = test["tcId"].as_u64().unwrap();
            let allowed =
                OF_ANOTHER_ALGORITHM.into_iter().find(|(other, _)| *other == id).map(|(_, algorithm)| algorithm);
            let allowed = allowed.or(json["alg"].as_str().and_then(Algorithm::parse));
            let token = test["jws"].as_str().unwrap();
            let accepted = match &key {
                // A key that names no algorithm is a key for encryption in these vectors: any may be tried.
                Ok(key) => jws::verify(key, &allowed.map_or(Algorithm::ALL.to_vec(), |one| vec![one]), token).is_ok(),
                Err(error) => {
                    assert_eq!(*error, JwkError::NotForSignatures, "vector {id}");
                    false
                }
            };
            let result = test["result"].as_str().unwrap();
            let expected = match result {
                "valid" => !STRICTER_HERE.contains(&id),
                _ => SAME_AS_A_VALID_ONE.contains(&id),
            };
            if accepted == expected {
                *behaved.get_mut(result).unwrap() += 1;
            } else {
                wrong.push((id, test["comment"].as_str().unwrap().to_owned(), result.to_owned()));
            }
        }
    }
    assert_eq!(wrong, []);
    assert_eq!(behaved, BTreeMap::from([("valid", 46), ("invalid", 355)]));
}

#[test]
fn the_payload_of_a_valid_vector_is_given_back_to_the_byte() {
    let Some(file) = vectors("wycheproof_json_web_signature_test.json") else { return };
    let groups = file["testGroups"].as_array().unwrap();
    let figure = |comment: &str, id: u64| {
        let group = groups.iter().find(|group| {
            group["comment"] == comment && group["tests"].as_array().unwrap().iter().any(|test| test["tcId"] == id)
        });
        let group = group.unwrap();
        let test = group["tests"].as_array().unwrap().iter().find(|test| test["tcId"] == id).unwrap();
        let key = Jwk::parse(group.get("public").unwrap_or(&group["private"])).unwrap();
        jws::verify(&key, &[key.algorithm().unwrap()], test["jws"].as_str().unwrap()).unwrap()
    };
    let text = String::from_utf8(figure("rfc7520", 345)).unwrap();
    assert!(text.starts_with("It\u{2019}s a dangerous business, Frodo, going out your door."), "{text}");
    assert_eq!(figure("rs256", 259), b"");
    assert_eq!(figure("base64", 357), b"Test");
}

#[test]
fn an_algorithm_that_is_not_allowed_verifies_nothing() {
    let Some(file) = vectors("wycheproof_json_web_signature_test.json") else { return };
    for group in file["testGroups"].as_array().unwrap() {
        let Ok(key) = Jwk::parse(group.get("public").unwrap_or(&group["private"])) else { continue };
        for test in group["tests"].as_array().unwrap() {
            assert!(jws::verify(&key, &[], test["jws"].as_str().unwrap()).is_err(), "vector {}", test["tcId"]);
        }
    }
}
