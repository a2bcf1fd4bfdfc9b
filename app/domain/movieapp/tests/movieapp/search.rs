//! Films found by what people type.

use apitest::{Api, run};
use serde_json::json;
use types::Role;

const FILMS: [(&str, i32, Option<&str>); 8] = [
    ("The Godfather", 1972, Some("Francis Ford Coppola")),
    ("The Godfather: Part II", 1974, Some("Francis Ford Coppola")),
    ("Godzilla", 1998, Some("Roland Emmerich")),
    ("Amélie", 2001, Some("Jean-Pierre Jeunet")),
    ("Lost in Translation", 2003, Some("Sofia Coppola")),
    ("WALL-E", 2008, Some("Andrew Stanton")),
    ("1776", 1972, None),
    ("七人の侍", 1954, Some("黒澤 明")),
];

async fn catalogue() -> Api {
    let api = Api::start(1, movieapp::routes).await;
    for (title, year, director) in FILMS {
        let film =
            json!({"title": title, "year": year, "director": director, "price": {"amount": 1, "currency": "USD"}});
        api.post("/v1/movies").by(Role::Editor).json(&film).send().await.expect(201);
    }
    api
}

async fn titles(api: &Api, query: &str) -> Vec<String> {
    let list = api.get(format!("/v1/movies?{query}")).send().await.expect(200).json();
    list["items"].as_array().unwrap().iter().map(|film| film["title"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_best_match_comes_first() {
    run(async {
        let api = catalogue().await;
        for (query, expected) in [
            ("q=godfather", &["The Godfather", "The Godfather: Part II"][..]),
            ("q=GODFATHER%20ii", &["The Godfather: Part II"]),
            ("q=amelie", &["Amélie"]),
            ("q=AM%C3%89LIE", &["Amélie"]),
            ("q=wall-e", &["WALL-E"]),
            ("q=1776", &["1776"]),
            ("q=%E4%B8%83%E4%BA%BA%E3%81%AE%E4%BE%8D", &["七人の侍"]),
            ("q=coppola&sort=-year", &["Lost in Translation", "The Godfather: Part II", "The Godfather"]),
            ("q=coppola&year_to=1973", &["The Godfather"]),
            ("q=sofia%20coppola", &["Lost in Translation"]),
            ("q=nothing%20like%20it", &[]),
        ] {
            assert_eq!(titles(&api, query).await, expected, "{query}");
        }
    });
}

#[test]
fn typing_errors_are_forgiven() {
    run(async {
        let api = catalogue().await;
        for (query, first) in [
            ("q=godfahter", "The Godfather"),
            ("q=godfater", "The Godfather"),
            ("q=amelei", "Amélie"),
            ("q=translatoin", "Lost in Translation"),
            ("q=godzila", "Godzilla"),
        ] {
            assert_eq!(titles(&api, query).await.first().map(String::as_str), Some(first), "{query}");
        }
        let by_director = titles(&api, "q=copola").await;
        assert_eq!(by_director.len(), 3, "{by_director:?}");
    });
}
