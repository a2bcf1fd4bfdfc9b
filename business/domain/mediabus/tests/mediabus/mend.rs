//! What is not as it should be, mended.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use jobs::Runner;
use mediabus::Error;
use stores::{Address, Limits, Store, Stores};
use storetest::{Faulty, S3};
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::ground::{Ground, NAMES, image, png};

/// Runs the jobs of media until it is dropped.
fn jobs(ground: &Ground) -> JoinSet<()> {
    let mut jobs = JoinSet::new();
    jobs.spawn(ground.media.register(Runner::new(ground.database.db())).unwrap().run(CancellationToken::new()));
    jobs
}

#[tokio::test]
async fn a_copy_that_a_dead_store_lacks_is_made_when_it_lives_again() {
    let ground = Ground::new().await;
    ground.how[1].die();
    let content = image(3_000_000);
    let medium = ground.add(&content).await;
    ground.wait_for_copies(&["one stored", "three stored", "two missing"]).await;
    ground.how[1].live();
    let _jobs = jobs(&ground);
    ground.wait_for_copies(&["one stored", "three stored", "two stored"]).await;
    ground.how[0].die();
    ground.how[2].die();
    assert_eq!(ground.read(&medium).await.unwrap(), content, "the copy is whole");
}

#[tokio::test]
async fn a_copy_that_was_lost_is_noticed_by_who_reads_and_made_again() {
    let ground = Ground::new().await;
    let content = image(1000);
    let medium = ground.add(&content).await;
    ground.wait_for_copies(&["one stored", "three stored", "two stored"]).await;
    let key = stores::Key::new("media", medium.id.uuid());
    ground.stores.remove("one", key, None).await.unwrap();
    assert_eq!(ground.read(&medium).await.unwrap(), content);
    assert_eq!(ground.copies(), ["one missing", "three stored", "two stored"]);
    let _jobs = jobs(&ground);
    ground.wait_for_copies(&["one stored", "three stored", "two stored"]).await;
}

#[tokio::test]
async fn a_copy_whose_writer_died_and_one_of_a_store_that_is_new_are_made() {
    let ground = Ground::new().await;
    let arrived = ground.arrived(&image(1000)).await.unwrap();
    // As a process leaves it that is killed between its answer and the stores that were to finish behind.
    ground.how[1].take(Duration::from_secs(1));
    let medium = ground.media.create(&arrived).await.unwrap();
    drop(arrived);
    ground.database.execute("UPDATE media_copies SET status = 'writing' WHERE store = 'two'").await;
    ground.media.sweep().await.unwrap();
    assert!(ground.copies().contains(&"two writing".to_owned()), "it may still be at work");
    ground.database.execute("UPDATE media_copies SET updated_at = now() - interval '11 minutes'").await;
    let mut stores: Vec<Store> = vec![Store::new("new", Arc::new(Faulty::new(Arc::default())))];
    stores.extend(NAMES.map(|name| Store::new(name, Arc::new(Faulty::new(Arc::default())))));
    let at_once = NonZeroUsize::MIN;
    let limits = Limits { uploads: at_once, behind: at_once, patience: Duration::from_secs(5) };
    let with_another = ground.of(&Stores::new(stores, limits, Handle::current()));
    assert_eq!(with_another.survey().await.unwrap(), 1);
    ground.database.execute("UPDATE media_copies SET updated_at = now() - interval '16 minutes'").await;
    let swept = with_another.sweep().await.unwrap();
    assert!(swept.repairs >= 2, "{swept:?}");
    let jobs = ground.rows("SELECT payload->>'store' FROM jobs WHERE name = 'media.repair' ORDER BY 1");
    assert!(jobs.contains(&"new".to_owned()) && jobs.contains(&"two".to_owned()), "{jobs:?}");
    assert_eq!(with_another.sweep().await.unwrap().repairs, 0, "once is enough");
    assert_eq!(ground.read(&medium).await.unwrap(), image(1000));
}

#[tokio::test]
async fn a_store_that_still_writes_what_took_long_to_come_is_not_taken_for_dead() {
    let ground = Ground::new().await;
    ground.how[1].take(Duration::from_secs(2));
    let arrived = ground.arrived(&image(1000)).await.unwrap();
    ground.database.execute("UPDATE media_copies SET updated_at = now() - interval '11 minutes'").await;
    ground.media.create(&arrived).await.unwrap();
    ground.media.sweep().await.unwrap();
    assert!(ground.copies().contains(&"two writing".to_owned()), "{:?}", ground.copies());
    ground.media.settle(arrived);
    ground.wait_for_copies(&["one stored", "three stored", "two stored"]).await;
}

#[tokio::test]
async fn media_go_with_their_film_from_the_stores_as_well() {
    let ground = Ground::new().await;
    let medium = ground.add(&image(1000)).await;
    ground.wait_for_copies(&["one stored", "three stored", "two stored"]).await;
    ground.database.execute("DELETE FROM movies").await;
    assert!(matches!(ground.media.query_by_id(medium.id).await, Err(Error::NotFound)), "at once");
    ground.how[1].die();
    let told = ground.media.sweep().await.unwrap_err();
    assert!(matches!(&told, Error::Stores(stores::Error::Failed(_))), "{told:?}");
    assert_eq!(ground.copies(), ["two stored"], "the dead store is asked again");
    ground.how[1].live();
    assert_eq!(ground.media.sweep().await.unwrap().removed, 1);
    assert!(ground.rows("SELECT 1 FROM media").is_empty());
    let key = stores::Key::new("media", medium.id.uuid());
    let names = NAMES.map(str::to_owned);
    assert!(ground.stores.read(key, 0..1, &names).await.is_err(), "no store has it");
    let told = "SELECT action FROM events WHERE entity = 'medium' ORDER BY seq";
    assert_eq!(ground.rows(told), ["created", "deleted"]);
}

#[tokio::test]
async fn what_a_copy_left_of_a_medium_that_is_gone_is_removed() {
    let ground = Ground::new().await;
    ground.how[1].die();
    let medium = ground.add(&image(1000)).await;
    ground.wait_for_copies(&["one stored", "three stored", "two missing"]).await;
    ground.how[1].live();
    ground.database.execute("DELETE FROM movies").await;
    assert_eq!(ground.media.sweep().await.unwrap().removed, 1);
    // As a job leaves it that is killed when it has written it, and meets nothing when it is tried again.
    let key = stores::Key::new("media", medium.id.uuid());
    ground.spoil("two", key).await;
    let _jobs = jobs(&ground);
    let gone = async {
        while ground.stores.read(key, 0..1, &["two".to_owned()]).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_name_of_parts_is_noted_whoever_listens() {
    let (ground, server) = (Ground::new().await, S3::start());
    let address = Address::parse(&server.url("a")).unwrap();
    let patience = Duration::from_secs(10);
    let store = Store::open(&address, patience, &Handle::current()).unwrap();
    let limits = Limits { uploads: NonZeroUsize::MIN, behind: NonZeroUsize::MIN, patience };
    let media = ground.of(&Stores::new(vec![store], limits, Handle::current()));
    let mut upload = media.begin(png()).await.unwrap();
    upload.write(image(6 << 20)).await.unwrap();
    let arrived = upload.finish().await.unwrap();
    assert_eq!(ground.rows("SELECT 'noted' FROM media_copies WHERE parts IS NOT NULL"), ["noted"]);
    media.create(&arrived).await.unwrap();
    assert_eq!(ground.rows("SELECT 'noted' FROM media_copies WHERE parts IS NOT NULL"), [""; 0], "they are a file now");
}

#[tokio::test]
async fn a_dead_store_of_which_much_is_to_go_is_in_nobody_s_way() {
    let ground = Ground::new().await;
    ground.how[1].die();
    ground
        .database
        .execute(
            "WITH gone AS (
                INSERT INTO media (medium_id, movie_id, kind, content_type, status, created_at)
                SELECT gen_random_uuid(), NULL, 'poster', 'image/png', 'removing', now() FROM generate_series(1, 201)
                RETURNING medium_id
             )
             INSERT INTO media_copies (medium_id, store, status, updated_at)
             SELECT medium_id, store, 'stored', now() - age::interval
             FROM gone CROSS JOIN (VALUES ('two', '2 days'), ('one', '1 day')) AS copies (store, age)",
        )
        .await;
    for _ in 0..3 {
        // It fails where it has to.
        let _ = ground.media.sweep().await;
    }
    assert_eq!(ground.copies(), vec!["two stored"; 201]);
}

#[tokio::test]
async fn a_film_that_goes_while_a_slow_store_writes_leaves_nothing_there() {
    let ground = Ground::new().await;
    ground.how[1].take(Duration::from_secs(3));
    let medium = ground.add(&image(1000)).await;
    ground.database.execute("DELETE FROM movies").await;
    ground.how[1].take(Duration::ZERO);
    ground.media.sweep().await.unwrap();
    assert_eq!(ground.how[1].calls(), 1, "what is still being written cannot be removed");
    // It is written, and removed again.
    let settled = async {
        while ground.how[1].calls() < 3 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), settled).await.unwrap();
    let key = stores::Key::new("media", medium.id.uuid());
    let gone = async { while ground.stores.read(key, 0..1, &["two".to_owned()]).await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(5), gone).await.unwrap();
}

#[tokio::test]
async fn what_is_spoilt_is_never_copied_and_is_replaced() {
    let ground = Ground::new().await;
    ground.how[2].die();
    let content = image(1000);
    let medium = ground.add(&content).await;
    ground.wait_for_copies(&["one stored", "three missing", "two stored"]).await;
    // Another file under its name.
    let key = stores::Key::new("media", medium.id.uuid());
    ground.spoil("one", key).await;
    ground.how[2].live();
    let _jobs = jobs(&ground);
    ground.wait_for_copies(&["one stored", "three stored", "two stored"]).await;
    ground.how[1].die();
    for dead in [0, 2] {
        ground.how[dead].die();
        assert_eq!(ground.read(&medium).await.unwrap(), content, "without {}", NAMES[dead]);
        ground.how[dead].live();
    }
}
