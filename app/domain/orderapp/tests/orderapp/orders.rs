//! What only orders have.

use apitest::{Api, run};
use serde_json::{Value, json};
use types::Role;

use crate::resource::{FILMS, RESOURCE};

pub(crate) async fn started(instances: usize) -> Api {
    let mut api = Api::start(instances, crate::resource::routes).await;
    api.spoil(include_str!("../../../../../business/domain/moviebus/tests/ground.sql")).await;
    api.readers(RESOURCE.reader);
    api
}

pub(crate) fn of(film: &str, quantity: u32) -> Value {
    json!({"items": [{"movie_id": film, "quantity": quantity}]})
}

/// The stock of both films.
pub(crate) async fn stocks(api: &Api) -> [i32; 2] {
    let movies = moviebus::Business::new(api.db().clone());
    let stock =
        async |film: &str| movies.query_by_id(types::MovieId::parse(film).unwrap()).await.unwrap().stock.copies();
    [stock(FILMS[0]).await, stock(FILMS[1]).await]
}

#[test]
fn an_order_is_shown_in_one_form() {
    run(async {
        let api = started(1).await;
        let body = json!({"items": [
            {"movie_id": FILMS[1], "quantity": 3},
            {"movie_id": FILMS[0], "quantity": 2},
        ]});
        let created = api.post("/v1/orders").by(Role::Customer).json(&body).send().await.expect(201);
        let text = String::from_utf8(created.body().to_vec()).unwrap();
        let shown = created.json();
        let mut expected = json!({
            "status": "pending",
            "items": [
                {"movie_id": FILMS[1], "title": "The Second Ground", "quantity": 3,
                    "price": {"amount": 799, "currency": "USD"}},
                {"movie_id": FILMS[0], "title": "The First Ground", "quantity": 2,
                    "price": {"amount": 999, "currency": "USD"}},
            ],
            "total": {"amount": 3 * 799 + 2 * 999, "currency": "USD"},
            "version": 1,
        });
        for name in ["id", "owner_id", "created_at", "updated_at"] {
            expected[name] = shown[name].clone();
        }
        assert_eq!(shown, expected);
        let members = ["id", "owner_id", "status", "items", "total", "version", "created_at", "updated_at"];
        let places: Vec<_> = members.iter().map(|name| text.find(&format!("\"{name}\":")).unwrap()).collect();
        assert!(places.is_sorted(), "the order of the members: {text}");
        assert_eq!(stocks(&api).await, [5, 0]);
    });
}

#[test]
fn an_order_keeps_what_the_film_was_when_it_was_sold() {
    run(async {
        let api = started(1).await;
        let created = api.post("/v1/orders").by(Role::Customer).json(&of(FILMS[0], 1)).send().await.expect(201);
        api.spoil("UPDATE movies SET title = 'Renamed', price_amount = 1").await;
        let read = api.get(created.header("location")).send().await.expect(200);
        assert_eq!(read.json(), created.json());
        api.spoil("DELETE FROM movies").await;
        let read = api.get(created.header("location")).send().await.expect(200);
        assert_eq!(read.json(), created.json());
    });
}

#[test]
fn what_cannot_be_sold_takes_nothing() {
    run(async {
        let api = started(1).await;
        let nobodys = uuid::Uuid::now_v7().to_string();
        let both = |first: &str, second: &str, quantity: u32| json!({"items": [{"movie_id": first, "quantity": 1}, {"movie_id": second, "quantity": quantity}]});
        let order = |body: Value| api.post("/v1/orders").by(Role::Customer).json(&body).send();
        let refused = order(both(FILMS[0], FILMS[1], 4)).await.problem(409, "conflict").json();
        assert_eq!(refused["detail"], "not enough copies of The Second Ground are left: 3");
        let refused = order(both(FILMS[0], &nobodys, 1)).await.problem(409, "conflict").json();
        assert_eq!(refused["detail"], format!("there is no film {nobodys}"));
        api.spoil("UPDATE movies SET price_currency = 'EUR' WHERE title = 'The Second Ground'").await;
        order(both(FILMS[0], FILMS[1], 1)).await.problem(409, "conflict");
        order(both(FILMS[0], FILMS[0], 2)).await.invalid(&["#/items/1"]);
        assert_eq!(stocks(&api).await, [7, 3]);
        assert_eq!(api.get("/v1/orders?total=true").send().await.expect(200).json()["total"], 0);
    });
}

#[test]
fn a_cancelled_order_gives_its_copies_back_once() {
    run(async {
        let api = started(2).await;
        let created = api.post("/v1/orders").by(Role::Customer).json(&of(FILMS[0], 2)).send().await.expect(201);
        let path = created.header("location").to_owned();
        let cancel = || api.post(format!("{path}/cancellation")).by(Role::Customer);
        cancel().if_match("\"9\"").send().await.problem(412, "precondition-failed");
        assert_eq!(stocks(&api).await, [5, 3]);
        let cancelled = cancel().if_match(&created.etag()).send().await.expect(200);
        let mut expected = created.json();
        expected["status"] = json!("cancelled");
        expected["version"] = json!(2);
        expected["updated_at"] = cancelled.json()["updated_at"].clone();
        assert_eq!(cancelled.json(), expected);
        assert_eq!(api.get(&path).send().await.expect(200).json(), expected);
        let again = cancel().on(1).send().await.problem(409, "conflict").json();
        assert_eq!(again["detail"], "an order that is cancelled cannot be cancelled");
        assert_eq!(stocks(&api).await, [7, 3]);
    });
}

#[test]
fn an_order_that_is_paid_is_not_cancelled() {
    run(async {
        let api = started(1).await;
        for (status, change) in [
            ("paid", "UPDATE orders SET status = 'paid' WHERE status = 'pending'"),
            ("refunded", "UPDATE orders SET status = 'refunded' WHERE status = 'pending'"),
        ] {
            let created = api.post("/v1/orders").by(Role::Customer).json(&of(FILMS[0], 1)).send().await.expect(201);
            let id = created.json()["id"].as_str().unwrap().to_owned();
            api.spoil(change).await;
            let cancel = api.post(format!("/v1/orders/{id}/cancellation")).by(Role::Customer);
            let refused = cancel.send().await.problem(409, "conflict").json();
            assert_eq!(refused["detail"], format!("an order that is {status} cannot be cancelled"));
        }
        assert_eq!(stocks(&api).await, [5, 3]);
    });
}

#[test]
fn an_order_of_another_is_not_there_and_an_admin_cancels_it() {
    run(async {
        let api = started(1).await;
        let created = api.post("/v1/orders").by(Role::Customer).json(&of(FILMS[0], 1)).send().await.expect(201);
        let path = created.header("location").to_owned();
        let cancel = || api.post(format!("{path}/cancellation"));
        api.get(&path).by_second(Role::Customer).send().await.problem(404, "not-found");
        cancel().by_second(Role::Customer).send().await.problem(404, "not-found");
        cancel().by(Role::Support).send().await.problem(403, "forbidden");
        cancel().by(Role::Editor).send().await.problem(403, "forbidden");
        cancel().send().await.problem(401, "unauthorized");
        assert_eq!(api.get(&path).by(Role::Support).send().await.expect(200).json(), created.json());
        assert_eq!(cancel().by(Role::Admin).send().await.expect(200).json()["status"], "cancelled");
    });
}

#[test]
fn an_order_stays_when_the_account_goes() {
    run(async {
        let api = started(1).await;
        let created = api.post("/v1/orders").by(Role::Customer).json(&of(FILMS[0], 1)).send().await.expect(201);
        api.spoil("DELETE FROM users WHERE user_id IN (SELECT owner_id FROM orders)").await;
        let read = api.get(created.header("location")).by(Role::Support).send().await.expect(200);
        assert_eq!(read.json(), created.json());
    });
}
