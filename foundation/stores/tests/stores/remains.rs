//! What writers leave in a folder, and what is removed.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use stores::{Address, Limits, Outcome, Store, Stores};
use tokio::runtime::Handle;

use crate::ground::{PATIENCE, at_once, bytes, key};

fn in_folders(folder: &Path) -> Stores {
    let open = |name: &str| Store::open(&Address::folder(folder.join(name)), PATIENCE, &Handle::current()).unwrap();
    let limits = Limits { uploads: at_once(2), behind: at_once(2), patience: PATIENCE };
    Stores::new(vec![open("a"), open("b")], limits, Handle::current())
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap().is_dir() {
            true => found.extend(files(&entry.path())),
            false => found.push(entry.file_name().into_string().unwrap()),
        }
    }
    found
}

#[tokio::test]
async fn folders_keep_files_and_give_any_part_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let stores = in_folders(folder.path());
    let names: Vec<String> = stores.names().map(str::to_owned).collect();
    for size in [1, 300_000, 5_000_000] {
        let (key, content) = (key(), bytes(size));
        let mut upload = stores.upload(key).unwrap();
        upload.write(content.clone()).await.unwrap();
        let mut finished = upload.finish().await.unwrap();
        while let Some((_, outcome)) = finished.rest.next().await {
            assert_eq!(outcome, Outcome::Stored);
        }
        for range in [0..size, size / 3..size / 2 + 1, size - 1..size] {
            let wanted = range.start as u64..range.end as u64;
            let read: Vec<Bytes> = stores.read(key, wanted, &names).await.unwrap().try_collect().await.unwrap();
            assert_eq!(read.concat(), content[range.clone()], "{range:?} of {size}");
        }
    }
    assert_eq!(files(folder.path()).len(), 6);
}

#[tokio::test]
async fn what_killed_writers_left_goes_with_the_file_and_alone() {
    let folder = tempfile::tempdir().unwrap();
    let stores = in_folders(folder.path());
    let names: Vec<String> = stores.names().map(str::to_owned).collect();
    let key = key();
    // Frozen, as a killed process leaves it: on disk, and not whole.
    let mut upload = stores.upload(key).unwrap();
    upload.write(bytes(4_000_000)).await.unwrap();
    let staged = async {
        while !(files(folder.path()).len() == 2 && files(folder.path()).iter().all(|name| name.ends_with("#1"))) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), staged).await.unwrap();
    for name in &names {
        stores.remove(name, key, None).await.unwrap();
        // What is not there is removed.
        stores.remove(name, key, None).await.unwrap();
    }
    assert_eq!(files(folder.path()), Vec::<String>::new());
    upload.abandon().await;
    assert!(stores.remove("elsewhere", key, None).await.is_err());
}
