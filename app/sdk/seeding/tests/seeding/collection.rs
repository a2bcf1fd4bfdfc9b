//! The real films, row by row.

use std::collections::BTreeMap;

use moviebus::{ImportMovie, Rating};
use seeding::{COLLECTION, COLLECTION_ENDS, Members, Refusal, Rows, film};
use serde_json::json;

fn members(value: serde_json::Value) -> Members {
    serde_json::from_value(value).unwrap()
}

fn read(value: serde_json::Value) -> Result<ImportMovie, Refusal> {
    film(&members(value), COLLECTION_ENDS)
}

/// The rows of the file that are films, and the others with their lines.
fn collection() -> (Vec<ImportMovie>, Vec<(u64, Refusal)>) {
    let (mut films, mut refused) = (Vec::new(), Vec::new());
    for row in Rows::new(COLLECTION) {
        let row = row.unwrap();
        match film(&row.members.unwrap(), COLLECTION_ENDS) {
            Ok(film) => films.push(film),
            Err(refusal) => refused.push((row.line, refusal)),
        }
    }
    (films, refused)
}

#[test]
fn of_3201_rows_3178_are_films_and_each_other_one_says_why_not() {
    let (films, refused) = collection();
    assert_eq!((films.len(), refused.len()), (3178, 23));
    let lines: Vec<String> = refused
        .iter()
        .map(|(line, refusal)| {
            let title = refusal.title.as_deref().unwrap_or("-");
            let reasons: Vec<_> =
                refusal.reasons.iter().map(|reason| format!("{}: {}", reason.member, reason.detail)).collect();
            format!("{line:>4} {title}: {}", reasons.join("; "))
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn what_the_collection_says_is_kept_and_what_it_does_not_say_is_not_made_up() {
    let (films, _) = collection();
    let found = |title: &str| &films.iter().find(|film| film.new.title.as_str() == title).unwrap().new;
    let godfather = found("The Godfather");
    assert_eq!(godfather.year.number(), 1972);
    assert_eq!(godfather.director.as_ref().unwrap().as_str(), "Francis Ford Coppola");
    assert_eq!(found("The Land Girls").rating, Some(Rating::R));
    assert!(godfather.rating.is_none());
    assert!(found("The Land Girls").director.is_none());
    assert!(found("The Land Girls").runtime.is_none());
    assert_eq!(found("1776").year.number(), 1972, "a title that is a number is a title");
    let count = |is: fn(&ImportMovie) -> bool| films.iter().filter(|film| is(film)).count();
    assert_eq!(count(|film| film.new.runtime.is_some()), 1205);
    assert_eq!(count(|film| film.new.director.is_some()), 1864);
    assert_eq!(count(|film| film.new.rating.is_some()), 2498);
    assert_eq!(count(|film| film.new.genres.iter().count() > 0), 2911);
    assert_eq!(count(|film| film.new.genres.iter().count() > 1), 243, "thrillers with suspense, and concerts");
}

#[test]
fn no_two_rows_of_the_collection_have_the_same_key() {
    let (films, _) = collection();
    let mut lines: BTreeMap<&str, usize> = BTreeMap::new();
    for film in &films {
        *lines.entry(film.key.as_str()).or_default() += 1;
    }
    assert!(lines.values().all(|count| *count == 1));
}

#[test]
fn every_reason_is_told_at_once() {
    let refusal = read(json!({
        "Title": "  ", "Release Date": "someday", "Running Time min": 0, "Major Genre": 7, "Director": "a\u{0}b",
        "MPAA Rating": "X",
    }));
    let members: Vec<_> = refusal.unwrap_err().reasons.iter().map(|reason| reason.member).collect();
    assert_eq!(members, ["Title", "Release Date", "Running Time min", "Major Genre", "Director", "MPAA Rating"]);
}

#[test]
fn a_year_after_the_end_of_the_collection_is_refused_unless_the_end_is_moved() {
    let row = || json!({ "Title": "A Film of Today", "Release Date": "Jan 01 2020" });
    let refusal = read(row()).unwrap_err();
    assert_eq!(refusal.reasons[0].detail, "the year 2020 is after 2011, the last one of the collection");
    assert_eq!(film(&members(row()), 2020).unwrap().new.year.number(), 2020);
    let far = film(&members(json!({ "Title": "A Film", "Release Date": "Jan 01 2999" })), 3000);
    assert!(far.unwrap_err().reasons[0].detail.starts_with("must be 1888 to "), "the rule of the catalogue stands");
}
