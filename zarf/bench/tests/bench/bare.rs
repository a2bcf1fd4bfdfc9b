//! The bare handler, as the process that is measured.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use bench::sql;
use dbtest::Database;
use serde_json::{Value, json};

/// The process, killed with this value.
struct Bare(Child);

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn it_answers_what_the_service_is_asked() {
    let database = Database::new().await;
    database
        .execute(
            "INSERT INTO movies (movie_id, title, year, genres, price_amount, price_currency, stock, version, created_at, \
             updated_at) SELECT gen_random_uuid(), 'The Godfather ' || part, 1972, '{Crime}', 990, 'USD', 5, 1, now(), \
             now() FROM generate_series(1, 30) AS part",
        )
        .await;
    let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let mut command = Command::new(env!("CARGO_BIN_EXE_bare"));
    let _bare = Bare(command.args(["--url", database.url(), "--port", &port.to_string()]).spawn().unwrap());
    let (client, films) = (reqwest::Client::new(), format!("http://127.0.0.1:{port}/v1/movies"));
    let began = Instant::now();
    while client.get(&films).send().await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(20), "it does not serve");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for list in [films.clone(), format!("{films}?q=godfather")] {
        let answer = client.get(&list).send().await.unwrap().error_for_status().unwrap();
        let page: Vec<Value> = answer.json().await.unwrap();
        assert_eq!(page.len(), sql::PAGE as usize, "{list}: the page, without the row that follows it");
    }
    let film = json!({"title": "Alien", "year": 1979, "runtime_minutes": 117, "genres": ["Horror"], "director": null,
        "rating": "R", "price": {"amount": 990, "currency": "USD"}, "stock": 5});
    let created = client.post(&films).json(&film).send().await.unwrap();
    assert_eq!(created.status(), 201);
    let created: Value = created.json().await.unwrap();
    let id = created["movie_id"].as_str().unwrap();
    let kept = client.get(format!("{films}/{id}")).send().await.unwrap().error_for_status().unwrap();
    let kept: Value = kept.json().await.unwrap();
    assert_eq!((&kept["title"], &kept["version"]), (&json!("Alien"), &json!(1)));
}
