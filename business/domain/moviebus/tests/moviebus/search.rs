//! What people type, and the films they mean: over the real films of the sample data.

use moviebus::{
    Business, Director, Genres, ImportKey, ImportMovie, NewMovie, QueryFilter, Rating, SEARCH_ORDER, Search, Title,
    Year,
};
use paging::{OrderBy, Page};

use crate::films::{bare, business, directed, titles};

async fn search(movies: &Business, typed: &str, limit: u32) -> Vec<String> {
    let filter = QueryFilter { search: Some(Search::parse(typed).unwrap()), ..QueryFilter::default() };
    let slice = movies.query(&filter, OrderBy::new(SEARCH_ORDER), &Page::first(limit)).await.unwrap();
    titles(&slice.items).into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn real_films_are_found_by_what_people_type() {
    let (_database, movies) = business().await;
    import_sample(&movies).await;
    for (typed, meant, within) in [
        // as it is written
        ("godfather", "The Godfather", 1),
        ("GODFATHER part ii", "The Godfather: Part II", 1),
        ("star wars", "Star Wars Ep. IV: A New Hope", 5),
        ("coppola godfather", "The Godfather", 1),
        ("kubrick", "The Shining", 10),
        ("1776", "1776", 1),
        ("wall-e", "WALL-E", 1),
        ("shaw red", "The Shawshank Redemption", 1),
        ("schindlers list", "Schindler's List", 1),
        ("Amélie", "Le Fabuleux destin d'AmÈlie Poulain", 1),
        ("amelie", "Le Fabuleux destin d'AmÈlie Poulain", 1),
        // with errors
        ("godfahter", "The Godfather", 1),
        ("copola", "The Conversation", 5),
        ("shawshenk", "The Shawshank Redemption", 1),
        ("matrx", "The Matrix", 1),
        ("matirx", "The Matrix", 5),
        ("spielburg", "Schindler's List", 5),
        ("terminater", "The Terminator", 1),
        ("incpetion", "Inception", 1),
        ("pulp ficton", "Pulp Fiction", 1),
        ("lrd of the rings", "The Lord of the Rings: The Two Towers", 3),
        ("coppola godfahter", "The Godfather", 1),
        ("harry poter", "Harry Potter and the Goblet of Fire", 10),
    ] {
        let found = search(&movies, typed, within).await;
        assert!(found.iter().any(|title| title == meant), "{typed:?} found {found:?}");
    }
}

#[tokio::test]
async fn what_resembles_nothing_finds_nothing_and_nothing_breaks_a_search() {
    let (_database, movies) = business().await;
    movies.create(directed("Alien", 1979, "Ridley Scott")).await.unwrap();
    for typed in ["zzzzqqqq", "!!!", "&|!():*<->", "'", "\\", "' OR 1=1 --", "%", "_", ":*", "七人", "\u{301}"] {
        assert_eq!(search(&movies, typed, 10).await, Vec::<String>::new(), "{typed:?}");
    }
    for typed in ["alien!", "'alien'", "alien:*", "ali", "alien & ridley", &"alien ".repeat(30)] {
        assert_eq!(search(&movies, typed, 10).await, ["Alien"], "{typed:?}");
    }
}

#[tokio::test]
async fn films_that_resemble_a_word_are_shown_only_when_none_has_it() {
    let (_database, movies) = business().await;
    for text in ["Alien", "Aliens", "Alias"] {
        movies.create(bare(text, 1990)).await.unwrap();
    }
    assert_eq!(search(&movies, "alien", 10).await, ["Alien", "Aliens"]);
    assert_eq!(search(&movies, "aliens", 10).await, ["Aliens"]);
    assert_eq!(search(&movies, "aliemz", 10).await.first().map(String::as_str), Some("Alien"));
}

#[tokio::test]
async fn a_search_beside_other_filters_is_done_once_and_not_for_each_row_they_leave() {
    let (_database, movies) = business().await;
    import_sample(&movies).await;
    // One search takes milliseconds. Done for each of thousands of rows, it would be past the deadline of any request.
    let filter = QueryFilter {
        search: Some(Search::parse("6\u{d3ff}ale t\u{b5}t0uyehu*yi").unwrap()),
        year_from: Some(1972),
        year_to: Some(3148),
        rating: Some(Rating::Pg),
        ..QueryFilter::default()
    };
    let slice = movies.query(&filter, OrderBy::new(SEARCH_ORDER), &Page::first(20)).await.unwrap();
    assert_eq!(titles(&slice.items), Vec::<&str>::new());
}

async fn import_sample(movies: &Business) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../zarf/data/movies.json");
    let rows: Vec<serde_json::Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    // Some titles are numbers; one is missing.
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let batch: Vec<_> = rows
        .iter()
        .enumerate()
        .filter(|(_, row)| !row["Title"].is_null())
        .map(|(line, row)| ImportMovie {
            key: ImportKey::parse(&line.to_string()).unwrap(),
            new: NewMovie {
                title: Title::parse(&text(&row["Title"])).unwrap(),
                year: Year::restore(text(&row["Release Date"]).rsplit(' ').next().unwrap().parse().unwrap()),
                director: row["Director"].as_str().map(|name| Director::parse(name).unwrap()),
                genres: Genres::default(),
                rating: row["MPAA Rating"].as_str().and_then(Rating::restore),
                ..bare("-", 2000)
            },
        })
        .collect();
    let outcome = movies.import(&batch).await.unwrap();
    assert_eq!(outcome.len(), 3200);
}
