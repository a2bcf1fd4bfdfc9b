//! What commands work with: the settings, the database, the keys.

use std::time::Duration;

use settings::{ExposeSecret, Loaded};

use crate::exit::{Exit, Failure};
use crate::output::Output;

/// The database of the private cluster.
pub(crate) const DATABASE: &str = "marquee";

/// A run of the program.
pub(crate) struct Context {
    pub(crate) output: Output,
    pub(crate) flags: settings::Flags,
}

/// The database of the settings, for as long as this lives.
pub(crate) struct Database {
    pub(crate) db: sqldb::Db,
    /// Holds a password: for libraries, never for output.
    pub(crate) url: String,
    pub(crate) cluster: Option<pgcluster::Cluster>,
}

impl Context {
    /// The settings, with warnings told.
    pub(crate) fn settings(&self) -> Result<Loaded, Failure> {
        let loaded = settings::load(&settings::Sources::of_process(self.flags.clone()))?;
        for warning in &loaded.warnings {
            self.output.detail(&format!("warning: {warning}"));
        }
        Ok(loaded)
    }

    /// The database of `db.url`, or the private cluster, started if need be.
    pub(crate) async fn database(&self) -> Result<Database, Failure> {
        self.open(&self.settings()?.settings).await
    }

    /// The same, of settings read already.
    pub(crate) async fn open(&self, settings: &settings::Settings) -> Result<Database, Failure> {
        let (url, cluster) = match &settings.db.url {
            Some(url) => (url.expose_secret().to_owned(), None),
            None => self.private_cluster(settings).await?,
        };
        let limits = sqldb::Settings {
            // A few, whatever the services hold: the server has to have room for both.
            max_connections: 4,
            min_connections: 1,
            // Nobody waits behind a command: it may take longer than a request.
            acquire_timeout: settings.db.acquire_timeout.max(Duration::from_secs(5)),
            deadline: settings.db.deadline.max(Duration::from_secs(30)),
            application_name: "marquee-admin".to_owned(),
            ..sqldb::Settings::default()
        };
        Ok(Database { db: sqldb::Db::open(&url, limits)?, url, cluster })
    }

    async fn private_cluster(
        &self,
        settings: &settings::Settings,
    ) -> Result<(String, Option<pgcluster::Cluster>), Failure> {
        let data_dir = settings.db.data_dir.clone().unwrap_or_else(|| "/var/tmp/marquee".into());
        let options = pgcluster::Options::new(data_dir, DATABASE);
        let started = tokio::task::spawn_blocking(move || {
            let cluster = pgcluster::Cluster::start(&options)?;
            cluster.create_database_if_missing(DATABASE)?;
            Ok::<_, pgcluster::Error>(cluster)
        });
        let cluster = started
            .await
            .map_err(|error| Failure::of(Exit::Failed, &error))?
            .map_err(|error| Failure::of(Exit::Unavailable, &error).context("the private cluster does not serve"))?;
        self.output.detail(&format!("private cluster in {}: {:?}", cluster.data_dir().display(), cluster.outcome()));
        Ok((cluster.url(DATABASE), Some(cluster)))
    }
}
