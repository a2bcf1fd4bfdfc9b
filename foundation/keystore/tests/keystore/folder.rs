//! The life of keys, and a folder that several programs change.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

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

/// Writes the index as if this much more time had passed since.
fn age(folder: &Path, seconds: u64) {
    let path = folder.join("keys.json");
    let mut index: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    for key in index["keys"].as_array_mut().unwrap() {
        for moment in ["created_at", "signs_from", "passive_since"] {
            if let Some(at) = key.get(moment).and_then(serde_json::Value::as_u64) {
                key[moment] = (at - seconds).into();
            }
        }
    }
    fs::write(path, index.to_string()).unwrap();
}

#[test]
fn a_key_signs_once_it_has_been_published_for_long_enough() {
    let folder = folder();
    let keys = KeyStore::open(folder.path()).unwrap();
    let first = keys.generate(Algorithm::EdDsa).unwrap();
    let (second, from) = keys.rotate_after(Algorithm::EdDsa, QUARTER).unwrap();
    let wait = from.duration_since(SystemTime::now()).unwrap();
    assert!(wait <= QUARTER && wait > QUARTER - Duration::from_secs(60), "{wait:?}");
    assert_eq!(states(&keys), [State::Active, State::Standby]);
    assert_eq!(keys.snapshot().keys()[1].signs_from(), Some(from));
    assert_eq!(keys.snapshot().jwks()["keys"].as_array().unwrap().len(), 2, "it is published");
    assert_eq!(keys.rotate_after(Algorithm::Es256, QUARTER).unwrap(), (second.clone(), from), "asked twice");

    let token = keys.snapshot().sign("at+jwt", b"{}").unwrap();
    age(folder.path(), 15 * 60);
    assert!(keys.reload().unwrap());
    assert_eq!(states(&keys), [State::Passive, State::Active]);
    assert_eq!(keys.snapshot().verify("at+jwt", &token).unwrap().kid, first);
    assert!(!keys.reload().unwrap(), "once");
    // What was settled is kept with the next change, and the time that the old one is silent counts from the moment.
    assert!(matches!(keys.retire(&first, QUARTER), Err(Error::StillNeeded { .. })));
    age(folder.path(), 15 * 60);
    assert_eq!(keys.retire_unneeded(QUARTER).unwrap(), [first]);
    assert_eq!(states(&keys), [State::Retired, State::Active]);
    assert_eq!(keys.snapshot().active().unwrap().kid(), second);
    assert_eq!(keys.retire_unneeded(QUARTER).unwrap(), [""; 0]);
}

#[test]
fn programs_change_over_at_the_moment_without_a_change_of_the_folder() {
    let folder = folder();
    let (here, there) = (KeyStore::open(folder.path()).unwrap(), KeyStore::open(folder.path()).unwrap());
    here.generate(Algorithm::EdDsa).unwrap();
    let (next, from) = here.rotate_after(Algorithm::Es256, Duration::from_secs(2)).unwrap();
    assert!(there.reload().unwrap());
    let before = fs::read(folder.path().join("keys.json")).unwrap();
    for keys in [&here, &there] {
        while keys.snapshot().active().unwrap().kid() != next {
            let was_due = SystemTime::now() >= from;
            let has_read = keys.reload().unwrap();
            assert!(has_read || !was_due, "it is due, and was not read");
            // What one signs the other takes, before the moment and after it.
            let token = here.snapshot().sign("at+jwt", b"{}").unwrap();
            assert!(there.snapshot().verify("at+jwt", &token).is_ok());
        }
        assert!(SystemTime::now() >= from);
    }
    assert_eq!(fs::read(folder.path().join("keys.json")).unwrap(), before);
}

#[test]
fn a_key_that_has_waited_long_enough_signs_at_once() {
    let folder = folder();
    let keys = KeyStore::open(folder.path()).unwrap();
    let (only, at) = keys.rotate_after(Algorithm::EdDsa, QUARTER).unwrap();
    assert!(at <= SystemTime::now(), "nothing has to wait for the first");
    assert_eq!(keys.snapshot().active().unwrap().kid(), only);
    let waiting = keys.generate(Algorithm::EdDsa).unwrap();
    age(folder.path(), 15 * 60);
    assert_eq!(keys.rotate_after(Algorithm::EdDsa, QUARTER).unwrap().0, waiting);
    assert_eq!(states(&keys), [State::Passive, State::Active]);

    // Whoever cannot wait does not.
    let (next, _) = keys.rotate_after(Algorithm::EdDsa, QUARTER).unwrap();
    assert_eq!(keys.rotate(Algorithm::EdDsa).unwrap(), next);
    assert_eq!(states(&keys), [State::Passive, State::Passive, State::Active]);
    assert_eq!(keys.snapshot().keys()[2].signs_from(), None);
    // A key that is not to sign after all.
    let (stopped, _) = keys.rotate_after(Algorithm::EdDsa, QUARTER).unwrap();
    keys.retire(&stopped, QUARTER).unwrap();
    age(folder.path(), 15 * 60);
    keys.reload().unwrap();
    assert_eq!(keys.snapshot().active().unwrap().kid(), next);
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
