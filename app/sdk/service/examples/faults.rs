//! A service with three faults, to be found with what the debug listener shows: `README.md` tells how.
//!
//! `/v1/slow` computes more than it needs to, `/v1/leak` forgets to forget, `/v1/block` waits without `await`. Its arguments are
//! settings, as `web.workers=1`.

mod smallest;

use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::Data;
use auth::Permission;
use mux::{Operation, Routes, operation};

/// What is kept for nobody.
type Kept = Mutex<Vec<Vec<u8>>>;

fn main() -> ExitCode {
    smallest::serve("faults", "Has three faults.", || {
        Routes::new("faults", "Faults")
            .get("/v1/slow", Permission::MoviesRead, text("slow"), slow)
            .get("/v1/leak", Permission::MoviesRead, text("leak"), leak)
            .get("/v1/block", Permission::MoviesRead, text("block"), block)
            .shared(Data::new(Kept::default()))
    })
}

fn text(id: &'static str) -> Operation {
    operation(id, "Show a fault").responds(200, "text/plain")
}

async fn slow() -> HttpResponse {
    HttpResponse::Ok().body(compare_all_with_all(1500).to_string())
}

/// Counts the pairs of numbers whose sum is a multiple of seven, by looking at each.
#[inline(never)]
fn compare_all_with_all(numbers: u32) -> u32 {
    let (mut found, mut one) = (0, 0);
    while one < numbers {
        let mut other = 0;
        while other < numbers {
            if (one + other) % 7 == 0 {
                found += 1;
            }
            other += 1;
        }
        one += 1;
    }
    found
}

async fn leak(kept: Data<Kept>) -> HttpResponse {
    let held = keep_for_ever(&kept);
    HttpResponse::Ok().body(format!("{held} MiB are kept"))
}

/// A cache that nothing ever leaves.
#[inline(never)]
fn keep_for_ever(kept: &Kept) -> usize {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    kept.push(vec![1; 1 << 20]);
    kept.len()
}

async fn block() -> HttpResponse {
    // What `tokio::time::sleep` would do without holding the worker up.
    std::thread::sleep(Duration::from_millis(300));
    HttpResponse::Ok().body("waited")
}
