//! Files written to all stores at once.

use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use proptest::prelude::*;
use stores::{Error, LENIENCE, Limits, Outcome, WINDOW};

use crate::ground::{Ground, PATIENCE, at_once, bytes, key, outcomes};

#[tokio::test]
async fn a_file_is_in_every_store_whatever_its_size() {
    let ground = Ground::new();
    for size in [1, 1000, 256 << 10, (256 << 10) + 1, 1 << 20, (1 << 20) + 1, 3_000_000] {
        let (key, content) = (key(), bytes(size));
        let mut upload = ground.stores.upload(key).unwrap();
        for piece in content.chunks(70_001) {
            upload.write(content.slice_ref(piece)).await.unwrap();
        }
        let finished = upload.finish().await.unwrap();
        assert_eq!(finished.size, size as u64);
        assert_eq!(finished.sha256, digest(&SHA256, &content).as_ref());
        let became = outcomes(finished.done, finished.rest).await;
        assert_eq!(became, [Outcome::Stored, Outcome::Stored, Outcome::Stored], "{size}");
        for name in crate::ground::NAMES {
            assert_eq!(ground.get(key, 0..size as u64, &[name]).await.unwrap(), content, "{size} in {name}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn what_is_stored_does_not_depend_on_how_it_came(sizes in proptest::collection::vec(1_usize..600_000, 1..8)) {
        let content = bytes(sizes.iter().sum());
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let (ground, key) = (Ground::new(), key());
            let mut upload = ground.stores.upload(key).unwrap();
            let mut left = content.clone();
            for size in sizes {
                upload.write(left.split_to(size)).await.unwrap();
            }
            let finished = upload.finish().await.unwrap();
            outcomes(finished.done, finished.rest).await;
            assert_eq!(ground.get(key, 0..content.len() as u64, &["two"]).await.unwrap(), content);
        });
    }
}

#[tokio::test]
async fn with_one_store_slow_and_one_dead_the_fastest_one_s_time_counts_and_the_slow_one_finishes_behind() {
    let ground = Ground::with(Limits { uploads: at_once(4), behind: at_once(4), patience: Duration::from_secs(10) });
    for size in [100_000, 5_000_000] {
        let content = bytes(size);
        ground.how[1].live();
        ground.how[2].take(Duration::ZERO);
        // What it takes here when all goes well.
        let begun = Instant::now();
        ground.put(key(), &content).await;
        let well = begun.elapsed();

        ground.how[1].die();
        ground.how[2].take(Duration::from_millis(5000));
        let (before, begun) = (ground.files().await, Instant::now());
        let mut upload = ground.stores.upload(key()).unwrap();
        upload.write(content).await.unwrap();
        let finished = upload.finish().await.unwrap();
        let took = begun.elapsed();
        assert!(
            took < well + Duration::from_secs(2),
            "{took:?}, and {well:?} without faults: the slow one was waited for"
        );
        assert_eq!(ground.files().await[0], before[0] + 1, "it is in the first store");
        if size < 1 << 20 {
            let became = outcomes(finished.done, finished.rest).await;
            assert_eq!([&became[0], &became[2]], [&Outcome::Stored, &Outcome::Stored]);
            assert!(matches!(&became[1], Outcome::Failed(reason) if reason.contains("told to fail")), "{became:?}");
            assert_eq!(ground.files().await[2], before[2] + 1, "the slow store has it in the end");
        }
    }
}

#[tokio::test]
async fn a_store_that_hangs_is_given_up_when_the_window_is_full_and_holds_no_more_than_that() {
    let ground = Ground::with(Limits { uploads: at_once(4), behind: at_once(4), patience: Duration::from_secs(60) });
    ground.how[0].take(Duration::from_secs(50));
    let mut upload = ground.stores.upload(key()).unwrap();
    let (block, begun) = (bytes(1 << 20), Instant::now());
    for _ in 0..3 * WINDOW / block.len() {
        upload.write(block.clone()).await.unwrap();
    }
    let finished = upload.finish().await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    let gone = finished.done.iter().find(|(store, _)| store == "one");
    // It may still be taking its leave, which takes it as long as anything.
    assert!(gone.is_none_or(|(_, outcome)| *outcome == Outcome::GivenUp), "{gone:?}");
    assert_eq!(finished.size, 3 * WINDOW as u64);
    assert!(LENIENCE < Duration::from_millis(50));
}

#[tokio::test]
async fn stores_that_are_all_dead_are_told_at_once_and_those_that_all_hang_in_time() {
    let ground = Ground::new();
    ground.how.iter().for_each(|how| how.die());
    let (begun, content) = (Instant::now(), bytes(100_000));
    let mut upload = ground.stores.upload(key()).unwrap();
    upload.write(content.clone()).await.unwrap();
    let error = upload.finish().await.unwrap_err();
    assert!(matches!(&error, Error::AllFailed(reasons) if reasons.contains("three: ")), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());

    for how in &ground.how {
        how.live();
        how.take(Duration::from_secs(600));
    }
    let (block, begun) = (bytes(WINDOW), Instant::now());
    let mut upload = ground.stores.upload(key()).unwrap();
    let outcome = async {
        for _ in 0..3 {
            upload.write(block.clone()).await?;
        }
        Ok::<_, Error>(())
    };
    assert!(matches!(outcome.await, Err(Error::AllFailed(_))));
    let took = begun.elapsed();
    // Removing what was written hangs as well, which nobody waits for.
    upload.abandon().await;
    let told = begun.elapsed();
    assert!(took >= PATIENCE && told < PATIENCE * 2, "{took:?} {told:?}");
}

#[tokio::test]
async fn stores_that_hang_in_the_middle_are_told_in_time() {
    let ground = Ground::new();
    let mut upload = ground.stores.upload(key()).unwrap();
    upload.write(bytes(3_000_000)).await.unwrap();
    let begun_everywhere = async {
        while ground.how.iter().any(|how| how.calls() == 0) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), begun_everywhere).await.unwrap();
    ground.how.iter().for_each(|how| how.take(Duration::from_secs(600)));
    let begun = Instant::now();
    assert!(matches!(upload.finish().await, Err(Error::AllFailed(_))));
    let took = begun.elapsed();
    // The part that hangs, and not the removal as well.
    assert!(took < PATIENCE + PATIENCE / 2, "{took:?}");
}

#[tokio::test]
async fn stores_that_are_given_up_behind_the_first_one_remove_what_they_wrote() {
    let ground = Ground::new();
    ground.how[1].take(Duration::from_millis(1500));
    let mut upload = ground.stores.upload(key()).unwrap();
    upload.write(bytes(3_000_000)).await.unwrap();
    let finished = upload.finish().await.unwrap();
    finished.rest.give_up();
    let calls = ground.how[1].calls();
    let became = outcomes(finished.done, finished.rest).await;
    assert_eq!(became[1], Outcome::GivenUp);
    assert!(ground.how[1].calls() <= calls + 1, "nothing more was written");
    assert_eq!(ground.files().await[1], 0);
}

#[tokio::test]
async fn no_more_uploads_are_taken_than_may_be_at_once_and_one_that_ends_makes_room() {
    let ground = Ground::with(Limits { uploads: at_once(2), behind: at_once(1), patience: PATIENCE });
    let first = ground.stores.upload(key()).unwrap();
    let _second = ground.stores.upload(key()).unwrap();
    assert!(matches!(ground.stores.upload(key()), Err(Error::Busy)));
    first.abandon().await;
    ground.put(key(), &Bytes::from_static(b"x")).await;

    ground.stores.behind(std::future::pending()).unwrap();
    assert!(matches!(ground.stores.behind(async {}), Err(Error::Busy)));
    ground.stores.stop(Duration::from_millis(10)).await;
    assert!(matches!(ground.stores.upload(key()), Err(Error::Busy)));
}

#[tokio::test]
async fn an_upload_that_is_given_up_leaves_no_file_in_any_store() {
    let ground = Ground::new();
    for size in [10, 3_000_000] {
        let mut upload = ground.stores.upload(key()).unwrap();
        upload.write(bytes(size)).await.unwrap();
        upload.abandon().await;
        assert_eq!(ground.files().await, [0, 0, 0]);

        let mut upload = ground.stores.upload(key()).unwrap();
        upload.write(bytes(size)).await.unwrap();
        drop(upload);
    }
    // Both places are free again as soon as the stores have let go.
    ground.stores.stop(Duration::from_secs(5)).await;
    assert_eq!(ground.files().await, [0, 0, 0]);
}
