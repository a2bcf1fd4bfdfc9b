//! Profiles of a process with faults.

use std::io::Read as _;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use pprof::protos::{Message as _, Profile};
use reqwest::{Client, Response};
use serde_json::Value;
use tokio::task::JoinSet;

use crate::process::Process;

const SLOW: &str = "faults::compare_all_with_all";

async fn get(url: String) -> Response {
    reqwest::get(url).await.unwrap()
}

/// A profile, as soon as nobody else takes one.
async fn take(url: String) -> Response {
    loop {
        let answer = get(url.clone()).await;
        if answer.status() != 409 {
            return answer;
        }
    }
}

/// Checks that an answer is a problem, and gives its words.
pub(crate) async fn problem(answer: Response, status: u16) -> String {
    assert_eq!(answer.status().as_u16(), status);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["status"], status);
    problem["detail"].as_str().unwrap_or_default().to_owned()
}

/// Requests of a path, one after the other, until this is dropped.
fn load(process: &Process, path: &str) -> JoinSet<()> {
    let url = format!("{}{path}", process.url);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let client = Client::new();
        loop {
            assert_eq!(client.get(&url).send().await.unwrap().status(), 200);
        }
    });
    tasks
}

fn decode(compressed: &[u8]) -> Profile {
    let mut bytes = Vec::new();
    GzDecoder::new(compressed).read_to_end(&mut bytes).unwrap();
    Profile::decode(bytes.as_slice()).unwrap()
}

/// Of all that a profile weighs, the share of the samples that a function is in.
fn share(profile: &Profile, function: &str, value: usize) -> f64 {
    let word = |index: i64| profile.string_table[usize::try_from(index).unwrap()].as_str();
    let functions: Vec<u64> =
        profile.function.iter().filter(|known| word(known.name).contains(function)).map(|known| known.id).collect();
    let is_in = |location: u64| {
        let lines = profile.location.iter().find(|known| known.id == location).map(|known| &known.line);
        lines.is_some_and(|lines| lines.iter().any(|line| functions.contains(&line.function_id)))
    };
    let weight = |samples: &mut dyn Iterator<Item = &pprof::protos::Sample>| {
        samples.map(|sample| sample.value[value]).sum::<i64>()
    };
    let within = weight(&mut profile.sample.iter().filter(|sample| sample.location_id.iter().copied().any(is_in)));
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    let share = within as f64 / weight(&mut profile.sample.iter()) as f64;
    share
}

#[tokio::test(flavor = "multi_thread")]
async fn the_profile_of_the_processor_names_the_slow_function_in_every_form() {
    let process = Process::start("faults", &[]);
    let load = load(&process, "/v1/slow");
    let url = |query: &str| format!("{}/debug/pprof/profile?seconds=1&frequency=250{query}", process.debug);

    let answer = get(url("")).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/octet-stream");
    let profile = decode(&answer.bytes().await.unwrap());
    let share = share(&profile, SLOW, 1);
    assert!(share > 0.5, "{share}");

    let table = get(url("&format=text")).await.text().await.unwrap();
    assert!(table.lines().skip(3).take(3).any(|line| line.ends_with(SLOW)), "{table}");
    let folded = get(url("&format=folded")).await.text().await.unwrap();
    assert!(folded.lines().any(|line| line.contains(&format!(";{SLOW}"))), "{folded}");

    let client = Client::new();
    for request in [client.get(url("&format=svg")), client.get(url("")).header("accept", "image/svg+xml")] {
        let picture = request.send().await.unwrap();
        assert_eq!(picture.headers()["content-type"], "image/svg+xml");
        assert!(picture.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
        let picture = picture.text().await.unwrap();
        let document = roxmltree::Document::parse(&picture).unwrap();
        let mut titles = document.descendants().filter(|node| node.tag_name().name() == "title");
        assert!(titles.any(|title| title.text().is_some_and(|text| text.starts_with(SLOW))), "{picture}");
    }
    drop(load);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_profile_is_taken_at_a_time_and_ends_with_its_client() {
    let process = Process::start("idle", &[]);
    let url = |seconds: u32| format!("{}/debug/pprof/profile?seconds={seconds}", process.debug);
    let long = tokio::spawn(take(url(60)));
    // Until the long one has begun, short ones are taken.
    let refused = loop {
        let answer = get(url(1)).await;
        if answer.status() != 200 {
            break answer;
        }
    };
    assert_eq!(problem(refused, 409).await, "another profile is being taken: there is one at a time");

    long.abort();
    let begun = Instant::now();
    while get(url(1)).await.status() != 200 {
        assert!(begun.elapsed() < Duration::from_secs(20), "the profile of a client that has gone goes on");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_does_not_hold_up_the_end_of_the_process() {
    let mut process = Process::start("idle", &["web.drain=10ms", "web.shutdown=30s"]);
    let url = |seconds: u32| format!("{}/debug/pprof/profile?seconds={seconds}", process.debug);
    let long = tokio::spawn(take(url(60)));
    while get(url(1)).await.status() != 409 {}
    process.signal("TERM");
    problem(long.await.unwrap(), 503).await;
    assert_eq!(process.exit().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_taken_is_told() {
    let process = Process::start("idle", &[]);
    for (path, words) in [
        ("profile?seconds=0", "`seconds` is a whole number from 1 to 120"),
        ("profile?seconds=121", "`seconds` is a whole number from 1 to 120"),
        ("profile?seconds=1e3", "`seconds` is a whole number from 1 to 120"),
        ("profile?seconds=-1", "`seconds` is a whole number from 1 to 120"),
        ("profile?frequency=1001", "`frequency` is a whole number from 1 to 1000"),
        ("profile?format=png", "`format` is one of pprof, svg, text, folded"),
        ("profile?second=1", "the query takes seconds, frequency, format, debug, each once"),
        ("profile?seconds=1&seconds=2", "the query takes seconds, frequency, format, debug, each once"),
        ("heap?seconds=10", "the query takes format, debug, each once"),
    ] {
        let answer = get(format!("{}/debug/pprof/{path}", process.debug)).await;
        assert_eq!(problem(answer, 422).await, words, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_heap_profile_names_who_keeps_memory_where_the_build_has_one() {
    let process = Process::start("faults", &[]);
    let heap = |query: &str| format!("{}/debug/pprof/heap{query}", process.debug);
    let allocator: Value = get(format!("{}/debug/allocator", process.debug)).await.json().await.unwrap();
    assert_eq!(allocator["allocator"], profiling::ALLOCATOR);
    if profiling::ALLOCATOR == "system" {
        let words = problem(get(heap("")).await, 404).await;
        assert!(words.contains("--features profiling/jemalloc"), "{words}");
        assert_eq!(allocator["bytes"], Value::Null);
        return;
    }
    let held = || async {
        let allocator: Value = get(format!("{}/debug/allocator", process.debug)).await.json().await.unwrap();
        allocator["bytes"]["allocated"].as_u64().unwrap()
    };
    let before = held().await;
    for _ in 0..40 {
        assert_eq!(get(format!("{}/v1/leak", process.url)).await.status(), 200);
    }
    // 40 MiB, less what the start of the process may have let go of since.
    assert!(held().await > before + (32 << 20));
    let metrics = get(format!("{}/metrics", process.debug)).await.text().await.unwrap();
    assert!(metrics.contains("allocator_bytes{state=\"allocated\"} "), "{metrics}");

    let profile = decode(&get(heap("")).await.bytes().await.unwrap());
    let share = share(&profile, "faults::keep_for_ever", 0);
    assert!(share > 0.5, "{share}");
    let table = get(heap("?format=text")).await.text().await.unwrap();
    assert!(table.contains("faults::keep_for_ever"), "{table}");
    let picture = get(heap("?format=svg")).await.text().await.unwrap();
    assert!(roxmltree::Document::parse(&picture).is_ok() && picture.contains("faults::keep_for_ever"), "{picture}");
}
