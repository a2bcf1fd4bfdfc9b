use apitest::run;
use serde_json::json;
use types::{Role, UserId};

use crate::ground::{account, start};

#[test]
fn an_account_is_shown_without_a_secret_and_kept_by_nobody() {
    run(async {
        let api = start(1).await;
        let answer = api.get("/v1/users/me").by(Role::Editor).send().await.expect(200);
        assert_eq!((answer.header("cache-control"), answer.header("etag")), ("no-store", "\"1\""));
        let mut me = answer.json();
        let text = String::from_utf8(answer.body().to_vec()).unwrap();
        assert!(!text.contains("password") && !text.contains("argon2"), "{text}");
        for member in ["id", "activated_at", "created_at", "updated_at"] {
            assert!(me.as_object_mut().unwrap().remove(member).unwrap().is_string(), "{member}");
        }
        let email = "editor-0@example.com";
        assert_eq!(me, json!({"name": "A Tester", "email": email, "roles": ["editor"], "enabled": true, "version": 1}));
        let unchanged = api.get("/v1/users/me").by(Role::Editor).header("If-None-Match", "\"1\"").send().await;
        unchanged.expect(304);
    });
}

#[test]
fn ones_own_account_is_found_by_id_and_another_s_by_admins_and_support_alone() {
    run(async {
        let api = start(1).await;
        let customer = account(&api, Role::Customer).await;
        let path = format!("/v1/users/{}", customer["id"].as_str().unwrap());
        for reader in [Role::Customer, Role::Admin, Role::Support] {
            assert_eq!(api.get(&path).by(reader).send().await.expect(200).json(), customer, "{reader}");
        }
        let missing = format!("/v1/users/{}", UserId::new());
        for stranger in [api.get(&path).by(Role::Editor), api.get(&path).by_second(Role::Customer)] {
            let hidden = stranger.send().await.problem(404, "not-found").json();
            let absent = api.get(&missing).by(Role::Editor).send().await.problem(404, "not-found").json();
            assert_eq!(hidden["detail"], absent["detail"], "what is hidden looks like what is not there");
        }
        api.get(&missing).by(Role::Admin).send().await.problem(404, "not-found");
        api.get("/v1/users/no-uuid").by(Role::Admin).send().await.problem(404, "not-found");
    });
}
