//! The database that the settings name, or a private one where they name none.
//!
//! A private cluster belongs to the folder that the program is run in, so that two clones on one machine have one each:
//! `.marquee/db` there, or, where PostgreSQL's account may not go there or the path is too long for a socket, a folder
//! below `/var/tmp` whose name is made from the path.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest;
use settings::{ExposeSecret, SecretString};

/// The role and the database of a private cluster.
pub const NAME: &str = "marquee";

/// Room for several programs at their default limits, replicas under test among them.
const MAX_CONNECTIONS: &str = "200";

/// A database, and the private cluster it lives in, if it does.
#[derive(Debug)]
pub struct Database {
    url: SecretString,
    cluster: Option<pgcluster::Cluster>,
}

/// Why there is no database.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The private cluster does not serve; its error names the mend.
    #[error("the private PostgreSQL does not serve")]
    Cluster(#[from] pgcluster::Error),
    /// The folder that the program is run in is gone.
    #[error("the working directory cannot be read")]
    WorkingDirectory(#[source] std::io::Error),
    /// The task that started the cluster was cancelled.
    #[error("the start of the private PostgreSQL was interrupted")]
    Interrupted,
}

impl Database {
    /// Takes `db.url`, or else finds or starts the private cluster.
    ///
    /// # Errors
    /// The private cluster does not serve. A server named by `db.url` is not asked: it may come later.
    pub async fn find(settings: &settings::Db) -> Result<Self, Error> {
        if let Some(url) = &settings.url {
            return Ok(Self { url: url.clone(), cluster: None });
        }
        let folders = match &settings.data_dir {
            Some(folder) => vec![folder.clone()],
            None => default_folders(&std::env::current_dir().map_err(Error::WorkingDirectory)?),
        };
        let start = move || first_that_serves(&folders);
        let cluster = tokio::task::spawn_blocking(start).await.map_err(|_| Error::Interrupted)??;
        Ok(Self { url: SecretString::from(cluster.url(NAME)), cluster: Some(cluster) })
    }

    /// Its address, with the password.
    pub fn url(&self) -> &str {
        self.url.expose_secret()
    }

    /// The private cluster.
    pub fn cluster(&self) -> Option<&pgcluster::Cluster> {
        self.cluster.as_ref()
    }

    /// A shell command that opens `psql` on the private cluster.
    pub fn psql(&self) -> Option<String> {
        let command = self.cluster.as_ref()?.psql_command(NAME);
        let mut line = command.get_program().to_string_lossy().into_owned();
        for argument in command.get_args() {
            let _ = write!(line, " {}", argument.to_string_lossy());
        }
        Some(line)
    }

    /// Opens a pool on it.
    ///
    /// # Errors
    /// The URL or a limit cannot be used.
    pub fn open(&self, limits: sqldb::Settings) -> Result<sqldb::Db, sqldb::SettingsError> {
        sqldb::Db::open(self.url(), limits)
    }

    /// Leaves the private cluster; the last program that uses it stops it. Close the pools first.
    ///
    /// # Errors
    /// The server does not end.
    pub async fn leave(self) -> Result<(), Error> {
        let Some(cluster) = self.cluster else { return Ok(()) };
        let stop = tokio::task::spawn_blocking(move || cluster.stop());
        stop.await.map_err(|_| Error::Interrupted)??;
        Ok(())
    }
}

/// The limits of a service's pool, as set.
pub fn limits(settings: &settings::Db, program: &str) -> sqldb::Settings {
    sqldb::Settings {
        max_connections: settings.max_connections as usize,
        min_connections: settings.min_connections as usize,
        max_lifetime: settings.max_lifetime,
        idle_timeout: settings.idle_timeout,
        acquire_timeout: settings.acquire_timeout,
        max_waiters: settings.max_waiters,
        deadline: settings.deadline,
        application_name: format!("marquee-{program}"),
        observer: Some(sqldb::Observer::new(note)),
    }
}

/// Notes a statement with the request that it belongs to.
fn note(statement: &sqldb::Statement<'_>) {
    let failure = match statement.end {
        sqldb::End::Done => None,
        sqldb::End::Failed => Some("failed"),
        sqldb::End::CutOff => Some("cut off"),
    };
    telemetry::recorder::statement(statement.sql, statement.rows, statement.took, statement.waited, failure);
}

/// Where the private cluster of the folder `working` may live, the best place first.
fn default_folders(working: &Path) -> Vec<PathBuf> {
    let hash = digest::digest(&digest::SHA256, working.as_os_str().as_encoded_bytes());
    let mut elsewhere = String::from("/var/tmp/marquee-");
    for byte in hash.as_ref().iter().take(6) {
        let _ = write!(elsewhere, "{byte:02x}");
    }
    vec![working.join(".marquee/db"), PathBuf::from(elsewhere)]
}

fn first_that_serves(folders: &[PathBuf]) -> Result<pgcluster::Cluster, Error> {
    let mut last = None;
    for folder in folders {
        let options = pgcluster::Options::new(folder, NAME).setting("max_connections", MAX_CONNECTIONS);
        match pgcluster::Cluster::start(&options) {
            Ok(cluster) => {
                cluster.create_database_if_missing(NAME)?;
                return Ok(cluster);
            }
            // Only the place is wrong: another may do.
            Err(error @ (pgcluster::Error::Closed { .. } | pgcluster::Error::SocketPathTooLong { .. })) => {
                last = Some(error);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(last.map_or(Error::Interrupted, Error::Cluster))
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn two_clones_have_two_databases_and_one_clone_has_the_same_each_time() {
        let (one, two) = (default_folders(Path::new("/home/ada/one")), default_folders(Path::new("/home/ada/two")));
        assert_eq!(one[0], Path::new("/home/ada/one/.marquee/db"));
        assert_eq!(one, default_folders(Path::new("/home/ada/one")));
        assert!(one.iter().all(|folder| !two.contains(folder)));
    }

    #[test]
    fn a_path_too_long_for_a_socket_falls_back_to_a_short_one() {
        let folder = tempfile::tempdir_in("/var/tmp").unwrap();
        // Root's server runs under another account, which a closed folder keeps out.
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let long = folder.path().join("x".repeat(120));
        let short = folder.path().join("s");
        let cluster = first_that_serves(&[long, short.clone()]).unwrap();
        assert_eq!(cluster.data_dir(), short);
        cluster.stop().unwrap();
    }

    #[tokio::test]
    async fn a_url_is_taken_as_it_is_and_never_printed() {
        let url = "postgres://ada:hunter2@db.example/films";
        let settings = settings::load(&settings::Sources {
            environment: vec![("MARQUEE__DB__URL".into(), url.into())],
            ..settings::Sources::default()
        })
        .unwrap()
        .settings;
        let database = Database::find(&settings.db).await.unwrap();
        assert_eq!(database.url(), url);
        assert!(database.psql().is_none());
        assert!(!format!("{database:?}").contains("hunter2"));
    }
}
