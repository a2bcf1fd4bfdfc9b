//! A store that speaks S3.

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use stores::{Address, Content, Error, Limits, Outcome, Store, Stores};
use storetest::S3;
use tokio::runtime::Handle;

use crate::ground::{PATIENCE, at_once, bytes, key, noted};

fn on(server: &S3, prefixes: &[&str]) -> Stores {
    let open = |prefix: &&str| {
        Store::open(&Address::parse(&server.url(prefix)).unwrap(), PATIENCE * 5, &Handle::current()).unwrap()
    };
    let limits = Limits { uploads: at_once(2), behind: at_once(2), patience: PATIENCE * 5 };
    Stores::new(prefixes.iter().map(open).collect(), limits, Handle::current())
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_written_read_in_parts_copied_and_removed() {
    let server = S3::start();
    let stores = on(&server, &["a/deep", ""]);
    let names: Vec<String> = stores.names().map(str::to_owned).collect();
    assert!(names[0].starts_with("s3://films/a/deep?endpoint=127.0.0.1:"), "{names:?}");
    assert!(names[1].starts_with("s3://films?endpoint=127.0.0.1:"), "{names:?}");
    for size in [10, 5 << 20, (5 << 20) + 1, 12_000_000] {
        let (key, content) = (key(), bytes(size));
        let mut upload = stores.upload(key).unwrap();
        upload.write(content.clone()).await.unwrap();
        let mut finished = upload.finish().await.unwrap();
        assert!(finished.done.iter().any(|(_, outcome)| *outcome == Outcome::Stored));
        while let Some((store, outcome)) = finished.rest.next().await {
            assert_eq!(outcome, Outcome::Stored, "{store}");
        }
        for name in &names {
            let from = std::slice::from_ref(name);
            let range = size as u64 / 3..size as u64 / 2 + 1;
            let read: Vec<Bytes> = stores.read(key, range.clone(), from).await.unwrap().try_collect().await.unwrap();
            assert_eq!(
                read.concat(),
                content[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()]
            );
        }
        stores.remove(&names[0], key, None).await.unwrap();
        stores.remove(&names[0], key, None).await.unwrap();
        let reader = stores.read(key, 0..1, &names).await.unwrap();
        assert_eq!(reader.lost(), &names[..1]);
        let sha256 = digest(&SHA256, &content).as_ref().try_into().unwrap();
        stores.copy(key, Content { size: size as u64, sha256 }, &names[1..], &names[0], None, noted).await.unwrap();
        let read: Vec<Bytes> =
            stores.read(key, 0..size as u64, &names[..1]).await.unwrap().try_collect().await.unwrap();
        assert_eq!(read.concat(), content);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_that_nobody_finished_are_removed_by_their_name() {
    let server = S3::start();
    let stores = on(&server, &["a"]);
    let (key, piece) = (key(), bytes(1 << 20));
    let mut upload = stores.upload(key).unwrap();
    let mut names = upload.names();
    for _ in 0..7 {
        upload.write(piece.clone()).await.unwrap();
    }
    let begun = tokio::time::timeout(std::time::Duration::from_secs(30), names.next()).await.unwrap();
    assert!(begun.store.starts_with("s3://films/a?endpoint="), "{begun:?}");
    // Under its last name: while the server still receives it, it has another.
    let is_large = |file: &std::path::PathBuf| {
        file.to_string_lossy().ends_with(".part-1") && std::fs::metadata(file).is_ok_and(|file| file.len() >= 5 << 20)
    };
    let arrived = async {
        while !server.files().iter().any(is_large) {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), arrived).await.unwrap();
    stores.remove(&begun.store, key, Some(&begun.parts)).await.unwrap();
    assert!(!server.files().iter().any(is_large), "{:?}", server.files());
    drop(upload);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_and_no_server_are_failures() {
    let server = S3::start();
    let wrong = server.url("a").replace("AKIATEST", "AKIAOTHER");
    for url in [wrong.as_str(), "s3://key:secret@films?endpoint=http://127.0.0.1:9"] {
        let store = Store::open(&Address::parse(url).unwrap(), PATIENCE, &Handle::current()).unwrap();
        let limits = Limits { uploads: at_once(1), behind: at_once(1), patience: PATIENCE };
        let stores = Stores::new(vec![store], limits, Handle::current());
        let mut upload = stores.upload(key()).unwrap();
        upload.write(bytes(10)).await.unwrap();
        let error = upload.finish().await.unwrap_err();
        assert!(matches!(&error, Error::AllFailed(_)), "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_tells_the_name_of_its_parts_and_stops_where_it_is_not_noted() {
    let server = S3::start();
    let stores = on(&server, &["a", "b"]);
    let names: Vec<String> = stores.names().map(str::to_owned).collect();
    let (key, bytes) = (key(), bytes(6 << 20));
    let mut upload = stores.upload(key).unwrap();
    upload.write(bytes.clone()).await.unwrap();
    let mut finished = upload.finish().await.unwrap();
    while finished.rest.next().await.is_some() {}
    stores.remove(&names[1], key, None).await.unwrap();
    let sha256 = digest(&SHA256, &bytes).as_ref().try_into().unwrap();
    let content = Content { size: bytes.len() as u64, sha256 };
    let mut told = String::new();
    let refused = stores.copy(key, content, &names[..1], &names[1], None, async |parts| {
        told = parts;
        false
    });
    assert!(matches!(refused.await, Err(Error::Unnoted)));
    assert!(!told.is_empty());
    assert!(!server.files().iter().any(|file| file.to_string_lossy().contains(&told)), "{:?}", server.files());
}
