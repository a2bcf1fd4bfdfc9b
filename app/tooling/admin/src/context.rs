//! What commands work with: the settings, the database.

use std::time::Duration;

use database::{Database, Error};
use settings::{Loaded, Settings};
use sqldb::Db;

use crate::exit::{DATABASE_MEND, Exit, Failure};
use crate::output::Output;

/// A run of the program.
pub(crate) struct Context {
    pub(crate) output: Output,
    pub(crate) flags: settings::Flags,
}

/// The database of the settings, for as long as this lives.
pub(crate) struct Connected {
    pub(crate) db: Db,
    // After the pool: connections end before the private cluster does.
    pub(crate) database: Database,
}

impl Context {
    /// The settings.
    pub(crate) fn settings(&self) -> Result<Loaded, Failure> {
        let loaded = settings::load(&settings::Sources::of_process(self.flags.clone()))?;
        for warning in &loaded.warnings {
            self.output.detail(&format!("warning: {warning}"));
        }
        Ok(loaded)
    }

    /// The database of `db.url`, or the private cluster, started if need be.
    pub(crate) async fn connect(&self) -> Result<Connected, Failure> {
        self.connect_to(&self.settings()?.settings).await
    }

    /// The same, of settings read already.
    pub(crate) async fn connect_to(&self, settings: &Settings) -> Result<Connected, Failure> {
        let database = Database::find(&settings.db).await?;
        if let Some(cluster) = database.cluster() {
            self.output.detail(&format!(
                "private cluster in {}: {:?}",
                cluster.data_dir().display(),
                cluster.outcome()
            ));
        }
        let limits = database::limits(&settings.db, "admin");
        let db = database.open(sqldb::Settings {
            // A few, whatever the services hold: the server has to have room for both.
            max_connections: 4,
            min_connections: 0,
            // Nobody waits behind a command: it may take longer than a request.
            acquire_timeout: limits.acquire_timeout.max(Duration::from_secs(5)),
            deadline: limits.deadline.max(Duration::from_secs(30)),
            ..limits
        })?;
        Ok(Connected { db, database })
    }
}

impl Connected {
    /// Refuses to work on a schema that lacks migrations: what fails half-way is harder to understand.
    pub(crate) async fn check_schema(&self) -> Result<(), Failure> {
        match migrate::pending(&self.db).await? {
            0 => Ok(()),
            pending => Err(Failure::refused(format!("the schema lacks {pending} migrations")).mend("admin migrate up")),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Cluster(_) => Self::of(Exit::Unavailable, &error),
            _ => Self::of(Exit::Failed, &error).mend(DATABASE_MEND),
        }
    }
}
