//! `admin jobs`.

use jobs::{Figures, Filter, JobId, Queued, State};
use serde_json::{Value, json};

use crate::cli::{ChosenJobs, Jobs, ListJobs};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::Reply;
use crate::table::{REASON, Table, shortened};

pub(super) async fn run(context: &Context, command: Jobs) -> Result<Reply, Failure> {
    match command {
        Jobs::Status => status(context).await,
        Jobs::List(arguments) => list(context, arguments).await,
        Jobs::Retry(chosen) => {
            let connected = context.connect().await?;
            match chosen_id(&chosen)? {
                Some(job_id) => {
                    jobs::retry(&connected.db, job_id).await.map_err(|error| meaning(error, job_id))?;
                    Ok(done(1, "due now"))
                }
                None => Ok(done(jobs::retry_dead(&connected.db, chosen.name.as_deref()).await?, "due now")),
            }
        }
        Jobs::Drop(chosen) => {
            let connected = context.connect().await?;
            match chosen_id(&chosen)? {
                Some(job_id) => {
                    jobs::discard(&connected.db, job_id).await.map_err(|error| meaning(error, job_id))?;
                    Ok(done(1, "dropped"))
                }
                None => Ok(done(jobs::discard_dead(&connected.db, chosen.name.as_deref()).await?, "dropped")),
            }
        }
    }
}

async fn status(context: &Context) -> Result<Reply, Failure> {
    let connected = context.connect().await?;
    let lanes = jobs::figures(&connected.db).await?;
    let mut table = Table::new(&["lane", "due", "oldest", "later", "running", "dead"], "no jobs");
    for Figures { lane, due, later, running, dead, oldest } in &lanes {
        let [due, later, running, dead] = [due, later, running, dead].map(ToString::to_string);
        table.row([lane, &due, &format!("{} s", oldest.as_secs()), &later, &running, &dead]);
    }
    let data = lanes.iter().map(|lane| {
        json!({
            "lane": lane.lane,
            "due": lane.due,
            "oldest_seconds": lane.oldest.as_secs(),
            "later": lane.later,
            "running": lane.running,
            "dead": lane.dead,
        })
    });
    Ok(Reply::table(data.collect(), table))
}

async fn list(context: &Context, arguments: ListJobs) -> Result<Reply, Failure> {
    let state = arguments.state.as_deref().map(|state| match state {
        "dead" => State::Dead,
        "running" => State::Running,
        _ => State::Waiting,
    });
    let connected = context.connect().await?;
    let found = jobs::query(&connected.db, &Filter { state, name: arguments.name }, arguments.limit).await?;
    if u32::try_from(found.len()) == Ok(arguments.limit) {
        context.output.note(&format!("there may be more than {}; --limit N shows more", arguments.limit));
    }
    let mut table = Table::new(&["id", "name", "state", "attempt", "last error"], "no jobs");
    for job in &found {
        let (id, attempt) = (job.id.to_string(), format!("{} of {}", job.attempt, job.attempts));
        let error = shortened(job.last_error.as_deref().unwrap_or_default(), REASON);
        table.row([&id, &job.name, &standing(job), &attempt, &error]);
    }
    Ok(Reply::table(found.iter().map(json).collect(), table))
}

fn chosen_id(chosen: &ChosenJobs) -> Result<Option<JobId>, Failure> {
    let parse = |text: &String| JobId::parse(text).map_err(|error| Failure::usage(format!("the id {error}")));
    chosen.job.as_ref().map(parse).transpose()
}

fn meaning(error: sqldb::Error, job_id: JobId) -> Failure {
    match error {
        sqldb::Error::NotFound => {
            Failure::not_found(format!("there is no job {job_id}, or it runs")).mend("admin jobs list")
        }
        sqldb::Error::Duplicate { .. } => {
            Failure::new(Exit::Refused, format!("another job does already what {job_id} would"))
                .mend(format!("admin jobs drop {job_id}"))
        }
        error => error.into(),
    }
}

fn done(count: u64, what: &str) -> Reply {
    let jobs = if count == 1 { "1 job is".to_owned() } else { format!("{count} jobs are") };
    Reply::lines(json!({ "count": count }), format!("{jobs} {what}"))
}

fn standing(job: &Queued) -> String {
    match (job.state, &job.dead_at) {
        (State::Dead, Some(at)) => format!("dead since {}", super::moment(at)),
        (State::Waiting, _) => format!("due {}", super::moment(&job.due_at)),
        (state, _) => state.as_str().to_owned(),
    }
}

fn json(job: &Queued) -> Value {
    json!({
        "id": job.id.to_string(),
        "name": job.name,
        "lane": job.lane,
        "state": job.state.as_str(),
        "payload": job.payload,
        "attempt": job.attempt,
        "attempts": job.attempts,
        "enqueued_at": super::moment(&job.enqueued_at),
        "due_at": super::moment(&job.due_at),
        "dead_at": job.dead_at.as_ref().map(super::moment),
        "last_error": job.last_error,
    })
}
