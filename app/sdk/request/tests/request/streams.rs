//! Bodies that are read as they come.

use std::time::Duration;

use actix_web::FromRequest as _;
use actix_web::dev::Payload;
use actix_web::test::TestRequest;
use apierror::Code;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use request::{StreamLimits, Streamed, Streams};
use tokio::time::{Instant, timeout};

/// How long a client may send nothing.
const IDLE: Duration = Duration::from_millis(300);

struct Text;

impl Streams for Text {
    const MEDIA_TYPES: &'static [&'static str] = &["text/plain"];
}

async fn streamed(chunks: Vec<Bytes>) -> Streamed<Text> {
    let request = TestRequest::post().insert_header(("content-type", "text/plain"));
    let request = request.app_data(StreamLimits::<Text>::new(1 << 20, IDLE)).to_http_request();
    // After these, nothing comes, and no end.
    let chunks = stream::iter(chunks.into_iter().map(Ok)).chain(stream::pending());
    let mut payload = Payload::Stream { payload: chunks.boxed_local() };
    Streamed::from_request(&request, &mut payload).await.unwrap()
}

#[tokio::test]
async fn who_waits_for_bytes_again_and_again_waits_no_longer_for_them() {
    // So many that a slow pace is allowed for long.
    let mut body = streamed(vec![Bytes::from(vec![b'x'; 512 << 10])]).await;
    let begun = Instant::now();
    assert_eq!(body.next().await.unwrap().unwrap().len(), 512 << 10);
    let refused = loop {
        // As a handler does that has something else to do now and then.
        match timeout(IDLE / 10, body.next()).await {
            Ok(next) => break next.unwrap_err(),
            Err(_) => assert!(begun.elapsed() < IDLE * 10, "it waits for ever"),
        }
    };
    assert_eq!(refused.code(), Code::RequestTimeout);
    assert!(begun.elapsed() >= IDLE, "{:?}", begun.elapsed());
}
