//! Who may read audits, and what they read.

use apitest::{Api, run};
use changes::Action;
use insta::assert_json_snapshot;
use types::Role;
use uuid::Uuid;

use crate::changed::{TRACE_ID, ThingId, ada, change};

#[test]
fn an_audit_is_shown_in_one_form_that_nobody_keeps() {
    run(async {
        let api = Api::start(1, auditapp::routes).await;
        change(&api, ada(), ThingId::restore(Uuid::from_u128(9)), Action::UPDATED).await;
        let list = api.get("/v1/audits?entity=thing").by(Role::Admin).send().await.expect(200);
        assert_eq!(list.header("cache-control"), "no-store");
        let audit = &list.json()["items"][0];
        let path = format!("/v1/audits/{}", audit["id"].as_str().unwrap());
        let item = api.get(path).by(Role::Admin).send().await.expect(200);
        assert_eq!((item.json(), item.header("cache-control")), (audit.clone(), "no-store"));
        assert_json_snapshot!(item.shown());
    });
}

#[test]
fn admins_read_audits_and_nobody_else_and_nobody_changes_them() {
    run(async {
        let api = Api::start(1, auditapp::routes).await;
        let missing = format!("/v1/audits/{}", Uuid::now_v7());
        for (path, found) in [("/v1/audits", 200), (missing.as_str(), 404)] {
            api.get(path).by(Role::Admin).send().await.expect(found);
            for role in [Role::Editor, Role::Support, Role::Customer] {
                api.get(path).by(role).send().await.problem(403, "forbidden");
            }
            api.get(path).send().await.problem(401, "unauthorized");
            for method in ["POST", "PUT", "PATCH", "DELETE"] {
                let refused = api.request(method, path).by(Role::Admin).send().await;
                assert_eq!(refused.problem(405, "method-not-allowed").header("allow"), "GET, HEAD, OPTIONS");
            }
        }
    });
}

#[test]
fn a_problem_s_trace_leads_to_what_happened_under_it() {
    run(async {
        let api = Api::start(1, auditapp::routes).await;
        let id = ThingId::new();
        change(&api, ada(), id, Action::CREATED).await;
        change(&api, changes::Origin::system("jobs"), id, Action::DELETED).await;
        let path = format!("/v1/audits?trace_id={TRACE_ID}");
        let found = api.get(path).by(Role::Admin).send().await.expect(200).json();
        let items = found["items"].as_array().unwrap();
        assert_eq!((items.len(), &items[0]["action"]), (1, &"created".into()));
    });
}
