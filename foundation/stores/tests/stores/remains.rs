//! What writers leave in a folder, and what is removed.

use std::path::Path;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use stores::{Address, Content, Limits, Outcome, Store, Stores};
use tokio::runtime::Handle;

use crate::ground::{PATIENCE, at_once, bytes, key, noted};

fn in_folders(folder: &Path) -> Stores {
    // A real disk may take its time.
    let patience = Duration::from_secs(30);
    let open = |name: &str| Store::open(&Address::folder(folder.join(name)), patience, &Handle::current()).unwrap();
    let limits = Limits { uploads: at_once(2), behind: at_once(2), patience };
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

#[tokio::test]
async fn a_copy_and_a_writer_that_lives_after_all_do_not_meet() {
    let folder = tempfile::tempdir().unwrap();
    let stores = in_folders(folder.path());
    let names: Vec<String> = stores.names().map(str::to_owned).collect();
    let (key, content) = (key(), bytes(4_000_000));
    let one = Store::open(&Address::folder(folder.path().join("a")), PATIENCE, &Handle::current()).unwrap();
    let limits = Limits { uploads: at_once(1), behind: at_once(1), patience: PATIENCE };
    let mut upload = Stores::new(vec![one], limits, Handle::current()).upload(key).unwrap();
    upload.write(content.clone()).await.unwrap();
    upload.finish().await.unwrap();
    // Taken for dead, and at work.
    let other = Store::open(&Address::folder(folder.path().join("b")), PATIENCE, &Handle::current()).unwrap();
    let mut writer = Stores::new(vec![other], limits, Handle::current()).upload(key).unwrap();
    writer.write(content.slice(..3_000_000)).await.unwrap();
    let begun = async {
        while !files(folder.path()).iter().any(|name| name.ends_with("#1")) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), begun).await.unwrap();
    let wrong = Content { size: content.len() as u64, sha256: [7; 32] };
    assert!(stores.copy(key, wrong, &names[..1], &names[1], None, noted).await.is_err());
    assert!(files(folder.path()).iter().any(|name| name.ends_with("#1")), "that of the writer stays");
    let sha256 = digest(&SHA256, &content).as_ref().try_into().unwrap();
    stores.copy(key, Content { sha256, ..wrong }, &names[..1], &names[1], None, noted).await.unwrap();
    assert_eq!(files(folder.path()).len(), 2, "what the writer began goes when the file is there");
    let _ = writer.write(content.slice(3_000_000..)).await;
    let _ = writer.finish().await;
    let read: Vec<Bytes> = stores.read(key, 0..4_000_000, &names[1..]).await.unwrap().try_collect().await.unwrap();
    assert_eq!(read.concat(), content, "it is whole, whoever comes last");
}
