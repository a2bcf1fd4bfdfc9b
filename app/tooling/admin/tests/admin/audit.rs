//! `admin audit`, and what the commands themselves leave.

use changes::{Actor, Origin, Traceparent, within};
use dbtest::Database;
use moviebus::{Business, Genres, NewMovie, Price, Stock, Title, UpdateMovie, Year};
use serde_json::{Value, json};
use types::{Currency, Money, UserId};

use crate::run::{Ran, admin_on, run, run_with};

const TRACE_ID: &str = "0af7651916cd43dd8448eb211c80319c";

fn audit(database: &Database, arguments: &[&str]) -> Ran {
    run(admin_on(database, &[&["audit"], arguments].concat()))
}

/// A film that came, was changed by a user at their browser, and went.
async fn story() -> (Database, UserId, String) {
    let database = Database::new().await;
    let movies = Business::new(database.db());
    let user_id = UserId::new();
    let new = NewMovie {
        title: Title::parse("Alien").unwrap(),
        year: Year::parse(1979).unwrap(),
        runtime: None,
        genres: Genres::default(),
        director: None,
        rating: None,
        price: Price::parse(Money { amount: 999, currency: Currency::USD }).unwrap(),
        stock: Stock::parse(7).unwrap(),
    };
    let movie = movies.create(new).await.unwrap();
    let origin = Origin {
        actor: Actor::User(user_id),
        address: Some([192, 0, 2, 1].into()),
        traceparent: Traceparent::parse(&format!("00-{TRACE_ID}-b7ad6b7169203331-01")),
    };
    let update = UpdateMovie { stock: Some(Stock::parse(6).unwrap()), ..UpdateMovie::default() };
    let movie = within(origin, movies.update(&movie, update)).await.unwrap();
    within(Origin::system("jobs"), movies.delete(movie.id, None)).await.unwrap();
    (database, user_id, movie.id.to_string())
}

fn actions(ran: &Ran) -> Vec<String> {
    ran.json().as_array().unwrap().iter().map(|audit| audit["action"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_listed_the_newest_first_as_the_api_shows_them() {
    let (database, user_id, movie_id) = story().await;
    let ran = audit(&database, &["--json"]).ended(0);
    assert_eq!(actions(&ran), ["deleted", "updated", "created"]);
    let mut updated = ran.json()[1].clone();
    assert!(updated["id"].take().is_string() && updated["occurred_at"].take().is_string());
    let expected = json!({
        "id": null, "occurred_at": null,
        "actor": { "kind": "user", "id": user_id.to_string(), "name": null },
        "entity": "movie", "entity_id": movie_id, "action": "updated", "version": 2,
        "difference": { "stock": { "before": 7, "after": 6 } },
        "trace_id": TRACE_ID, "address": "192.0.2.1",
    });
    assert_eq!(updated, expected);

    let table = audit(&database, &[]).ended(0).out;
    let line = table.lines().nth(2).unwrap();
    let said = format!("user {user_id}  192.0.2.1  {TRACE_ID}  updated  movie {movie_id}  stock 7 -> 6");
    assert!(line.ends_with(&said), "{table}");
    let short = audit(&database, &["--limit", "2"]).ended(0);
    assert!(short.err.contains("there are more than 2"), "{}", short.err);
    assert_eq!(short.out.lines().count(), 3, "{}", short.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_flag_selects_what_it_says() {
    let (database, user_id, movie_id) = story().await;
    let user_id = user_id.to_string();
    for (arguments, expected) in [
        (vec!["--entity", "movie"], &["deleted", "updated", "created"][..]),
        (vec!["--entity", "cinema"], &[]),
        (vec!["--entity-id", &movie_id], &["deleted", "updated", "created"]),
        (vec!["--entity-id", &user_id], &[]),
        (vec!["--action", "created"], &["created"]),
        (vec!["--actor", "system"], &["deleted", "created"]),
        (vec!["--actor-id", &user_id], &["updated"]),
        (vec!["--trace-id", TRACE_ID], &["updated"]),
        (vec!["--address", "::ffff:192.0.2.1"], &["updated"]),
        (vec!["--from", "1h"], &["deleted", "updated", "created"]),
        (vec!["--to", "1h"], &[]),
        (vec!["--from", "2000-01-01T00:00:00Z", "--to", "2001-01-01T00:00:00Z"], &[]),
        (vec!["--entity", "movie", "--actor", "user", "--limit", "1"], &["updated"]),
    ] {
        let ran = audit(&database, &[arguments.as_slice(), &["--json"]].concat()).ended(0);
        assert_eq!(actions(&ran), expected, "{arguments:?}");
    }
    assert_eq!(audit(&database, &["--action", "rebuilt"]).ended(0).out, "no changes\n");
    for wrong in [["--entity", "Movie"], ["--entity-id", "7"], ["--actor", "robot"], ["--from", "yesterday"]] {
        audit(&database, &wrong).ended(2);
    }
    audit(&database, &["--actor-id", "nobody@example.com"]).ended(3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_command_changes_was_changed_by_the_person_who_ran_it() {
    let database = Database::new().await;
    let create = ["users", "create", "--name", "Ada", "--email", "ada@example.com", "--password-stdin"];
    run_with(admin_on(&database, &create), "canary-correct-horse\n").ended(0);
    run(admin_on(&database, &["users", "grant", "ada@example.com", "editor"])).ended(0);
    let ran = audit(&database, &["--json", "--actor", "operator"]).ended(0);
    let audits = ran.json();
    let audits = audits.as_array().unwrap();
    assert!(audits.len() >= 2, "{}", ran.out);
    let name = uzers::get_current_username().unwrap().into_string().unwrap();
    for audit in audits {
        let told = audit["actor"]["name"].as_str().unwrap();
        assert!(told == name || told.ends_with(&format!("(as {name})")), "{audit}");
        assert_eq!((&audit["actor"]["id"], &audit["address"]), (&Value::Null, &Value::Null));
    }
    assert!(!ran.out.contains("canary"), "{}", ran.out);
    assert_eq!(audit(&database, &["--json", "--entity", "user"]).ended(0).json(), ran.json());
}
