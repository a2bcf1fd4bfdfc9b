//! Files that a store lacks.

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use stores::{Content, Error, Outcome};

use crate::ground::{Ground, NAMES, bytes, key, noted};

fn content(bytes: &Bytes) -> Content {
    Content { size: bytes.len() as u64, sha256: digest(&SHA256, bytes).as_ref().try_into().unwrap() }
}

#[tokio::test]
async fn what_a_store_lacks_is_copied_from_one_that_has_it() {
    let ground = Ground::new();
    for size in [1, 1 << 20, (1 << 20) + 1, 5_000_000] {
        let (key, bytes) = (key(), bytes(size));
        ground.how[2].die();
        assert!(matches!(ground.put(key, &bytes).await[2], Outcome::Failed(_)));
        let names = NAMES.map(str::to_owned);
        assert!(
            ground.stores.copy(key, content(&bytes), &names, "three", None, noted).await.is_err(),
            "it is still dead"
        );
        ground.how[2].live();
        ground.stores.copy(key, content(&bytes), &names, "three", None, noted).await.unwrap();
        assert_eq!(ground.get(key, 0..size as u64, &["three"]).await.unwrap(), bytes);
    }
}

#[tokio::test]
async fn what_is_not_what_was_written_is_not_copied() {
    let (ground, key, bytes) = (Ground::new(), key(), bytes(3_000_000));
    ground.put(key, &bytes).await;
    ground.stores.remove("three", key, None).await.unwrap();
    let other = Content { sha256: [7; 32], ..content(&bytes) };
    let outcome = ground.stores.copy(key, other, &["one".to_owned()], "three", None, noted).await;
    assert!(matches!(outcome, Err(Error::Corrupt)));
    // Shorter than it should be: the store says so by itself, or ends too early.
    let longer = Content { size: 3_000_001, ..content(&bytes) };
    assert!(ground.stores.copy(key, longer, &["one".to_owned()], "three", None, noted).await.is_err());
    assert_eq!(ground.files().await, [1, 1, 0]);
}
