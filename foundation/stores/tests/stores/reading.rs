//! Files read from whichever store gives them.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use stores::Error;

use crate::ground::{Ground, NAMES, bytes, key};

#[tokio::test]
async fn a_dead_store_is_followed_by_the_next_and_asked_last_for_a_while() {
    let (ground, key, content) = (Ground::new(), key(), bytes(50_000));
    ground.put(key, &content).await;
    ground.how[0].die();
    assert_eq!(ground.get(key, 0..50_000, &NAMES).await.unwrap(), content);
    // It would take its time to fail, and is not asked any more.
    ground.how[0].take(Duration::from_millis(1500));
    let begun = Instant::now();
    assert_eq!(ground.get(key, 1..50_000, &NAMES).await.unwrap(), content.slice(1..));
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_store_that_breaks_off_is_followed_by_the_next_from_the_same_place() {
    let (ground, key, content) = (Ground::new(), key(), bytes(50_000));
    ground.put(key, &content).await;
    ground.how[0].break_after(20_000);
    ground.how[1].break_after(10_000);
    assert_eq!(ground.get(key, 0..50_000, &NAMES).await.unwrap(), content);
    assert_eq!(ground.get(key, 7..49_999, &NAMES).await.unwrap(), content.slice(7..49_999));
    ground.how[2].break_after(5_000);
    assert!(matches!(ground.get(key, 0..50_000, &NAMES).await, Err(Error::AllFailed(_))));
}

#[tokio::test]
async fn a_store_that_lost_the_file_is_told_apart_from_one_that_fails() {
    let (ground, key, content) = (Ground::new(), key(), bytes(1000));
    ground.put(key, &content).await;
    ground.stores.remove("one", key, None).await.unwrap();
    ground.how[1].die();
    let names = NAMES.map(str::to_owned);
    let reader = ground.stores.read(key, 0..1000, &names).await.unwrap();
    assert_eq!(reader.lost(), ["one"]);
    ground.how[2].die();
    let error = ground.stores.read(key, 0..1000, &names).await.unwrap_err();
    assert!(matches!(&error, Error::AllFailed(reasons) if reasons.contains("two: the store failed")), "{error}");
    assert!(matches!(ground.stores.read(key, 0..1, &["four".to_owned()]).await, Err(Error::NoStore)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_range_is_that_part_of_the_file_whatever_breaks(
        size in 1_usize..9000,
        from in any::<prop::sample::Index>(),
        length in 1_u64..9000,
        breaks in proptest::collection::vec(0_u64..9000, 2),
    ) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let (ground, key, content) = (Ground::new(), key(), bytes(size));
            ground.put(key, &content).await;
            let from = from.index(size) as u64;
            let to = (from + length).min(size as u64);
            ground.how[0].break_after(breaks[0]);
            ground.how[1].break_after(breaks[1]);
            let expected = content.slice(usize::try_from(from).unwrap()..usize::try_from(to).unwrap());
            assert_eq!(ground.get(key, from..to, &NAMES).await.unwrap(), expected);
        });
    }
}
