//! Uploads to processes: what they cost, what is left of one that is killed, what the other replica gives.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mediabus::Business;
use serde_json::Value;
use stores::{Address, Limits, Store, Stores};
use storetest::S3;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Handle;

use crate::process::{PATIENCE, Process, Setup, eventually};
use crate::shop::{Shop, add_film};

/// The bytes of a large upload: so many, unless the environment says more.
const LARGE: u64 = 256 << 20;

/// What a large upload may take beside what the process had before.
const EXTRA: u64 = 32 << 20;

/// What an image begins with.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Where a process keeps media: folders, which others can look into.
struct Folders(TempDir);

impl Folders {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// The value of `media.stores`.
    fn urls(&self, names: &[&str]) -> String {
        names.iter().map(|name| format!("file://{}", self.0.path().join(name).display())).collect::<Vec<_>>().join(",")
    }

    /// Every file in them.
    fn files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        collect(self.0.path(), &mut found);
        found
    }
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap().is_dir() {
            true => collect(&entry.path(), found),
            false => found.push(entry.path()),
        }
    }
}

fn on(shop: &Shop, stores: &str) -> Setup {
    shop.setup().with("media.stores", stores).with("limits.enabled", "false")
}

/// An upload of so many bytes whose head, and first `sent` bytes, are on their way.
async fn begin(process: &Process, film: &str, token: &str, size: u64, sent: u64) -> TcpStream {
    let mut stream = TcpStream::connect(process.address()).await.unwrap();
    let head = format!(
        "POST {film}/media HTTP/1.1\r\nHost: films\r\nAuthorization: Bearer {token}\r\nContent-Type: image/png\r\n\
         Content-Length: {size}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(PNG).await.unwrap();
    let (block, mut left) = (vec![0xa5; 1 << 20], sent - PNG.len() as u64);
    while left > 0 {
        let next = usize::try_from(left.min(block.len() as u64)).unwrap();
        stream.write_all(&block[..next]).await.unwrap();
        left -= next as u64;
    }
    stream
}

/// Uploads so many bytes, and gives the medium.
async fn upload(process: &Process, film: &str, token: &str, size: u64) -> Value {
    let mut stream = begin(process, film, token, size, size).await;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

/// Reads the medium by its link, without keeping it, and gives the number of bytes.
async fn download(process: &Process, medium: &Value) -> u64 {
    let mut stream = TcpStream::connect(process.address()).await.unwrap();
    let path = medium["url"].as_str().unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nHost: films\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut buffer, mut begin, mut count) = (vec![0; 1 << 16], Vec::new(), 0);
    loop {
        let read = stream.read(&mut buffer).await.unwrap();
        if read == 0 {
            break;
        }
        count += read as u64;
        if begin.len() < 4096 {
            begin.extend_from_slice(&buffer[..read]);
        }
    }
    let head = begin.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap() + 4;
    assert!(begin.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&begin[..head]));
    assert_eq!(&begin[head..head + PNG.len()], PNG);
    count - head as u64
}

/// A figure of the process's memory, in bytes.
#[cfg(target_os = "linux")]
fn memory(process: &Process, figure: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with(figure)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}

/// How large it is by [`LARGE`], or by the environment.
#[expect(clippy::disallowed_methods, reason = "how this test runs is no setting of the product")]
fn large() -> u64 {
    std::env::var("MEDIA_TEST_BYTES").ok().and_then(|bytes| bytes.parse().ok()).unwrap_or(LARGE)
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_large_upload_and_a_large_download_take_little_memory() {
    let (shop, folders) = (Shop::new().await, Folders::new());
    let process = on(&shop, &folders.urls(&["one", "two", "three"])).ready().await;
    let token = shop.editor().await;
    let film = add_film(&process, &token, "Stalker").await;
    // What a first request brings along is not the upload's.
    download(&process, &upload(&process, &film, &token, 1 << 20).await).await;
    let size = large();

    std::fs::write(format!("/proc/{}/clear_refs", process.id()), "5").unwrap();
    let (before, begun) = (memory(&process, "VmRSS:"), std::time::Instant::now());
    let medium = upload(&process, &film, &token, size).await;
    let (took, most) = (begun.elapsed(), memory(&process, "VmHWM:"));
    assert_eq!(medium["size"], size);
    let extra = most.saturating_sub(before);
    println!("{size} bytes uploaded in {took:?}: {before} bytes resident before, {extra} more at most");
    assert!(extra <= EXTRA, "{extra} bytes more than {before}");

    std::fs::write(format!("/proc/{}/clear_refs", process.id()), "5").unwrap();
    let before = memory(&process, "VmRSS:");
    assert_eq!(download(&process, &medium).await, size);
    let extra = memory(&process, "VmHWM:").saturating_sub(before);
    println!("downloaded: {before} bytes resident before, {extra} more at most");
    assert!(extra <= EXTRA, "{extra} bytes more than {before}");
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_whose_process_is_killed_leaves_nothing_that_is_seen_and_what_it_left_is_removed() {
    let (shop, folders, server) = (Shop::new().await, Folders::new(), S3::start());
    let urls = format!("{},{}", folders.urls(&["one", "two"]), server.url("media"));
    let process = on(&shop, &urls).with("web.body_timeout", "120s").ready().await;
    let token = shop.editor().await;
    let film = add_film(&process, &token, "Stalker").await;
    // Less than would have the slowest store given up.
    let upload = begin(&process, &film, &token, 64 << 20, 11 << 20).await;
    // Parts are in each store, and the name of those in S3 is known.
    let is_large = |path: &PathBuf| std::fs::metadata(path).is_ok_and(|file| file.len() >= 5 << 20);
    let staged = async || {
        let kept = shop.rows("SELECT parts FROM media_copies WHERE parts IS NOT NULL").len() == 1;
        let there = folders.files().iter().filter(|path| is_large(path)).count() == 2;
        (kept && there && server.files().iter().any(is_large)).then_some(())
    };
    assert!(eventually(PATIENCE, staged).await.is_some(), "{:?} {:?}", folders.files(), server.files());
    drop(process);
    drop(upload);

    let process = on(&shop, &urls).ready().await;
    let list: Value = reqwest::get(format!("{}{film}/media", process.url)).await.unwrap().json().await.unwrap();
    assert_eq!(list["items"], Value::Array(Vec::new()));
    assert!(shop.rows("SELECT 1::text FROM events WHERE entity = 'medium'").is_empty());
    assert!(!folders.files().is_empty(), "nobody could remove it");
    assert!(server.files().iter().any(is_large), "nor this: {:?}", server.files());

    let media = business(&shop, &urls);
    media.sweep().await.unwrap();
    assert!(!folders.files().is_empty(), "it is not known yet that nobody goes on with it");
    shop.database.execute("UPDATE media SET leased_until = now()").await;
    // The process sweeps as well, each minute.
    let gone = async || {
        media.sweep().await.unwrap();
        shop.rows("SELECT medium_id::text FROM media").is_empty().then_some(())
    };
    assert!(eventually(PATIENCE, gone).await.is_some());
    assert_eq!(folders.files(), Vec::<PathBuf>::new());
    assert!(!server.files().iter().any(is_large), "{:?}", server.files());
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_uploaded_at_one_replica_is_read_at_another_while_a_store_is_away() {
    let (shop, folders, server) = (Shop::new().await, Folders::new(), S3::start());
    // Nobody listens at the second one.
    let away = "s3://key:secret@films?endpoint=http://127.0.0.1:9";
    let urls = format!("{},{away},{}", folders.urls(&["one"]), server.url("media"));
    let (one, other) = (on(&shop, &urls).ready().await, on(&shop, &urls).ready().await);
    let token = shop.editor().await;
    let film = add_film(&one, &token, "Stalker").await;
    for size in [1000, 12 << 20] {
        let medium = upload(&one, &film, &token, size).await;
        assert_eq!(download(&other, &medium).await, size);
        // From S3 alone, once it has it.
        let copies = format!(
            "SELECT store FROM media_copies WHERE status = 'stored' AND medium_id = '{}'",
            medium["id"].as_str().unwrap()
        );
        assert!(eventually(PATIENCE, async || (shop.rows(&copies).len() == 2).then_some(())).await.is_some());
        for file in folders.files() {
            std::fs::remove_file(file).unwrap();
        }
        assert_eq!(download(&other, &medium).await, size);
    }
    // The copy that was lost is made again by a job; the one whose store is away goes on being tried.
    let made = "SELECT store FROM media_copies WHERE status = 'stored' AND store LIKE 'file:%'";
    assert!(eventually(PATIENCE, async || (shop.rows(made).len() == 2).then_some(())).await.is_some());
    let waiting = "SELECT status FROM media_copies WHERE store LIKE 's3://films%' AND status = 'missing'";
    assert_eq!(shop.rows(waiting).len(), 2);
    for process in [one, other] {
        assert!(!process.stdout().contains("secret"), "no secret is said");
        process.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_may_take_longer_than_a_request_may_spend_in_the_database() {
    let (shop, folders) = (Shop::new().await, Folders::new());
    let process = on(&shop, &folders.urls(&["one"])).with("db.deadline", "2s").ready().await;
    let token = shop.editor().await;
    let film = add_film(&process, &token, "Stalker").await;
    let mut upload = begin(&process, &film, &token, 8 << 20, 1 << 20).await;
    for _ in 1..8 {
        tokio::time::sleep(Duration::from_millis(500)).await;
        upload.write_all(&vec![7; 1 << 20]).await.unwrap();
    }
    let mut answer = String::new();
    upload.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_told_to_stop_lets_an_upload_finish() {
    let (shop, folders) = (Shop::new().await, Folders::new());
    let process = on(&shop, &folders.urls(&["one"])).ready().await;
    let token = shop.editor().await;
    let film = add_film(&process, &token, "Stalker").await;
    let mut upload = begin(&process, &film, &token, 2 << 20, 1 << 20).await;
    let begun =
        async || (!folders.files().is_empty() || !shop.rows("SELECT 1::text FROM media").is_empty()).then_some(());
    assert!(eventually(PATIENCE, begun).await.is_some());
    process.signal(rustix::process::Signal::TERM);
    tokio::time::sleep(Duration::from_millis(300)).await;
    upload.write_all(&vec![7; 1 << 20]).await.unwrap();
    let mut answer = String::new();
    upload.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    let mut process = process;
    assert_eq!(process.ended().await, Some(0));
}

/// The business of media as a process has it.
fn business(shop: &Shop, urls: &str) -> Business {
    let patience = Duration::from_secs(10);
    let open = |url: &str| Store::open(&Address::parse(url).unwrap(), patience, &Handle::current()).unwrap();
    let limits = Limits { uploads: NonZeroUsize::MIN, behind: NonZeroUsize::MIN, patience };
    let stores = Stores::new(urls.split(',').map(open).collect(), limits, Handle::current());
    Business::new(shop.database.db(), stores, Duration::from_secs(60))
}
