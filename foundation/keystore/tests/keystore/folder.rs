//! The life of keys, and a folder that several programs change.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use keystore::{Algorithm, Error, Invalid, KeyStore, State};
use tempfile::TempDir;

const QUARTER: Duration = Duration::from_secs(15 * 60);

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn states(keys: &KeyStore) -> Vec<State> {
    keys.snapshot().keys().iter().map(keystore::Key::state).collect()
}

fn files(folder: &Path) -> HashSet<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

#[test]
fn a_folder_that_is_not_there_has_no_keys_and_signs_nothing() {
    let folder = folder();
    let keys = KeyStore::open(&folder.path().join("keys")).unwrap();
    assert!(keys.snapshot().keys().is_empty());
    assert!(matches!(keys.snapshot().sign("at+jwt", b"{}"), Err(Error::NoActiveKey)));
    assert_eq!(keys.snapshot().jwks(), serde_json::json!({"keys": []}));
}

#[test]
fn a_key_is_named_by_its_thumbprint_and_readable_by_its_owner_alone() {
    let folder = folder();
    let keys = KeyStore::open(&folder.path().join("keys")).unwrap();
    for algorithm in Algorithm::SIGNING {
        let kid = keys.generate(algorithm).unwrap();
        let pem = keys.path().join(format!("{kid}.pem"));
        assert_eq!(fs::metadata(&pem).unwrap().permissions().mode() & 0o777, 0o600);
        let jwk = keys.snapshot().keys().last().unwrap().jwk().unwrap();
        assert_eq!(jwk["kid"], *kid);
        assert_eq!(jwk["use"], "sig");
        assert_eq!(jwk["alg"], algorithm.as_str());
        assert!(jwk.get("d").is_none(), "the private part is not published");

        let foreign: jsonwebtoken::jwk::Jwk = serde_json::from_value(jwk).unwrap();
        assert_eq!(foreign.thumbprint(jsonwebtoken::jwk::ThumbprintHash::SHA256).unwrap(), kid);
    }
    assert_eq!(fs::metadata(keys.path()).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn openssl_and_the_store_read_each_others_keys() {
    let folder = folder();
    let keys = KeyStore::open(folder.path()).unwrap();
    for algorithm in Algorithm::SIGNING {
        let kid = keys.generate(algorithm).unwrap();
        let pem = folder.path().join(format!("{kid}.pem"));
        let read = Command::new("openssl").args(["pkey", "-noout", "-in"]).arg(&pem).output();
        let Ok(read) = read else {
            println!("skipped: there is no openssl here");
            return;
        };
        assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
        let copy = folder.path().join("copy.pem");
        let rewritten =
            Command::new("openssl").args(["pkey", "-in"]).arg(&pem).arg("-out").arg(&copy).status().unwrap();
        assert!(rewritten.success());
        fs::rename(copy, pem).unwrap();
    }
    let again = KeyStore::open(folder.path()).unwrap();
    assert_eq!(again.snapshot().jwks(), keys.snapshot().jwks());
}

#[test]
fn the_first_key_signs_and_the_next_waits_until_it_is_rotated_in() {
    let folder = folder();
    let keys = KeyStore::open(folder.path()).unwrap();
    let first = keys.generate(Algorithm::EdDsa).unwrap();
    let second = keys.generate(Algorithm::EdDsa).unwrap();
    assert_eq!(states(&keys), [State::Active, State::Standby]);
    assert_eq!(keys.snapshot().jwks()["keys"].as_array().unwrap().len(), 2, "verifiers can learn it before it signs");

    let token = keys.snapshot().sign("at+jwt", b"{}").unwrap();
    assert_eq!(keys.rotate(Algorithm::EdDsa).unwrap(), second);
    assert_eq!(states(&keys), [State::Passive, State::Active]);
    assert_eq!(keys.snapshot().verify("at+jwt", &token).unwrap().kid, first);

    let third = keys.rotate(Algorithm::Es256).unwrap();
    assert_eq!(states(&keys), [State::Passive, State::Passive, State::Active]);
    assert_eq!(keys.snapshot().active().unwrap().kid(), third);
    assert_eq!(keys.snapshot().verify("at+jwt", &token).unwrap().kid, first, "after two rotations too");
}

#[test]
fn a_key_is_retired_once_no_token_of_it_can_be_valid_any_more() {
    let folder = folder();
    let keys = KeyStore::open(folder.path()).unwrap();
    let kid = keys.generate(Algorithm::EdDsa).unwrap();
    let token = keys.snapshot().sign("at+jwt", b"{}").unwrap();
    assert!(matches!(keys.retire(&kid, Duration::ZERO), Err(Error::Active { .. })));
    keys.rotate(Algorithm::EdDsa).unwrap();
    assert!(matches!(keys.retire(&kid, QUARTER), Err(Error::StillNeeded { .. })));
    assert!(keys.snapshot().verify("at+jwt", &token).is_ok());

    keys.retire(&kid, Duration::ZERO).unwrap();
    assert_eq!(states(&keys), [State::Retired, State::Active]);
    assert_eq!(keys.snapshot().verify("at+jwt", &token), Err(Invalid::UnknownKey));
    assert_eq!(keys.snapshot().jwks()["keys"].as_array().unwrap().len(), 1);
    assert!(!folder.path().join(format!("{kid}.pem")).exists(), "the private part is gone");
    keys.retire(&kid, QUARTER).unwrap();
    assert!(matches!(keys.retire("no such key", QUARTER), Err(Error::UnknownKey { .. })));
}

#[test]
fn a_change_by_another_program_is_seen_after_a_reload_and_old_snapshots_stay_whole() {
    let folder = folder();
    let here = KeyStore::open(folder.path()).unwrap();
    let there = KeyStore::open(folder.path()).unwrap();
    here.generate(Algorithm::EdDsa).unwrap();
    assert!(there.snapshot().active().is_none());
    assert!(there.reload().unwrap());
    assert!(!there.reload().unwrap(), "nothing has changed since");
    let before = there.snapshot();
    let token = before.sign("at+jwt", b"{}").unwrap();

    let kid = before.active().unwrap().kid().to_owned();
    here.rotate(Algorithm::EdDsa).unwrap();
    here.retire(&kid, Duration::ZERO).unwrap();
    assert!(there.reload().unwrap());
    assert!(there.snapshot().generation() > before.generation());
    assert!(there.snapshot().verify("at+jwt", &token).is_err());
    assert!(before.verify("at+jwt", &token).is_ok());
}

#[test]
fn programs_that_change_the_folder_at_once_lose_nothing() {
    let folder = folder();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let keys = KeyStore::open(folder.path()).unwrap();
                keys.ensure_active(Algorithm::EdDsa).unwrap();
                for _ in 0..5 {
                    keys.generate(Algorithm::EdDsa).unwrap();
                    keys.rotate(Algorithm::EdDsa).unwrap();
                }
            });
        }
        scope.spawn(|| {
            let reader = KeyStore::open(folder.path()).unwrap();
            while reader.snapshot().keys().len() < 41 {
                reader.reload().unwrap();
            }
        });
    });
    let keys = KeyStore::open(folder.path()).unwrap();
    let active = states(&keys).into_iter().filter(|state| *state == State::Active).count();
    // One that was made sure of, and 8 times 5 that were generated; each rotation finds one that waits.
    assert_eq!((keys.snapshot().keys().len(), active), (41, 1));
    assert_eq!(files(folder.path()).len(), 41 + ["keys.json", ".lock"].len());
}

#[test]
fn what_a_crash_left_half_written_is_not_loaded_and_does_not_stop_the_next_change() {
    let folder = folder();
    let keys = KeyStore::open(folder.path()).unwrap();
    let kid = keys.generate(Algorithm::EdDsa).unwrap();
    fs::write(folder.path().join(".tmp"), "{\"keys\": [").unwrap();
    let stray = folder.path().join(format!("{}.pem", "A".repeat(43)));
    fs::write(&stray, "-----BEGIN PRIVATE").unwrap();

    let again = KeyStore::open(folder.path()).unwrap();
    assert_eq!(again.snapshot().active().unwrap().kid(), kid);
    again.generate(Algorithm::EdDsa).unwrap();
    assert_eq!(again.snapshot().keys().len(), 2);
}

#[test]
fn a_folder_that_vanishes_is_an_error_and_the_keys_read_before_stay_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let store = KeyStore::open(&path).unwrap();
    assert!(!store.reload().unwrap(), "a folder that is not there yet has no keys");
    store.generate(Algorithm::EdDsa).unwrap();
    let token = store.snapshot().sign("at+jwt", b"{}").unwrap();
    // A volume that is unmounted, a secret that is replaced by hand.
    std::fs::remove_dir_all(&path).unwrap();
    assert!(store.reload().is_err());
    assert!(store.snapshot().verify("at+jwt", &token).is_ok());
}

#[test]
fn a_damaged_folder_is_an_error_and_the_keys_read_before_stay_in_use() {
    let folder = folder();
    let keys = KeyStore::open(folder.path()).unwrap();
    let kid = keys.generate(Algorithm::EdDsa).unwrap();
    let other = KeyStore::open(self::folder().path()).unwrap();
    let index = folder.path().join("keys.json");
    let good = fs::read_to_string(&index).unwrap();
    let pem = folder.path().join(format!("{kid}.pem"));
    let own = fs::read(&pem).unwrap();
    let foreign = other.generate(Algorithm::EdDsa).unwrap();
    let foreign = fs::read(other.path().join(format!("{foreign}.pem"))).unwrap();

    let damages: [(&str, &[u8]); 5] = [
        (&good[..good.len() / 2], &own),
        (&good.replace(&kid, "../../../etc/passwd"), &own),
        (&good.replace("EdDSA", "ES256"), &own),
        (&good, &own[..own.len() / 2]),
        (&good, &foreign),
    ];
    for (json, key) in damages {
        // As a careless hand would: in place, not by the store.
        fs::write(&pem, key).unwrap();
        fs::write(&index, format!("{json}\n")).unwrap();
        let error = keys.reload().unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{error:?}");
        assert!(KeyStore::open(folder.path()).is_err());
        assert_eq!(keys.snapshot().active().unwrap().kid(), kid);
    }
}
