//! Media that come in.

use std::time::Duration;

use mediabus::{ContentType, Error, Kind, NewMedium};
use types::MovieId;

use crate::ground::{Ground, image, movie, png};

#[tokio::test]
async fn a_medium_is_seen_once_it_is_added_and_read_as_it_came() {
    let ground = Ground::new().await;
    for size in [8, 64, 65, 300_000, 3_000_000] {
        let content = image(size);
        let arrived = ground.arrived(&content).await.unwrap();
        assert!(matches!(ground.media.query_by_id(arrived.id()).await, Err(Error::NotFound)), "nobody sees it yet");
        let medium = ground.media.create(&arrived).await.unwrap();
        assert_eq!(ground.media.query_by_id(medium.id).await.unwrap(), medium);
        assert_eq!((medium.size, medium.kind, medium.content_type), (size as u64, Kind::Poster, ContentType::Png));
        assert_eq!(medium.movie_id, movie(1));
        assert_eq!(ground.read(&medium).await.unwrap(), content);
        ground.media.settle(arrived);
    }
    let told = "SELECT action || ' ' || (data->'fields'->>'sha256') FROM events WHERE entity = 'medium'";
    let hashes = "SELECT 'created ' || encode(sha256, 'hex') FROM media ORDER BY medium_id";
    let (mut told, mut hashes) = (ground.rows(told), ground.rows(hashes));
    told.sort_unstable();
    hashes.sort_unstable();
    assert_eq!((told.len(), &told), (5, &hashes));
}

#[tokio::test]
async fn the_stores_that_are_slower_finish_behind_and_a_dead_one_has_a_job() {
    let ground = Ground::new().await;
    ground.how[0].take(Duration::from_millis(300));
    ground.how[1].die();
    ground.add(&image(1000)).await;
    ground.wait_for_copies(&["one stored", "three stored", "two missing"]).await;
    let jobs = "SELECT name || ' ' || (payload->>'store') FROM jobs";
    assert_eq!(ground.rows(jobs), ["media.repair two"]);
}

#[tokio::test]
async fn a_film_that_is_not_there_has_no_media() {
    let ground = Ground::new().await;
    let nowhere = NewMedium { movie_id: MovieId::new(), ..png() };
    assert!(matches!(ground.media.begin(nowhere).await, Err(Error::UnknownMovie)));
    // Its film goes while it comes.
    let arrived = ground.arrived(&image(100)).await.unwrap();
    ground.database.execute("DELETE FROM movies").await;
    assert!(matches!(ground.media.create(&arrived).await, Err(Error::UnknownMovie)));
    assert_eq!(ground.rows("SELECT status FROM media"), ["arriving"]);
    assert!(ground.rows("SELECT 1 FROM events WHERE entity = 'medium'").is_empty());
}

#[tokio::test]
async fn what_is_not_what_it_is_said_to_be_is_refused_and_forgotten() {
    let ground = Ground::new().await;
    let mut upload = ground.media.begin(NewMedium { content_type: ContentType::Mp4, ..png() }).await.unwrap();
    // Too few to tell: the end of it tells.
    upload.write(image(20)).await.unwrap();
    assert!(matches!(upload.finish().await, Err(Error::Misnamed(ContentType::Mp4))));
    let mut upload = ground.media.begin(NewMedium { content_type: ContentType::Webm, ..png() }).await.unwrap();
    assert!(matches!(upload.write(image(100)).await, Err(Error::Misnamed(ContentType::Webm))));
    upload.abandon().await;
    assert!(matches!(ground.arrived(&image(0)).await, Err(Error::Misnamed(_))), "nothing is no image");
    ground.media.sweep().await.unwrap();
    assert!(ground.rows("SELECT 1 FROM media").is_empty());
}

#[tokio::test]
async fn dead_stores_fail_an_upload_that_leaves_nothing() {
    let ground = Ground::new().await;
    ground.how.iter().for_each(|how| how.die());
    assert!(matches!(ground.arrived(&image(1000)).await, Err(Error::Stores(stores::Error::AllFailed(_)))));
    assert_eq!(ground.rows("SELECT status FROM media"), ["removing"]);
    assert!(matches!(ground.media.sweep().await, Err(Error::Stores(_))));
    assert_eq!(ground.rows("SELECT status FROM media"), ["removing"], "the stores cannot be asked");
    ground.how.iter().for_each(|how| how.live());
    ground.media.sweep().await.unwrap();
    assert!(ground.rows("SELECT 1 FROM media").is_empty());
}

#[tokio::test]
async fn a_database_that_is_away_for_a_moment_does_not_end_an_upload() {
    let ground = Ground::new().await;
    let mut upload = ground.media.begin(png()).await.unwrap();
    upload.write(image(1000)).await.unwrap();
    ground.database.execute("ALTER TABLE media RENAME TO away").await;
    let arrived = upload.finish().await.unwrap();
    ground.database.execute("ALTER TABLE away RENAME TO media").await;
    let medium = ground.media.create(&arrived).await.unwrap();
    assert_eq!(ground.read(&medium).await.unwrap(), image(1000));
}

#[tokio::test]
async fn an_upload_that_was_taken_for_dead_is_never_seen() {
    let ground = Ground::new().await;
    let arrived = ground.arrived(&image(1000)).await.unwrap();
    ground.database.execute("UPDATE media SET leased_until = now() - interval '1 second'").await;
    ground.media.sweep().await.unwrap();
    assert!(matches!(ground.media.create(&arrived).await, Err(Error::Lapsed)));
    assert!(ground.rows("SELECT 1 FROM media").is_empty());
}
