//! What only films have.

use apitest::{Api, run};
use insta::assert_json_snapshot;
use serde_json::{Value, json};
use types::Role;

fn alien() -> Value {
    json!({
        "title": "Alien", "year": 1979, "runtime_minutes": 117, "genres": ["Horror", "Science Fiction"],
        "director": "Ridley Scott", "rating": "R", "price": {"amount": 999, "currency": "USD"}, "stock": 7,
    })
}

#[test]
fn a_film_is_shown_in_one_form() {
    run(async {
        let api = Api::start(1, movieapp::routes).await;
        let full = api.post("/v1/movies").by(Role::Editor).json(&alien()).send().await.expect(201);
        let text = String::from_utf8(full.body().to_vec()).unwrap();
        let members: Vec<_> =
            text.split('"').skip(1).step_by(2).filter(|name| text.contains(&format!("\"{name}\":"))).collect();
        assert_eq!(
            members,
            [
                "id",
                "title",
                "year",
                "runtime_minutes",
                "genres",
                "director",
                "rating",
                "price",
                "amount",
                "currency",
                "stock",
                "version",
                "created_at",
                "updated_at"
            ],
            "the order of the members"
        );
        let created_at = full.json()["created_at"].as_str().unwrap().to_owned();
        assert_eq!(created_at.len(), "2026-01-01T00:00:00.000000Z".len(), "RFC 3339, UTC, six digits: {created_at}");
        assert_json_snapshot!(full.shown());

        let least = json!({"title": "1776", "year": 1972, "price": {"amount": 0, "currency": "USD"}});
        let least = api.post("/v1/movies").by(Role::Admin).json(&least).send().await.expect(201);
        assert_json_snapshot!(least.shown());
    });
}

#[test]
fn a_refused_film_is_told_why_in_words_for_people() {
    run(async {
        let api = Api::start(1, movieapp::routes).await;
        let bad = json!({
            "title": "\n", "year": 1800, "runtime_minutes": "long", "genres": ["Drama", "DRAMA"], "director": "",
            "rating": "Open", "price": {"amount": -1, "currency": "usd", "vat": 19}, "stock": 1.5, "colour": true,
        });
        let refused = api.post("/v1/movies").by(Role::Editor).json(&bad).send().await.problem(422, "invalid");
        // The year's bound moves with the calendar.
        let next_year = types::now().format("%Y").to_string().parse::<i32>().unwrap() + 1;
        let text = refused.shown().to_string().replace(&next_year.to_string(), "[next year]");
        let problem: Value = serde_json::from_str(&text).unwrap();
        assert_json_snapshot!(problem);
    });
}

#[test]
fn the_catalogue_has_a_film_once() {
    run(async {
        let api = Api::start(2, movieapp::routes).await;
        api.post("/v1/movies").by(Role::Editor).json(&alien()).send().await.expect(201);
        let mut same = alien();
        same["title"] = json!("ALIÉN");
        same["director"] = json!("ridley scott");
        let refused = api.post("/v1/movies").on(1).by(Role::Editor).json(&same).send().await;
        assert_json_snapshot!(refused.problem(409, "conflict").shown());
        same["year"] = json!(2024);
        let other = api.post("/v1/movies").by(Role::Editor).json(&same).send().await.expect(201);
        let path = other.header("location").to_owned();
        let patch = api.patch(&path).by(Role::Editor).if_match(&other.etag()).merge(&json!({"year": 1979}));
        patch.send().await.problem(409, "conflict");
        assert_eq!(api.get(&path).send().await.expect(200).json(), other.json());
    });
}

#[test]
fn a_price_is_patched_member_by_member() {
    run(async {
        let api = Api::start(1, movieapp::routes).await;
        let film = api.post("/v1/movies").by(Role::Editor).json(&alien()).send().await.expect(201);
        let path = film.header("location").to_owned();
        let mut tag = film.etag();
        for (patch, price) in [
            (json!({"price": {"amount": 5}}), json!({"amount": 5, "currency": "USD"})),
            (json!({"price": {"currency": "EUR"}}), json!({"amount": 5, "currency": "EUR"})),
            (json!({"price": {}}), json!({"amount": 5, "currency": "EUR"})),
        ] {
            let answer = api.patch(&path).by(Role::Editor).if_match(&tag).merge(&patch).send().await.expect(200);
            assert_eq!(answer.json()["price"], price);
            tag = answer.etag();
        }
        for (patch, place) in [
            (json!({"price": {"amount": null}}), "#/price/amount"),
            (json!({"price": {"currency": null}}), "#/price/currency"),
            (json!({"price": null}), "#/price"),
            (json!({"price": {"surplus": 1}}), "#/price/surplus"),
        ] {
            api.patch(&path).by(Role::Editor).if_match(&tag).merge(&patch).send().await.invalid(&[place]);
        }
    });
}

/// Each of these was met in the program that this one follows.
#[test]
fn what_a_film_says_comes_back_and_nothing_of_what_lies_beneath_does() {
    run(async {
        let api = Api::start(1, movieapp::routes).await;
        let film = api.post("/v1/movies").by(Role::Editor).json(&alien()).send().await.expect(201);
        let path = film.header("location").to_owned();

        // A partial update that ignored a member, or panicked without one.
        for name in ["title", "year", "runtime_minutes", "genres", "director", "rating", "price", "stock"] {
            let now = api.get(&path).send().await.expect(200);
            let patch = json!({name: (resource_value(name))});
            let after = api.patch(&path).by(Role::Editor).if_match(&now.etag()).merge(&patch).send().await.expect(200);
            assert_eq!(after.json()[name], patch[name], "{name}");
        }

        // One bad stored row that turned every list into 500.
        spoil(&api).await;
        let list = api.get("/v1/movies").send().await.expect(200);
        assert_eq!(list.json()["items"][0]["year"], 9999);
        api.get(&path).send().await.expect(200);

        // Forbidden, missing and out of reach, all answered 401.
        api.delete(&path).by(Role::Customer).send().await.problem(403, "forbidden");
        api.get("/v1/movies/0190a6e0-7d1c-7c3e-8f4a-3b2a1c0d9e8f").send().await.problem(404, "not-found");
        api.delete(&path).send().await.problem(401, "unauthorized");
    });
}

fn resource_value(name: &str) -> Value {
    match name {
        "title" => json!("Aliens"),
        "year" => json!(1986),
        "runtime_minutes" => json!(137),
        "genres" => json!(["Action"]),
        "director" => json!("James Cameron"),
        "rating" => json!("PG-13"),
        "price" => json!({"amount": 1, "currency": "EUR"}),
        _ => json!(0),
    }
}

/// Stores a year that no rule takes today.
async fn spoil(api: &Api) {
    api.spoil("UPDATE movies SET year = 9999").await;
}
