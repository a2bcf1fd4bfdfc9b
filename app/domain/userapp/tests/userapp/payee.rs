//! Whom an id would pay, as everybody may ask.

use apitest::{Standing, run};
use serde_json::json;
use types::{Role, UserId};

use crate::ground::{account, path, start, users};

#[test]
fn everyone_who_is_signed_in_learns_the_name_of_an_id_and_no_more() {
    run(async {
        let api = start(2).await;
        let customer = account(&api, Role::Customer).await;
        let path = format!("{}/payee", path(&customer));
        for role in Role::ALL {
            for instance in 0..2 {
                let answer = api.get(&path).on(instance).by(role).send().await.expect(200);
                assert_eq!(answer.json(), json!({ "id": customer["id"], "name": "A Tester" }), "{role}");
                assert_eq!(answer.header("cache-control"), "no-store");
                assert_eq!(answer.optional_header("etag"), None, "a version tells how often somebody was changed");
            }
        }
        api.get(&path).send().await.problem(401, "unauthorized");
        api.get(&path).by(Role::Admin).header("accept", "text/html").send().await.problem(406, "not-acceptable");
        api.post(&path).by(Role::Admin).json(&json!({})).send().await.problem(405, "method-not-allowed");
    });
}

#[test]
fn who_could_not_be_paid_is_like_nobody() {
    run(async {
        let api = start(1).await;
        let ask = async |id: String| {
            let answer = api.get(format!("/v1/users/{id}/payee")).by(Role::Customer).send().await;
            let answer = answer.problem(404, "not-found");
            // The path of the request is the client's own.
            answer.without_ids().replace(&id, "..")
        };
        let nobody = ask(UserId::new().to_string()).await;
        let inactive = api.add("inactive@example.com", &[Role::Customer], Standing::Dormant).await;
        let disabled = api.add("disabled@example.com", &[Role::Customer], Standing::Disabled).await;
        for user in [&inactive, &disabled] {
            assert_eq!(ask(user.id.to_string()).await, nobody);
        }
        let gone = api.add("gone@example.com", &[Role::Customer], Standing::Active).await;
        api.get(format!("/v1/users/{}/payee", gone.id)).by(Role::Customer).send().await.expect(200);
        users(&api).delete(gone.id, None).await.unwrap();
        assert_eq!(ask(gone.id.to_string()).await, nobody);
        for id in ["me", "1", "00000000-0000-0000-0000-000000000000", "a%2Fb"] {
            ask(id.to_owned()).await;
        }
    });
}
