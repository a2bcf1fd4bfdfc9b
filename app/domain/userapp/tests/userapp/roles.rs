use std::time::{Duration, Instant};

use apitest::run;
use serde_json::{Value, json};
use types::Role;

use crate::ground::{account, start};

fn path(user: &Value) -> String {
    format!("/v1/users/{}/roles", user["id"].as_str().unwrap())
}

#[test]
fn an_admin_sets_roles_and_setting_the_same_again_changes_nothing() {
    run(async {
        let api = start(1).await;
        let user = account(&api, Role::Customer).await;
        let body = json!({"roles": ["support", "editor"]});
        let set = || api.request("PUT", path(&user)).by(Role::Admin).json(&body).send();
        let changed = set().await.expect(200);
        assert_eq!((changed.etag(), changed.header("cache-control")), ("\"2\"".to_owned(), "no-store"));
        assert_eq!(changed.json()["roles"], json!(["editor", "support"]));
        assert_eq!(set().await.expect(200).json(), changed.json());
        assert_eq!(account(&api, Role::Customer).await, changed.json());
    });
}

#[test]
fn a_change_based_on_an_older_version_is_refused() {
    run(async {
        let api = start(1).await;
        let user = account(&api, Role::Customer).await;
        let set = |tag: &str, roles: Value| {
            api.request("PUT", path(&user)).by(Role::Admin).if_match(tag).json(&json!({"roles": roles})).send()
        };
        set("\"1\"", json!(["editor"])).await.expect(200);
        set("\"1\"", json!(["admin"])).await.problem(412, "precondition-failed");
        assert_eq!(account(&api, Role::Customer).await["roles"], json!(["editor"]));
        set("\"2\"", json!([])).await.expect(200);
    });
}

#[test]
fn what_is_no_set_of_roles_is_refused() {
    run(async {
        let api = start(1).await;
        let user = account(&api, Role::Customer).await;
        let set = async |body: Value| api.request("PUT", path(&user)).by(Role::Admin).json(&body).send().await;
        set(json!({})).await.invalid(&["#/roles"]);
        set(json!({"roles": null})).await.invalid(&["#/roles"]);
        set(json!({"roles": "admin"})).await.invalid(&["#/roles"]);
        set(json!({"roles": ["owner", "Admin"]})).await.invalid(&["#/roles/0", "#/roles/1"]);
        set(json!({"roles": ["admin"], "enabled": false})).await.invalid(&["#/enabled"]);
        assert_eq!(account(&api, Role::Customer).await, user);
    });
}

#[test]
fn two_admins_who_take_the_role_from_each_other_at_once_leave_one() {
    run(async {
        let api = start(2).await;
        let first = account(&api, Role::Admin).await;
        // Asked of the instance that takes the second request, which then knows an admin for 5 s: neither is stopped
        // by what the other did before.
        let second = api.get("/v1/users/me").by_second(Role::Admin).on(1).send().await.expect(200).json();
        let body = json!({"roles": ["editor"]});
        let (one, other) = tokio::join!(
            api.request("PUT", path(&second)).by(Role::Admin).json(&body).send(),
            api.request("PUT", path(&first)).by_second(Role::Admin).on(1).json(&body).send(),
        );
        let mut statuses = [one.status(), other.status()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
        let remaining = if one.status() == 200 { first } else { second };
        let request = api.request("PUT", path(&remaining));
        let request = if one.status() == 200 { request.by(Role::Admin) } else { request.by_second(Role::Admin) };
        request.json(&body).send().await.problem(409, "conflict");
    });
}

#[test]
fn a_role_that_was_taken_away_ends_everywhere_within_ten_seconds() {
    run(async {
        let api = start(2).await;
        let list = |instance| api.get("/v1/users").by_second(Role::Admin).on(instance).send();
        for instance in [0, 1] {
            list(instance).await.expect(200);
        }
        let second = api.get("/v1/users/me").by_second(Role::Admin).send().await.expect(200).json();
        let taken = api.request("PUT", path(&second)).by(Role::Admin).json(&json!({"roles": []})).send();
        taken.await.expect(200);
        let start = Instant::now();
        for instance in [0, 1] {
            while list(instance).await.status() != 403 {
                assert!(start.elapsed() < Duration::from_secs(10), "instance {instance} still lets them in");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    });
}
