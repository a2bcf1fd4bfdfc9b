//! A server that speaks S3, on a folder of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// The credentials that it takes; the secret has what a URL has to encode.
const KEY: &str = "AKIATEST";
const SECRET: &str = "se/cr+et";

/// A server of S3 with one bucket. It ends with this value.
pub struct S3 {
    folder: TempDir,
    address: SocketAddr,
    /// Its own: a test that blocks does not hold it up.
    runtime: Option<Runtime>,
}

impl S3 {
    /// The name of the bucket.
    pub const BUCKET: &str = "films";

    /// Starts one on a free port.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(Self::BUCKET)).unwrap();
        let mut builder = S3ServiceBuilder::new(FileSystem::new(folder.path()).unwrap());
        builder.set_auth(SimpleAuth::from_single(KEY, SECRET));
        let service = builder.build();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        let address = socket.local_addr().unwrap();
        runtime.spawn(serve(socket, service, runtime.handle().clone()));
        Self { folder, address, runtime: Some(runtime) }
    }

    /// Where a client finds the folder `prefix` of the bucket, as the setting `media.stores` has it.
    pub fn url(&self, prefix: &str) -> String {
        let secret = SECRET.replace('/', "%2F").replace('+', "%2B");
        format!("s3://{KEY}:{secret}@{}/{prefix}?region=us-east-1&endpoint=http://{}", Self::BUCKET, self.address)
    }

    /// Every file that the server keeps, unfinished parts among them.
    ///
    /// # Panics
    /// When its folder cannot be read.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        collect(self.folder.path(), &mut found);
        found
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn serve(socket: std::net::TcpListener, service: S3Service, runtime: tokio::runtime::Handle) {
    let listener = TcpListener::from_std(socket).unwrap();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let service = service.clone();
        runtime.spawn(async move {
            // Who breaks off a connection wants no answer.
            let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
        });
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
