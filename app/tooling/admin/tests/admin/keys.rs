//! `admin keys` and `admin policy`.

use std::path::Path;

use serde_json::Value;

use crate::run::{Ran, admin, run};

fn keys(folder: &Path, arguments: &[&str]) -> Ran {
    let mut command = admin(&[&["keys"], arguments].concat());
    command.env("MARQUEE__AUTH__KEYS_DIR", folder);
    run(command)
}

fn states(folder: &Path) -> Vec<String> {
    let list = keys(folder, &["list", "--json"]).ended(0).json();
    list.as_array().unwrap().iter().map(|key| key["state"].as_str().unwrap().to_owned()).collect()
}

fn kid(answer: &Value) -> String {
    answer["kid"].as_str().unwrap().to_owned()
}

#[test]
fn a_key_is_made_waits_signs_and_is_retired() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(keys(folder.path(), &["list"]).ended(0).out, "no keys\n");
    let first = kid(&keys(folder.path(), &["generate", "--json"]).ended(0).json());
    let second = kid(&keys(folder.path(), &["generate", "--alg", "ES256", "--json"]).ended(0).json());
    assert_eq!(states(folder.path()), ["active", "standby"]);

    let rotated = keys(folder.path(), &["rotate", "--json"]).ended(0).json();
    assert_eq!((kid(&rotated), rotated["state"].as_str()), (second.clone(), Some("standby")));
    assert!(rotated["signs_from"].is_string(), "{rotated}");
    assert_eq!(states(folder.path()), ["active", "standby"]);
    let told = keys(folder.path(), &["rotate"]).ended(0).out;
    assert!(told.starts_with(&format!("{second} is published, and signs from ")), "{told}");
    assert_eq!(kid(&keys(folder.path(), &["rotate", "--now", "--json"]).ended(0).json()), second);
    assert_eq!(states(folder.path()), ["passive", "active"]);
    assert_eq!(keys(folder.path(), &["jwks"]).ended(0).json()["keys"].as_array().unwrap().len(), 2);

    let refused = keys(folder.path(), &["retire", &second]).ended(4);
    assert!(refused.err.contains("is active"), "{}", refused.err);
    let needed = keys(folder.path(), &["retire", &first]).ended(4);
    assert!(needed.err.contains("until the last token it signed has expired"), "{}", needed.err);
    keys(folder.path(), &["retire", "--now", &first]).ended(0);
    assert_eq!(states(folder.path()), ["retired", "active"]);
    assert_eq!(keys(folder.path(), &["jwks"]).ended(0).json()["keys"].as_array().unwrap().len(), 1);
}

#[test]
fn a_rotation_retires_the_keys_whose_last_token_has_expired() {
    let folder = tempfile::tempdir().unwrap();
    let first = kid(&keys(folder.path(), &["rotate", "--json"]).ended(0).json());
    assert_eq!(states(folder.path()), ["active"], "nothing has to wait for the first");
    keys(folder.path(), &["rotate", "--now"]).ended(0);
    keys(folder.path(), &["rotate"]).ended(0);
    assert_eq!(states(folder.path()), ["passive", "active", "standby"]);

    // As if it had signed no more for an hour.
    let index = folder.path().join("keys.json");
    let mut json: Value = serde_json::from_slice(&std::fs::read(&index).unwrap()).unwrap();
    let passive = json["keys"][0]["passive_since"].as_u64().unwrap();
    json["keys"][0]["passive_since"] = (passive - 3600).into();
    std::fs::write(&index, json.to_string()).unwrap();
    keys(folder.path(), &["rotate"]).ended(0);
    assert_eq!(states(folder.path()), ["retired", "active", "standby"]);
    assert!(!folder.path().join(format!("{first}.pem")).exists());
}

#[test]
fn an_id_may_begin_with_a_hyphen() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [["retire", "-no-such-key", "--now"], ["retire", "--now", "-no-such-key"]] {
        let missing = keys(folder.path(), &arguments).ended(3);
        assert!(missing.err.contains("there is no key -no-such-key"), "{}", missing.err);
    }
}

#[test]
fn no_private_part_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let kid = kid(&keys(folder.path(), &["generate", "--json"]).ended(0).json());
    let pem = std::fs::read_to_string(folder.path().join(format!("{kid}.pem"))).unwrap();
    let secret = pem.lines().nth(1).unwrap();
    for arguments in
        [&["list"][..], &["list", "--json"], &["jwks"], &["rotate", "--now", "-v"], &["retire", &kid, "--now", "-v"]]
    {
        let ran = keys(folder.path(), arguments).ended(0);
        let shown = ran.out + &ran.err;
        assert!(!shown.contains(secret) && !shown.contains("\"d\"") && !shown.contains("PRIVATE"), "{shown}");
    }
}

#[test]
fn an_unknown_algorithm_is_a_wrong_command_line() {
    let folder = tempfile::tempdir().unwrap();
    keys(folder.path(), &["generate", "--alg", "none"]).ended(2);
    assert!(states(folder.path()).is_empty());
}

#[test]
fn the_policy_names_every_permission_with_its_roles() {
    let policy = run(admin(&["policy", "--json"])).ended(0).json();
    let write = policy.as_array().unwrap().iter().find(|row| row["permission"] == "movies:write").unwrap().clone();
    insta::assert_json_snapshot!(write);
    let table = run(admin(&["policy"])).ended(0).out;
    assert_eq!(table.lines().count(), policy.as_array().unwrap().len() + 1);
}
