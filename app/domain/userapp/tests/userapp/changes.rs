//! PATCH /v1/users/{id}.

use apitest::{Api, PASSWORD, Standing, run};
use futures_util::future::join_all;
use insta::assert_json_snapshot;
use serde_json::{Value, json};
use types::{Role, UserId};

use crate::ground::{
    Postman, account, me, path, refused_soon, session, sessions, signs_in, start, start_forgetful, users,
};

#[test]
fn one_changes_one_s_own_name_and_address() {
    run(async {
        let api = start(1).await;
        let postman = Postman::of(&api);
        let user = account(&api, Role::Customer).await;
        let patch = json!({"name": "Ada King", "email": "Countess@Example.com"});
        let changed =
            api.patch(path(&user)).by(Role::Customer).if_match("\"1\"").merge(&patch).send().await.expect(200);
        assert_eq!((changed.etag(), changed.header("cache-control")), ("\"2\"".to_owned(), "no-store"));
        assert_json_snapshot!(changed.shown());
        assert_eq!(account(&api, Role::Customer).await, changed.json());
        assert!(signs_in(&api, "countess@example.com", PASSWORD).await);
        assert!(!signs_in(&api, "customer-0@example.com", PASSWORD).await);
        // Who can still read the mail of the address before learns of it.
        postman.mails("customer-0@example.com", 1).await;
    });
}

#[test]
fn a_change_is_based_on_a_version_and_one_that_changes_nothing_keeps_it() {
    run(async {
        let api = start(1).await;
        let user = account(&api, Role::Customer).await;
        let change = |patch: Value| api.patch(path(&user)).by(Role::Customer).merge(&patch);
        change(json!({"name": "Ada"})).send().await.problem(428, "precondition-required");
        for malformed in ["1", "\"1", ""] {
            change(json!({"name": "Ada"})).if_match(malformed).send().await.problem(400, "bad-request");
        }
        for stale in ["\"0\"", "\"2\"", "W/\"1\""] {
            change(json!({"name": "Ada"})).if_match(stale).send().await.problem(412, "precondition-failed");
        }
        for nothing in [json!({}), json!({"name": "A Tester"}), json!({"email": "CUSTOMER-0@example.com"})] {
            assert_eq!(change(nothing).if_match("\"1\"").send().await.expect(200).json(), user);
        }
        change(json!({"name": "Ada"})).if_match("*").send().await.expect(200);
        change(json!({"name": "Eve"})).if_match("\"1\"").send().await.problem(412, "precondition-failed");
        assert_eq!(account(&api, Role::Customer).await["name"], "Ada");
    });
}

#[test]
fn what_an_account_cannot_be_is_refused_at_its_place() {
    run(async {
        let api = start(1).await;
        let user = account(&api, Role::Admin).await;
        let change = |patch: &Value| api.patch(path(&user)).by(Role::Admin).if_match("\"1\"").merge(patch);
        for (patch, places) in [
            (json!({"name": ""}), &["#/name"][..]),
            (json!({"name": null}), &["#/name"]),
            (json!({"name": "a\u{0}b"}), &["#/name"]),
            (json!({"name": "x".repeat(101)}), &["#/name"]),
            (json!({"email": "nobody"}), &["#/email"]),
            (json!({"email": null}), &["#/email"]),
            (json!({"email": "eve@example.com\r\nBcc: x@example.com"}), &["#/email"]),
            (json!({"enabled": "no"}), &["#/enabled"]),
            (json!({"enabled": null}), &["#/enabled"]),
            (json!({"enabled": 0}), &["#/enabled"]),
            (json!({"name": 1, "email": 2, "enabled": 3}), &["#/email", "#/enabled", "#/name"]),
            (json!({"password": "seven analytical engines"}), &["#/password"]),
            (json!({"roles": ["admin"], "id": "x", "version": 9}), &["#/id", "#/roles", "#/version"]),
            (json!({"activated_at": null}), &["#/activated_at"]),
            (json!([]), &["#"]),
            (json!(null), &["#"]),
        ] {
            change(&patch).send().await.invalid(places);
        }
        let taken = change(&json!({"email": "Editor-0@example.com"})).send().await.problem(409, "conflict");
        assert_eq!(taken.json()["detail"], "another user has this address");
        assert_eq!(account(&api, Role::Admin).await, user);
    });
}

#[test]
fn nobody_but_an_admin_changes_the_account_of_somebody_else_or_learns_of_it() {
    run(async {
        let api = start(1).await;
        let user = account(&api, Role::Customer).await;
        let missing = format!("/v1/users/{}", UserId::new());
        let patch = json!({"name": "Eve"});
        for role in [Role::Editor, Role::Support] {
            let change = |path: &str| api.patch(path).by(role).if_match("\"1\"").merge(&patch).send();
            let hidden = change(&path(&user)).await.problem(404, "not-found").json();
            let absent = change(&missing).await.problem(404, "not-found").json();
            assert_eq!(hidden["detail"], absent["detail"], "{role}");
        }
        let other = api.patch(path(&user)).by_second(Role::Customer).if_match("\"1\"").merge(&patch);
        other.send().await.problem(404, "not-found");
        assert_eq!(account(&api, Role::Customer).await, user);
        let admin = api.patch(path(&user)).by(Role::Admin).if_match("\"1\"").merge(&patch);
        assert_eq!(admin.send().await.expect(200).json()["name"], "Eve");
    });
}

#[test]
fn only_an_admin_says_who_may_sign_in() {
    run(async {
        let api = start(1).await;
        for role in [Role::Customer, Role::Editor, Role::Support] {
            let own = account(&api, role).await;
            for enabled in [false, true] {
                let patch = json!({"enabled": enabled, "name": "Eve"});
                let change = api.patch(path(&own)).by(role).if_match("\"1\"").merge(&patch);
                change.send().await.problem(403, "forbidden");
            }
            assert_eq!(account(&api, role).await, own, "and the rest was not changed either");
        }
    });
}

#[test]
fn who_is_disabled_is_out_everywhere_and_has_to_sign_in_again_once_enabled() {
    run(async {
        let api = start_forgetful(2).await;
        let ada = api.add("ada@example.com", &[Role::Customer], Standing::Active).await;
        let (access, refresh) = session(&api, &ada).await;
        let free = api.token_of(&ada);
        for instance in [0, 1] {
            me(&api, instance, &access).await.expect(200);
            me(&api, instance, &free).await.expect(200);
        }
        let path = format!("/v1/users/{}", ada.id);
        let set = |enabled: bool, tag: &str| {
            api.patch(&path).by(Role::Admin).if_match(tag).merge(&json!({ "enabled": enabled })).send()
        };
        assert_eq!(set(false, "\"1\"").await.expect(200).json()["enabled"], false);
        assert!(!signs_in(&api, "ada@example.com", PASSWORD).await);
        for token in [&access, &free] {
            refused_soon(&api, 2, token).await;
        }
        set(true, "\"2\"").await.expect(200);
        assert!(signs_in(&api, "ada@example.com", PASSWORD).await);
        assert!(sessions(&api).refresh(&refresh, Default::default()).await.is_err(), "the session has ended");
        refused_soon(&api, 2, &access).await;
    });
}

#[test]
fn the_last_admin_cannot_be_disabled() {
    run(async {
        let api = start(1).await;
        let (first, second) = (account(&api, Role::Admin).await, second_admin(&api).await);
        let disable = |user: &Value| {
            api.patch(path(user)).by(Role::Admin).if_match("*").merge(&json!({"enabled": false, "name": "Gone"})).send()
        };
        disable(&second).await.expect(200);
        disable(&first).await.problem(409, "conflict");
        assert_eq!(account(&api, Role::Admin).await, first, "and nothing else of it was done");
    });
}

async fn second_admin(api: &Api) -> Value {
    api.get("/v1/users/me").by_second(Role::Admin).send().await.expect(200).json()
}

#[test]
fn of_fifty_admins_who_all_leave_at_once_by_three_ways_on_two_instances_one_remains() {
    run(async {
        let api = start(2).await;
        let mut admins = Vec::new();
        for number in 0..50 {
            let admin = api.add(&format!("admin-{}@example.com", number + 2), &[Role::Admin], Standing::Active).await;
            admins.push((admin.id.to_string(), api.token_of(&admin)));
        }
        for number in 0..2 {
            let me = api.get("/v1/users/me");
            let me = if number == 0 { me.by(Role::Admin) } else { me.by_second(Role::Admin) };
            let user = me.send().await.expect(200).json();
            let customer = json!({"roles": ["customer"]});
            // The usual two leave before, so that those that remain are these fifty.
            let leave = api.request("PUT", format!("{}/roles", path(&user))).json(&customer);
            let leave = if number == 0 { leave.by(Role::Admin) } else { leave.by_second(Role::Admin) };
            leave.send().await.expect(200);
        }
        let leave = |number: usize, (id, token): &(String, String)| {
            let path = format!("/v1/users/{id}");
            let request = match number % 3 {
                0 => api.request("PUT", format!("{path}/roles")).json(&json!({"roles": ["customer"]})),
                1 => api.patch(path).if_match("*").merge(&json!({"enabled": false})),
                _ => api.delete(path),
            };
            request.on(number % 2).bearer(token).send()
        };
        let answers = join_all(admins.iter().enumerate().map(|(number, admin)| leave(number, admin))).await;
        let stayed: Vec<_> =
            answers.iter().zip(&admins).filter(|(answer, _)| !matches!(answer.status(), 200 | 204)).collect();
        assert_eq!(stayed.len(), 1, "{stayed:?}");
        stayed[0].0.clone().problem(409, "conflict");
        let filter = userbus::QueryFilter { role: Some(Role::Admin), enabled: Some(true), ..Default::default() };
        assert_eq!(users(&api).count(types::Scope::Any, &filter).await.unwrap(), 1);
        let last = me(&api, 0, &stayed[0].1.1).await.expect(200).json();
        assert_eq!(last["roles"], json!(["admin"]));
    });
}
