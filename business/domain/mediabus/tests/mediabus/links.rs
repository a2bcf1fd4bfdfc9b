//! Links to media.

use std::time::Duration;

use mediabus::{Business, Error, Link};
use proptest::prelude::*;
use types::MediaId;

use crate::ground::Ground;

#[tokio::test]
async fn a_link_is_good_for_its_medium_and_its_time_on_every_replica() {
    let ground = Ground::new().await;
    let (one, other) = (MediaId::new(), MediaId::new());
    let replica = ground.of(&ground.stores);
    let link = ground.media.links().sign(one).await.unwrap();
    replica.links().check(one, &link).await.unwrap();
    assert!(link.expires_at() > types::now());
    let refused =
        async |medium_id, link: &Link| matches!(ground.media.links().check(medium_id, link).await, Err(Error::BadLink));
    assert!(refused(other, &link).await);
    assert!(refused(one, &Link { expires: link.expires + 1, ..link.clone() }).await);
    for signature in ["", "AAAA", "%", &link.signature[1..], &format!("{}A", link.signature)] {
        assert!(refused(one, &Link { signature: signature.to_owned(), ..link.clone() }).await, "{signature}");
    }
    let over = Business::new(ground.database.db(), ground.stores.clone(), Duration::ZERO);
    let expired = over.links().sign(one).await.unwrap();
    assert!(refused(one, &expired).await, "it is over at once");
}

#[tokio::test]
async fn no_character_of_a_signature_can_be_another() {
    let ground = Ground::new().await;
    let (medium_id, links) = (MediaId::new(), ground.media.links());
    let link = links.sign(medium_id).await.unwrap();
    for at in 0..link.signature.len() {
        for other in ["A", "b", "_"] {
            let mut signature = link.signature.clone();
            signature.replace_range(at..=at, other);
            if signature != link.signature {
                let refused = links.check(medium_id, &Link { signature, ..link.clone() }).await;
                assert!(matches!(refused, Err(Error::BadLink)), "{at} {other}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn nothing_that_is_made_up_is_a_link(signatures in proptest::collection::vec("[A-Za-z0-9_-]{0,60}|\\PC{0,20}", 20), expires in any::<i64>()) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let ground = Ground::new().await;
            for signature in signatures {
                let refused = ground.media.links().check(MediaId::new(), &Link { expires, signature }).await;
                assert!(matches!(refused, Err(Error::BadLink)));
            }
        });
    }
}
