//! `admin users` and `admin seed`.

use dbtest::Database;
use serde_json::Value;

use crate::run::{Ran, admin_on, run, run_with};

const PASSWORD: &str = "canary-correct-horse";

fn users(database: &Database, arguments: &[&str]) -> Ran {
    run(admin_on(database, &[&["users"], arguments].concat()))
}

fn create(database: &Database, email: &str, role: &str, password: &str) -> Ran {
    let arguments =
        ["users", "create", "--name", "Ada", "--email", email, "--role", role, "--password-stdin", "--json"];
    run_with(admin_on(database, &arguments), password)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_created_shown_and_can_sign_in() {
    let database = Database::new().await;
    let created = create(&database, "Ada@Example.com", "editor", &format!("{PASSWORD}\n")).ended(0).json();
    let mut shape = created.clone();
    for changing in ["id", "activated_at", "created_at", "updated_at"] {
        assert!(shape[changing].take().is_string(), "{created}");
    }
    insta::assert_json_snapshot!(shape);
    let business = userbus::Business::new(database.db());
    let user = business.authenticate("ada@example.com", &PASSWORD.to_owned().into()).await.unwrap();
    assert_eq!(created["id"], user.id.to_string());
    assert_eq!(users(&database, &["show", &user.id.to_string(), "--json"]).ended(0).json(), created);
    assert_eq!(users(&database, &["list", "--json"]).ended(0).json(), Value::Array(vec![created]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_never_shown_and_never_an_argument() {
    let database = Database::new().await;
    for ran in [
        create(&database, "ada@example.com", "editor", PASSWORD),
        create(&database, "ada@example.com", "editor", PASSWORD),
        create(&database, "no address", "editor", PASSWORD),
        create(&database, "eve@example.com", "editor", "canary"),
        users(&database, &["list", "-v"]),
        users(&database, &["create", "--name", "Eve", "--email", "eve@example.com"]),
    ] {
        assert!(!ran.out.contains("canary") && !ran.err.contains("canary"), "{}{}", ran.out, ran.err);
    }
    let arguments = ["create", "--name", "Eve", "--email", "eve@example.com", "--password", PASSWORD];
    let refused = users(&database, &arguments).ended(2);
    assert!(refused.err.contains("--password"), "{}", refused.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_refusal_has_its_exit_code_and_its_mend() {
    let database = Database::new().await;
    create(&database, "ada@example.com", "admin", PASSWORD).ended(0);
    let taken = create(&database, "ada@example.com", "editor", PASSWORD).ended(4);
    assert!(taken.err.contains("another user has this address"), "{}", taken.err);
    create(&database, "eve@example.com", "editor", "short").ended(4);
    create(&database, "eve@example.com", "projectionist", PASSWORD).ended(2);
    users(&database, &["show", "eve@example.com"]).ended(3);
    users(&database, &["show", "00000000-0000-7000-8000-000000000000"]).ended(3);
    users(&database, &["show", "eve"]).ended(2);
    let asked = users(&database, &["create", "--name", "Eve", "--email", "eve@example.com"]).ended(2);
    assert!(asked.err.contains("--password-stdin"), "{}", asked.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_are_given_and_taken_but_the_last_admin_stays() {
    let database = Database::new().await;
    create(&database, "ada@example.com", "admin", PASSWORD).ended(0);
    create(&database, "eve@example.com", "customer", PASSWORD).ended(0);
    for (command, argument) in [("revoke", Some("admin")), ("disable", None)] {
        let arguments: Vec<_> = [command, "ada@example.com"].into_iter().chain(argument).collect();
        let refused = users(&database, &arguments).ended(4);
        assert!(refused.err.contains("no admin would remain"), "{}", refused.err);
        assert!(refused.err.contains("admin users grant EMAIL admin"), "{}", refused.err);
    }
    let granted = users(&database, &["grant", "eve@example.com", "admin", "--json"]).ended(0).json();
    assert_eq!(granted["roles"], serde_json::json!(["admin", "customer"]));
    let again = users(&database, &["grant", "eve@example.com", "admin", "--json"]).ended(0).json();
    assert_eq!(again, granted, "nothing to change is no change");
    users(&database, &["revoke", "ada@example.com", "admin"]).ended(0);
    assert_eq!(users(&database, &["list", "--role", "admin", "--json"]).json().as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_user_is_locked_out_until_enabled() {
    let database = Database::new().await;
    create(&database, "ada@example.com", "editor", PASSWORD).ended(0);
    let business = userbus::Business::new(database.db());
    let signs_in = async || business.authenticate("ada@example.com", &PASSWORD.to_owned().into()).await.is_ok();
    assert_eq!(users(&database, &["disable", "ada@example.com"]).ended(0).out, "ada@example.com is disabled\n");
    assert!(!signs_in().await);
    let disabled = users(&database, &["list", "--disabled"]).ended(0).out;
    assert!(disabled.contains("ada@example.com") && disabled.contains("disabled"), "{disabled}");
    users(&database, &["enable", "ada@example.com"]).ended(0);
    assert!(signs_in().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_says_that_there_is_more() {
    let database = Database::new().await;
    for name in ["a", "b", "c"] {
        create(&database, &format!("{name}@example.com"), "customer", PASSWORD).ended(0);
    }
    let list = users(&database, &["list", "--limit", "2"]).ended(0);
    assert_eq!(list.out.lines().count(), 3, "{}", list.out);
    assert!(list.err.contains("more than 2"), "{}", list.err);
    assert!(users(&database, &["list", "--limit", "2", "--quiet"]).ended(0).err.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seed_fills_a_development_database_once() {
    let database = Database::new().await;
    let first = run(admin_on(&database, &["seed", "--json"])).ended(0).json();
    assert_eq!(first["users_created"].as_array().unwrap().len(), 5);
    assert_eq!(first["places_created"], 34_006);
    assert_eq!(first["films"], serde_json::json!({ "rows": 3201, "created": 3178, "known": 0, "rejected": 23 }));
    let again = run(admin_on(&database, &["seed"])).ended(0).out;
    assert_eq!(
        again,
        "the users are there already\n0 films created, 3178 there already, 23 rows of the collection refused\n0 places created\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn production_refuses_the_seed() {
    let database = Database::new().await;
    let refused = run(admin_on(&database, &["seed", "--set", "env=production"])).ended(4);
    assert!(refused.err.contains("published password"), "{}", refused.err);
    assert_eq!(users(&database, &["list"]).ended(0).out, "no users\n");
}
