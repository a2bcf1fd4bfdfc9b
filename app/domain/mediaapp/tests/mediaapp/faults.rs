//! Slow and dead stores, as clients see them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use apitest::run;
use stores::Store;
use storetest::{Faulty, How};

use crate::ground::{Ground, MEDIA, image};

const NAMES: [&str; 3] = ["one", "two", "three"];

/// Three stores, and how each behaves.
pub(crate) async fn ground(names: [&'static str; 3]) -> (Ground, [Arc<How>; 3]) {
    let how: [Arc<How>; 3] = std::array::from_fn(|_| Arc::default());
    let stores = |_: &_| {
        let store = |(name, how): (&str, &Arc<How>)| Store::new(name, Arc::new(Faulty::new(Arc::clone(how))));
        names.into_iter().zip(&how).map(store).collect()
    };
    (Ground::with(stores).await, how.clone())
}

/// The shortest of several uploads: a busy machine makes none of them quicker.
async fn quickest(ground: &Ground) -> Duration {
    let mut quickest = Duration::MAX;
    for _ in 0..5 {
        let begun = Instant::now();
        ground.upload(&image(200_000)).await.expect(201);
        quickest = quickest.min(begun.elapsed());
    }
    quickest
}

#[test]
fn with_one_store_5_s_slow_and_one_dead_the_answer_comes_at_the_fastest_one_s_time() {
    run(async {
        let (ground, how) = ground(NAMES).await;
        let well = quickest(&ground).await;
        how[0].take(Duration::from_secs(5));
        how[1].die();
        let allowed = well + Duration::from_millis(50);
        let mut ill = quickest(&ground).await;
        // Other work may have begun meanwhile, and may end.
        for _ in 0..3 {
            if ill >= allowed {
                ill = ill.min(quickest(&ground).await);
            }
        }
        assert!(ill < allowed, "{ill:?}, and {well:?} without faults");
        println!("an upload of 200 kB: {well:?}; with one store slow and one dead: {ill:?}");
        let link = ground.link(&image(100)).await;
        ground.api.get(&link).on(1).send().await.expect(200);
    });
}

#[test]
fn dead_stores_are_502_and_nothing_is_left() {
    run(async {
        let (ground, how) = ground(NAMES).await;
        let link = ground.link(&image(100)).await;
        how.iter().for_each(|how| how.die());
        let begun = Instant::now();
        ground.upload(&image(200_000)).await.problem(502, "bad-gateway");
        ground.upload(&image(3_000_000)).await.problem(502, "bad-gateway");
        ground.api.get(&link).send().await.problem(502, "bad-gateway");
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
        let list = ground.api.get(format!("{MEDIA}?total=true")).send().await.expect(200).json();
        assert_eq!(list["total"], 1);
        how.iter().for_each(|how| how.live());
        ground.api.get(&link).send().await.expect(200);
    });
}
