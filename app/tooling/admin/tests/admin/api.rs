//! `admin routes`, `admin openapi`, `admin token`: what concerns the API.

use std::path::Path;

use dbtest::Database;
use serde_json::Value;

use crate::run::{Ran, admin, admin_on, run, run_with};

fn on(database: &Database, keys: &Path, arguments: &[&str], input: &str) -> Ran {
    let mut command = admin_on(database, arguments);
    command.env("MARQUEE__AUTH__KEYS_DIR", keys);
    run_with(command, input)
}

fn create_ada(database: &Database, keys: &Path) {
    let arguments =
        ["users", "create", "--name", "Ada", "--email", "ada@example.com", "--role", "editor", "--password-stdin"];
    on(database, keys, &arguments, "correct horse battery").ended(0);
}

#[test]
fn routes_are_those_of_the_description() {
    let routes = run(admin(&["routes", "--json"])).ended(0).json();
    let description = run(admin(&["openapi"])).ended(0).json();
    let mut found = 0;
    for route in routes.as_array().unwrap() {
        let method = route["method"].as_str().unwrap().to_lowercase();
        let operation = &description["paths"][route["path"].as_str().unwrap()][&method]["operationId"];
        assert_eq!(*operation, route["operation"], "{route}");
        found += 1;
    }
    let described = description["paths"].as_object().unwrap().values();
    assert_eq!(described.map(|path| path.as_object().unwrap().len()).sum::<usize>(), found);
    let writes = |route: &&Value| route["method"] == "POST" && route["path"] == "/v1/movies";
    assert_eq!(routes.as_array().unwrap().iter().find(writes).unwrap()["permission"], "movies:write");
    let table = run(admin(&["routes"])).ended(0).out;
    assert_eq!(table.lines().count(), found + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_all_that_is_printed_and_the_service_takes_it() {
    let (database, keys) = (Database::new().await, tempfile::tempdir().unwrap());
    create_ada(&database, keys.path());
    let refused = on(&database, keys.path(), &["token", "--email", "ada@example.com"], "").ended(4);
    assert!(refused.err.contains("try: admin keys generate"), "{}", refused.err);

    on(&database, keys.path(), &["keys", "generate"], "").ended(0);
    let token = on(&database, keys.path(), &["token", "--email", "ada@example.com"], "").ended(0);
    assert_eq!(token.err, "");
    let store = keystore::KeyStore::open(keys.path()).unwrap();
    let verified = store.snapshot().verify("at+jwt", token.out.trim_end()).unwrap();
    let claims: Value = serde_json::from_slice(&verified.payload).unwrap();
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 15 * 60);

    let id = claims["sub"].as_str().unwrap();
    let long = on(&database, keys.path(), &["token", "--user-id", id, "--ttl", "2h", "--json"], "").ended(0).json();
    assert_eq!((long["expires_in"].as_u64(), long["token_type"].as_str()), (Some(7200), Some("Bearer")));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_is_minted_that_nobody_would_take() {
    let (database, keys) = (Database::new().await, tempfile::tempdir().unwrap());
    on(&database, keys.path(), &["keys", "generate"], "").ended(0);
    on(&database, keys.path(), &["token", "--email", "ada@example.com"], "").ended(3);
    create_ada(&database, keys.path());
    on(&database, keys.path(), &["users", "disable", "ada@example.com"], "").ended(0);
    let refused = on(&database, keys.path(), &["token", "--email", "ada@example.com"], "").ended(4);
    assert!(refused.err.contains("admin users enable"), "{}", refused.err);
    on(&database, keys.path(), &["token", "--email", "ada@example.com", "--ttl", "soon"], "").ended(64);
    on(&database, keys.path(), &["token"], "").ended(2);
}
