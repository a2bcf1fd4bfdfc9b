//! What the tables themselves refuse, and what older or stranger rows do to those who read them.

use mediabus::{ContentType, Kind, QueryFilter};
use paging::{OrderBy, Page};
use sqlx::Connection as _;

use crate::ground::{Ground, image, movie};

#[tokio::test]
async fn the_tables_keep_the_rules_by_themselves() {
    let ground = Ground::new().await;
    ground.add(&image(1000)).await;
    let mut conn = ground.database.connect().await;
    for (change, constraint) in [
        ("UPDATE media SET kind = 'surplus'", "media_kind_known"),
        ("UPDATE media SET content_type = ''", "media_content_type_length"),
        ("UPDATE media SET status = 'surplus'", "media_status_known"),
        ("UPDATE media SET status = 'arriving'", "media_arriving_leased"),
        ("UPDATE media SET size = NULL", "media_stored_known"),
        ("UPDATE media SET size = 0", "media_size_range"),
        ("UPDATE media SET sha256 = 'x'", "media_sha256_length"),
        ("UPDATE media SET movie_id = gen_random_uuid()", "media_movie_id_fkey"),
        ("DELETE FROM media", "media_copies_medium_id_fkey"),
        ("UPDATE media_copies SET status = 'surplus'", "media_copies_status_known"),
        ("UPDATE media_copies SET store = ''", "media_copies_store_length"),
        ("UPDATE media_copies SET parts = ''", "media_copies_parts_length"),
    ] {
        let error = sqlx::raw_sql(change).execute(&mut conn).await.unwrap_err();
        assert_eq!(error.as_database_error().unwrap().constraint(), Some(constraint), "{change}");
    }
    conn.close().await.unwrap();
}

/// One row of another release must not turn every list into a failure, nor make a browser guess.
#[tokio::test]
async fn what_this_release_does_not_know_is_read_all_the_same() {
    let ground = Ground::new().await;
    let medium = ground.add(&image(1000)).await;
    ground
        .database
        .execute(
            "ALTER TABLE media DROP CONSTRAINT media_kind_known;
             UPDATE media SET kind = 'soundtrack', content_type = 'audio/flac'",
        )
        .await;
    let read = ground.media.query_by_id(medium.id).await.unwrap();
    assert_eq!((read.kind, read.content_type), (Kind::Unknown, ContentType::Unknown));
    assert_eq!(read.content_type.as_str(), "application/octet-stream");
    let filter = QueryFilter { movie_id: movie(1), kind: None };
    let list = ground.media.query(&filter, OrderBy::new(mediabus::DEFAULT_ORDER), &Page::first(20)).await;
    assert_eq!(list.unwrap().items, [read]);
}
