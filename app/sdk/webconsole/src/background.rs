//! Events and jobs: how far they are, what was given up, and trying it again.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use events::{LetterFilter, Standing};
use jobs::{Filter, JobId, Queued};
use serde_json::{Value, json};
use sqldb::{Db, Error};
use uuid::Uuid;

use crate::{Console, answer, within};

/// How many jobs and letters are shown, each.
const SHOWN: u32 = 100;

/// How events and jobs stand.
pub(crate) async fn query(console: Data<Console>) -> HttpResponse {
    let Some(db) = console.db() else {
        return answer::json(&json!({ "consumers": [], "parts": [], "letters": [], "lanes": [], "jobs": [] }));
    };
    match within(standing(db, console.is_development())).await {
        Ok(standing) => answer::json(&standing),
        Err(error) => answer::failure(&error),
    }
}

async fn standing(db: &Db, shows_payloads: bool) -> Result<Value, Error> {
    let standings = events::standings(db).await?;
    let lags = events::lags(db).await?;
    let consumers: Vec<Value> = standings
        .iter()
        .map(|standing: &Standing| {
            let parts = lags.iter().filter(|lag| lag.consumer == standing.consumer);
            json!({
                "consumer": standing.consumer,
                "behind": standing.behind,
                "oldest": standing.oldest.map(|oldest| oldest.timestamp_millis()),
                "waiting": standing.waiting,
                "dead": standing.dead,
                "parts": parts.map(|lag| json!([lag.partition, lag.behind])).collect::<Vec<_>>(),
            })
        })
        .collect();
    let holders = events::holders(db).await?;
    let parts = holders.iter().map(|holder| json!({ "part": holder.partition, "holder": holder.relay_id }));
    let refused = LetterFilter { waiting: true, ..LetterFilter::default() };
    let letters = events::letters(db, &refused, SHOWN).await?;
    let letters = letters.iter().map(|letter| {
        json!({
            "consumer": letter.consumer,
            "event_id": letter.event_id,
            "entity": letter.entity,
            "entity_id": letter.entity_id,
            "action": letter.action,
            "at": letter.occurred_at.timestamp_millis(),
            "attempts": letter.attempts,
            "next": letter.next_at.timestamp_millis(),
            "reason": telemetry::scrubbed(&letter.reason),
            "dead": letter.dead_at.map(|dead| dead.timestamp_millis()),
        })
    });
    let lanes = jobs::figures(db).await?;
    let lanes = lanes.iter().map(|lane| {
        json!({
            "lane": lane.lane, "due": lane.due, "later": lane.later, "running": lane.running, "dead": lane.dead,
            "oldest": lane.oldest.as_secs(),
        })
    });
    let queued = jobs::query(db, &Filter::default(), SHOWN).await?;
    Ok(json!({
        "consumers": consumers,
        "parts": parts.collect::<Vec<_>>(),
        "letters": letters.collect::<Vec<_>>(),
        "lanes": lanes.collect::<Vec<_>>(),
        "jobs": queued.iter().map(|job| line(job, shows_payloads)).collect::<Vec<_>>(),
    }))
}

fn line(job: &Queued, shows_payload: bool) -> Value {
    json!({
        "id": job.id.to_string(),
        "name": job.name,
        "lane": job.lane,
        "state": job.state.as_str(),
        "attempt": job.attempt,
        "attempts": job.attempts,
        "enqueued": job.enqueued_at.timestamp_millis(),
        "due": job.due_at.timestamp_millis(),
        "dead": job.dead_at.map(|dead| dead.timestamp_millis()),
        "error": job.last_error.as_deref().map(telemetry::scrubbed),
        // It may hold the address of a customer, which is for no screen but a developer's.
        "payload": shows_payload.then_some(&job.payload),
    })
}

/// Makes a job due now.
pub(crate) async fn retry_job(console: Data<Console>, request: HttpRequest, job_id: Path<String>) -> HttpResponse {
    change_job(&console, &request, &job_id, "retried", async |db, job_id| jobs::retry(db, job_id).await).await
}

/// Removes a job.
pub(crate) async fn drop_job(console: Data<Console>, request: HttpRequest, job_id: Path<String>) -> HttpResponse {
    change_job(&console, &request, &job_id, "dropped", async |db, job_id| jobs::discard(db, job_id).await).await
}

async fn change_job(
    console: &Console,
    request: &HttpRequest,
    job_id: &str,
    done: &'static str,
    change: impl AsyncFnOnce(&Db, JobId) -> Result<(), Error>,
) -> HttpResponse {
    if let Some(refusal) = answer::refusal(console, request) {
        return refusal;
    }
    let (Some(db), Ok(job_id)) = (console.db(), JobId::parse(job_id)) else {
        return answer::refuse(StatusCode::NOT_FOUND, "there is no such job");
    };
    match within(change(db, job_id)).await {
        Ok(()) => {
            tracing::info!(%job_id, done, peer = ?request.peer_addr(), "a job was changed from the console");
            answer::json(&json!({ "done": done }))
        }
        Err(error) => answer::failure(&error),
    }
}

/// Puts a dead letter back.
pub(crate) async fn retry_letter(
    console: Data<Console>,
    request: HttpRequest,
    letter: Path<(String, Uuid)>,
) -> HttpResponse {
    change_letter(&console, &request, letter.into_inner(), "retried", async |db, filter| {
        events::retry(db, filter).await
    })
    .await
}

/// Drops a dead letter.
pub(crate) async fn drop_letter(
    console: Data<Console>,
    request: HttpRequest,
    letter: Path<(String, Uuid)>,
) -> HttpResponse {
    let drop = async |db: &Db, filter: &LetterFilter| events::drop_letters(db, filter).await;
    change_letter(&console, &request, letter.into_inner(), "dropped", drop).await
}

async fn change_letter(
    console: &Console,
    request: &HttpRequest,
    (consumer, event_id): (String, Uuid),
    done: &'static str,
    change: impl AsyncFnOnce(&Db, &LetterFilter) -> Result<u64, Error>,
) -> HttpResponse {
    if let Some(refusal) = answer::refusal(console, request) {
        return refusal;
    }
    let Some(db) = console.db() else { return answer::nothing().await };
    let filter = LetterFilter { consumer: Some(consumer), event_id: Some(event_id), waiting: false };
    match within(change(db, &filter)).await {
        Ok(0) => answer::failure(&Error::NotFound),
        Ok(_) => {
            let consumer = filter.consumer;
            tracing::info!(consumer, %event_id, done, peer = ?request.peer_addr(), "a letter was changed from the console");
            answer::json(&json!({ "done": done }))
        }
        Err(error) => answer::failure(&error),
    }
}
