//! Who may see sales, and what they see.

use apitest::{Api, run};
use insta::assert_json_snapshot;
use types::Role;

use crate::sold::{FILMS, buyer, order};

/// An order of somebody, and one of somebody who has no account any more.
async fn sold() -> Api {
    let api = Api::start(1, saleapp::routes).await;
    api.spoil(FILMS).await;
    order(&api, types::UserId::new(), &[(3, 2)]).await;
    let buyer = buyer(&api).await;
    order(&api, buyer, &[(1, 3), (2, 1)]).await;
    api
}

#[test]
fn a_sale_is_shown_in_one_form_that_nobody_keeps() {
    run(async {
        let api = sold().await;
        let list = api.get("/v1/sales").by(Role::Support).send().await.expect(200);
        assert_eq!((list.header("cache-control"), list.header("vary")), ("no-store", "accept"));
        assert_json_snapshot!(list.shown());
    });
}

#[test]
fn totals_are_of_what_is_paid_unless_something_else_is_asked_for() {
    run(async {
        let api = sold().await;
        let totals = async |query: &str| {
            let answer = api.get(format!("/v1/sales/totals?{query}")).by(Role::Support).send().await.expect(200);
            assert_eq!(answer.header("cache-control"), "no-store");
            answer
        };
        assert_eq!(totals("by=film").await.json()["items"], serde_json::json!([]));
        assert_json_snapshot!(totals("by=film&status=pending").await.shown());
        api.spoil("UPDATE orders SET status = 'paid', created_at = '2026-02-28T23:59:59.999999Z'").await;
        assert_json_snapshot!(totals("by=month").await.shown());
        api.spoil("UPDATE orders SET status = 'refunded'").await;
        assert_eq!(totals("by=month").await.json()["items"], serde_json::json!([]));
    });
}

#[test]
fn what_totals_are_of_has_to_be_said() {
    run(async {
        let api = Api::start(1, saleapp::routes).await;
        let ask = async |query: &str| api.get(format!("/v1/sales/totals{query}")).by(Role::Admin).send().await;
        ask("").await.invalid(&["?by"]);
        ask("?by=year").await.invalid(&["?by"]);
        ask("?by=month&sort=-month,amount").await.expect(200);
    });
}

#[test]
fn admins_and_support_see_sales_and_nobody_else_and_nobody_changes_them() {
    run(async {
        let api = Api::start(1, saleapp::routes).await;
        for path in ["/v1/sales", "/v1/sales/totals?by=film"] {
            for accept in ["application/json", "*/*"] {
                for role in [Role::Admin, Role::Support] {
                    api.get(path).by(role).header("accept", accept).send().await.expect(200);
                }
            }
            for role in [Role::Editor, Role::Customer] {
                api.get(path).by(role).header("accept", "text/csv").send().await.problem(403, "forbidden");
            }
            api.get(path).send().await.problem(401, "unauthorized");
            for method in ["POST", "PUT", "PATCH", "DELETE"] {
                let refused = api.request(method, path).by(Role::Admin).send().await;
                assert_eq!(refused.problem(405, "method-not-allowed").header("allow"), "GET, HEAD, OPTIONS");
            }
        }
    });
}
