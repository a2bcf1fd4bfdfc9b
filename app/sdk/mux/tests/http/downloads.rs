//! Downloads: whole, or not taken for it.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody, to_bytes};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, HttpResponseBuilder};
use apierror::{ApiError, Code};
use mux::{Chunks, Downloads, Gone};

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(100);

fn one_at_once(limit: Duration, stall: Duration) -> Downloads {
    Downloads::new(NonZeroUsize::MIN, limit, stall)
}

fn answer() -> HttpResponseBuilder {
    HttpResponse::Ok()
}

/// Sends this many chunks of one byte.
async fn some(chunks: &Chunks, number: usize) -> Result<(), Gone> {
    for _ in 0..number {
        chunks.send(Bytes::from_static(b"x")).await?;
    }
    Ok(())
}

/// All of it, if it is all.
async fn read(answer: HttpResponse<BoxBody>) -> Result<Bytes, ()> {
    to_bytes(answer.into_body()).await.map_err(|_| ())
}

/// Waits until there is room for one more, which says that the one before it is gone.
async fn until_gone(downloads: &Downloads) {
    let start = Instant::now();
    while downloads.start(answer(), |_| async { Ok(()) }).await.is_err() {
        assert!(start.elapsed() < Duration::from_secs(10), "a download goes on");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[actix_web::test]
async fn a_download_is_all_of_its_chunks() {
    let downloads = one_at_once(LONG, LONG);
    for number in [0, 1, 2, 100] {
        let make = move |chunks: Chunks| async move { some(&chunks, number).await.map_err(ApiError::internal) };
        let answer = downloads.start(answer(), make).await.unwrap();
        assert_eq!(read(answer).await.unwrap().len(), number);
        until_gone(&downloads).await;
    }
}

#[actix_web::test]
async fn what_fails_before_the_first_chunk_is_answered_as_anywhere() {
    let downloads = one_at_once(LONG, LONG);
    let failed = downloads.start(answer(), |_| async { Err(ApiError::new(Code::Unavailable)) }).await;
    assert_eq!(failed.unwrap_err().code(), Code::Unavailable);
    until_gone(&downloads).await;
    let impatient = one_at_once(SHORT, LONG);
    let late = impatient.start(answer(), |_| std::future::pending()).await;
    assert_eq!(late.unwrap_err().code(), Code::DeadlineExceeded);
    until_gone(&impatient).await;
    let panicked = downloads.start(answer(), |_| async { panic!("on purpose") }).await;
    assert_eq!(panicked.unwrap_err().code(), Code::Internal);
    until_gone(&downloads).await;
}

#[actix_web::test]
async fn what_fails_later_is_cut_off() {
    for kind in ["fault", "panic", "late"] {
        let downloads = one_at_once(if kind == "late" { 20 * SHORT } else { LONG }, LONG);
        let make = move |chunks: Chunks| async move {
            some(&chunks, 3).await.map_err(ApiError::internal)?;
            match kind {
                "fault" => Err(ApiError::new(Code::Unavailable)),
                "panic" => panic!("on purpose"),
                _ => std::future::pending().await,
            }
        };
        assert_eq!(read(downloads.start(answer(), make).await.unwrap()).await, Err(()), "{kind}");
        until_gone(&downloads).await;
    }
}

#[actix_web::test]
async fn who_says_that_it_is_done_when_nobody_takes_it_is_not_believed() {
    let downloads = one_at_once(LONG, SHORT);
    let make = |chunks: Chunks| async move {
        // Ends well, whatever became of its chunks.
        let _ = some(&chunks, 100).await;
        Ok(())
    };
    let stalled = downloads.start(answer(), make).await.unwrap();
    // It is given up while the client still has its answer, of which it reads nothing.
    until_gone(&downloads).await;
    assert_eq!(read(stalled).await, Err(()));
}

#[actix_web::test]
async fn work_ends_with_the_client_that_it_is_for() {
    let downloads = one_at_once(LONG, LONG);
    let held = Arc::new(());
    let kept = Arc::clone(&held);
    let make = |chunks: Chunks| async move {
        let _kept = kept;
        some(&chunks, 1).await.map_err(ApiError::internal)?;
        std::future::pending().await
    };
    let left = downloads.start(answer(), make).await.unwrap();
    drop(left);
    until_gone(&downloads).await;
    assert_eq!(Arc::strong_count(&held), 1);
}

#[actix_web::test]
async fn one_more_than_there_is_room_for_is_told_when_to_come_back() {
    let downloads = one_at_once(LONG, LONG);
    let make = |chunks: Chunks| async move { some(&chunks, 100).await.map_err(ApiError::internal) };
    let first = downloads.start(answer(), make).await.unwrap();
    let refused = downloads.start(answer(), make).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    assert!(refused.headers().iter().any(|(name, value)| name == "retry-after" && value == "5"), "{refused:?}");
    assert_eq!(read(first).await.unwrap().len(), 100);
    until_gone(&downloads).await;
    let sized = downloads.start(answer(), make).await.unwrap();
    assert_eq!(sized.body().size(), actix_web::body::BodySize::Stream);
}
