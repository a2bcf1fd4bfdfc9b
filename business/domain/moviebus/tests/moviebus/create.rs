//! Adding films.

use moviebus::{Error, NewMovie};
use types::Version;

use crate::films::{alien, bare, business, directed, title};

#[tokio::test]
async fn a_new_film_is_read_back_as_it_was_answered() {
    let (_database, movies) = business().await;
    for new in [alien(), bare("2001", 1968)] {
        let created = movies.create(new.clone()).await.unwrap();
        assert_eq!(created.version, Version::FIRST);
        assert_eq!(created.created_at, created.updated_at);
        assert_eq!(created.title, new.title);
        assert_eq!(movies.query_by_id(created.id).await.unwrap(), created);
    }
}

#[tokio::test]
async fn a_film_is_there_once() {
    let (_database, movies) = business().await;
    movies.create(directed("Amélie", 2001, "Jean-Pierre Jeunet")).await.unwrap();
    for same in [directed("Amélie", 2001, "Jean-Pierre Jeunet"), directed("AMELIE", 2001, "jean-pierre jeunet")] {
        assert!(matches!(movies.create(same).await, Err(Error::DuplicateTitle)));
    }
    movies.create(directed("Amélie", 2024, "Jean-Pierre Jeunet")).await.expect("made again");
    movies.create(directed("Amélie", 2001, "Someone Else")).await.expect("another director's");
    movies.create(bare("Amélie", 2001)).await.expect("a director who is not known");
    assert!(matches!(movies.create(bare("Amélie", 2001)).await, Err(Error::DuplicateTitle)));
}

#[tokio::test]
async fn text_of_any_script_and_the_longest_text_is_stored_as_it_is() {
    let (_database, movies) = business().await;
    let texts = [
        "七人の侍".to_owned(),
        "Сталкер".to_owned(),
        "'; DROP TABLE movies; --".to_owned(),
        "<script>alert(1)</script>".to_owned(),
        "\u{202e}gnikcart".to_owned(),
        // Letters that become several when their accents go, and letters of four bytes: the longest index entries.
        "㏙㎨㍱⒇".chars().cycle().take(500).collect(),
        (0..500).filter_map(|n| char::from_u32(0x1F300 + n * 7)).collect(),
    ];
    for text in texts {
        let new = NewMovie { title: title(&text), ..alien() };
        let created = movies.create(new).await.unwrap();
        assert_eq!(movies.query_by_id(created.id).await.unwrap().title.as_str(), text);
    }
}

#[tokio::test]
async fn a_film_created_in_a_transaction_that_rolls_back_is_not_there() {
    let (database, movies) = business().await;
    let outcome: Result<(), Error> = database
        .db()
        .transact(async |tx| {
            let within = movies.with_tx(&tx);
            let created = within.create(alien()).await?;
            assert_eq!(within.query_by_id(created.id).await?, created, "seen within the transaction");
            Err(Error::NotFound)
        })
        .await;
    assert!(matches!(outcome, Err(Error::NotFound)));
    assert_eq!(movies.count(&moviebus::QueryFilter::default()).await.unwrap(), 0);
}
