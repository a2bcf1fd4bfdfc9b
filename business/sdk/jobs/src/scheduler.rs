//! Periodic jobs: enqueued when they are due, once, whatever the number of replicas.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::report::Report;
use crate::runner::Shared;
use crate::schedule::Schedule;
use crate::store::{self, NewJob, Scheduled};

/// How often the schedules are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// A periodic job.
#[derive(Clone, Debug)]
pub(crate) struct Periodic {
    pub(crate) name: &'static str,
    pub(crate) lane: &'static str,
    pub(crate) attempts: i16,
    pub(crate) schedule: Schedule,
}

/// Enqueues periodic jobs until the stop.
pub(crate) async fn run(shared: Arc<Shared>, periodics: Vec<Periodic>, stop: CancellationToken) {
    if periodics.is_empty() {
        return;
    }
    let mut is_declared = false;
    loop {
        match look(&shared, &periodics, is_declared).await {
            Ok(()) => is_declared = true,
            Err(error) => shared.report(Report::hindered("look at the schedules", &error)),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

async fn look(shared: &Shared, periodics: &[Periodic], is_declared: bool) -> Result<(), sqldb::Error> {
    if !is_declared {
        for Periodic { name, schedule, .. } in periodics {
            if let Some(next) = schedule.next(types::now()) {
                store::declare(&shared.db, name, schedule.as_str(), next).await?;
            }
        }
    }
    let names: Vec<&'static str> = periodics.iter().map(|periodic| periodic.name).collect();
    for Scheduled { name, pattern, next_at, now } in store::schedules(&shared.db, &names).await? {
        let Some(Periodic { name, lane, attempts, schedule }) = periodics.iter().find(|one| one.name == name) else {
            continue;
        };
        // After the server's moment: what was missed while no replica ran is made up for once, not once a period.
        let Some(next) = schedule.next(now) else { continue };
        if next_at <= now {
            store::tick(&shared.db, job(name, lane, *attempts), next_at, next).await?;
        } else if pattern == schedule.as_str() && schedule.next(next).is_some_and(|second| second < next_at) {
            // More than one moment ahead: the clock was set back since, and it would not come for as long as that was.
            store::set(&shared.db, name, next_at, next).await?;
        }
    }
    Ok(())
}

fn job(name: &'static str, lane: &'static str, attempts: i16) -> NewJob {
    NewJob { name, lane, payload: serde_json::Value::Null, attempts, unique_key: None, traceparent: None, due_at: None }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use dbtest::Database;

    use super::*;

    /// A replica that found a moment due may be held up until another has moved it on, and its job is done.
    #[tokio::test]
    async fn a_due_moment_counts_once_however_late_a_second_replica_comes() {
        let database = Database::new().await;
        let (db, due) = (database.db(), types::now());
        store::declare(&db, "test.periodic", "* * * * *", due).await.unwrap();
        let tick =
            async || store::tick(&db, job("test.periodic", "periodic", 1), due, due + TimeDelta::minutes(1)).await;
        assert!(tick().await.unwrap());
        database.execute("DELETE FROM jobs").await;
        assert!(!tick().await.unwrap());
    }
}
