//! Adding cinemas.

use cinemabus::places::PlaceId;
use cinemabus::{Error, QueryFilter};
use types::Version;

use crate::samples::{business, full, numbered};

#[tokio::test]
async fn a_new_cinema_is_read_back_as_it_was_answered() {
    let (_database, cinemas) = business().await;
    for new in [full(), numbered(1)] {
        let created = cinemas.create(new.clone()).await.unwrap();
        assert_eq!(created.version, Version::FIRST);
        assert_eq!(created.created_at, created.updated_at);
        assert_eq!(created.name, new.name);
        assert_eq!(created.address, new.address);
        assert_eq!(created.place, new.place);
        assert_eq!(created.latitude, new.latitude);
        assert_eq!(created.longitude, new.longitude);
        assert_eq!(created.screens, new.screens);
        assert_eq!(cinemas.query_by_id(created.id).await.unwrap(), created);
    }
}

#[tokio::test]
async fn a_cinema_is_in_a_place_that_there_is() {
    let (_database, cinemas) = business().await;
    let nowhere = PlaceId::parse(10).unwrap();
    let refused = cinemas.create(cinemabus::NewCinema { place: nowhere, ..full() }).await;
    assert!(matches!(refused, Err(Error::UnknownPlace)), "{refused:?}");
    let cinema = cinemas.create(full()).await.unwrap();
    let away = cinemabus::UpdateCinema { place: Some(nowhere), ..Default::default() };
    assert!(matches!(cinemas.update(&cinema, away).await, Err(Error::UnknownPlace)));
    assert_eq!(cinemas.query_by_id(cinema.id).await.unwrap(), cinema, "nothing changed");
}

#[tokio::test]
async fn text_of_any_script_and_the_longest_text_is_stored_as_it_is() {
    let (_database, cinemas) = business().await;
    let longest = cinemabus::Address::MAX;
    let texts = [
        "七".to_owned(),
        "\u{202e}".to_owned(),
        "'".to_owned(),
        // Letters that become several when their accents go, and letters of four bytes: the longest index entries.
        "㏙㎨㍱⒇".chars().cycle().take(longest).collect(),
        "\u{1F300}".repeat(longest),
    ];
    for text in texts {
        let parsed = cinemabus::Address::parse(&text).unwrap();
        let new = cinemabus::NewCinema { address: parsed, ..full() };
        let created = cinemas.create(new.clone()).await.unwrap();
        let read = cinemas.query_by_id(created.id).await.unwrap();
        assert_eq!(read.address, new.address);
    }
}

#[tokio::test]
async fn a_cinema_created_in_a_transaction_that_rolls_back_is_not_there() {
    let (database, cinemas) = business().await;
    let outcome: Result<(), Error> = database
        .db()
        .transact(async |tx| {
            let within = cinemas.with_tx(&tx);
            let created = within.create(full()).await?;
            assert_eq!(within.query_by_id(created.id).await?, created, "seen within the transaction");
            Err(Error::NotFound)
        })
        .await;
    assert!(matches!(outcome, Err(Error::NotFound)));
    assert_eq!(cinemas.count(&QueryFilter::default()).await.unwrap(), 0);
}
