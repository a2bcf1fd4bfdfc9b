//! PostgreSQL: its programs, a private cluster, the server of `db.url`.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ::database::Database;
use chrono::TimeDelta;
use pgcluster::{Binaries, Cluster, MINIMUM_VERSION};
use settings::Environment;
use sqldb::Db;

use super::{Check, Patient, chain};

const GROUP: &str = "database";

/// How long the server may take to answer.
const LIMIT: Duration = Duration::from_secs(4);

/// How long a scratch cluster may take to be made and started.
const CLUSTER_LIMIT: Duration = Duration::from_secs(30);

/// Extensions that the migrations create, from PostgreSQL's contrib package.
const EXTENSIONS: [&str; 2] = ["pg_trgm", "unaccent"];

/// Tokens carry times: clocks further apart than this refuse each other's.
const CLOCKS_APART: TimeDelta = TimeDelta::seconds(2);

pub(super) async fn checks(patient: &Patient) -> Vec<Check> {
    let (server, private) = tokio::join!(server(patient), private(patient));
    [server, private].concat()
}

/// The server that `db.url` names.
async fn server(patient: &Patient) -> Vec<Check> {
    if patient.settings.db.url.is_none() {
        return vec![Check::skipped(GROUP, "db.url", "not set: a private cluster serves")];
    }
    let asked = tokio::time::timeout(LIMIT, ask(patient)).await;
    asked.unwrap_or_else(|_| {
        let found = format!("the server does not answer within {LIMIT:?}: something takes connections, and is silent");
        vec![Check::bad(GROUP, "db.url", found).mend("is it PostgreSQL, and not a proxy without a server behind it?")]
    })
}

async fn ask(patient: &Patient) -> Vec<Check> {
    let db = match open(patient).await {
        Ok(db) => db,
        Err(why) => return vec![Check::bad(GROUP, "db.url", why).mend("correct db.url")],
    };
    let before = types::now();
    let server = match db.server().await {
        Ok(server) => server,
        Err(error) => {
            return vec![Check::bad(GROUP, "db.url", chain(&error)).mend(crate::exit::DATABASE_MEND)];
        }
    };
    let (major, minor) = (server.version / 10_000, server.version % 10_000);
    let mut checks = vec![if u32::try_from(major).is_ok_and(|major| major >= MINIMUM_VERSION) {
        Check::good(GROUP, "db.url", format!("PostgreSQL {major}.{minor} answers"))
    } else {
        Check::bad(GROUP, "db.url", format!("PostgreSQL {major}.{minor} is older than {MINIMUM_VERSION}"))
            .mend(format!("move the data to PostgreSQL {MINIMUM_VERSION} or newer (pg_upgrade)"))
    }];
    if server.read_only {
        checks.push(
            Check::bad(GROUP, "writes", "the server takes none: it is a standby").mend("name the primary in db.url"),
        );
    }
    checks.push(extensions(&server.extensions));
    checks.push(migrations(patient, &db).await);
    checks.push(clock(server.now - before, types::now() - before));
    checks
}

async fn open(patient: &Patient) -> Result<Db, String> {
    let database = Database::find(&patient.settings.db).await.map_err(|error| chain(&error))?;
    let limits = ::database::limits(&patient.settings.db, "admin");
    let limits =
        sqldb::Settings { max_connections: 1, min_connections: 0, acquire_timeout: LIMIT, deadline: LIMIT, ..limits };
    database.open(limits).map_err(|error| chain(&error))
}

async fn migrations(patient: &Patient, db: &Db) -> Check {
    const NAME: &str = "migrations";
    match migrate::pending(db).await {
        Ok(0) => Check::good(GROUP, NAME, "all applied"),
        Ok(pending) if patient.settings.env == Environment::Development => {
            Check::good(GROUP, NAME, format!("{pending} pending, which the next start applies"))
        }
        Ok(pending) => {
            Check::bad(GROUP, NAME, format!("{pending} pending: no service becomes ready")).mend("admin migrate up")
        }
        Err(error) => Check::bad(GROUP, NAME, chain(&error)).mend("admin migrate status"),
    }
}

/// The clock of the database against ours: `ahead` of the moment before it was asked, which took `trip`.
fn clock(ahead: TimeDelta, trip: TimeDelta) -> Check {
    const NAME: &str = "its clock";
    // It was read on the way: what the way may have taken is no difference.
    let apart = if ahead < TimeDelta::zero() { -ahead } else { (ahead - trip).max(TimeDelta::zero()) };
    if apart <= CLOCKS_APART {
        return Check::good(GROUP, NAME, "as ours");
    }
    let side = if ahead < TimeDelta::zero() { "behind" } else { "ahead" };
    Check::bad(GROUP, NAME, format!("{:.1} s {side} of ours", apart.as_seconds_f64()))
        .mend("set both by NTP: `sudo timedatectl set-ntp true`")
}

fn extensions<T: AsRef<str>>(available: &[T]) -> Check {
    const NAME: &str = "extensions";
    let is_there = |wanted: &&str| available.iter().any(|name| name.as_ref() == *wanted);
    let missing: Vec<_> = EXTENSIONS.into_iter().filter(|wanted| !is_there(wanted)).collect();
    if missing.is_empty() {
        return Check::good(GROUP, NAME, EXTENSIONS.join(", "));
    }
    Check::bad(GROUP, NAME, format!("{} cannot be created", missing.join(", ")))
        .mend("install PostgreSQL's contrib package: zarf/dev/install-postgres.sh")
}

/// The private cluster, which serves without `db.url`, and in every test.
async fn private(patient: &Patient) -> Vec<Check> {
    if patient.settings.db.url.is_some() && patient.clone.is_none() {
        return Vec::new();
    }
    let data_dir = patient.settings.db.url.is_none().then(|| match &patient.settings.db.data_dir {
        Some(folder) => folder.clone(),
        None => patient.working.join(".marquee/db"),
    });
    let looked = tokio::task::spawn_blocking(move || look(data_dir.as_deref())).await;
    looked.unwrap_or_else(|_| vec![Check::bad(GROUP, "private cluster", "the attempt to start one broke off")])
}

fn look(data_dir: Option<&Path>) -> Vec<Check> {
    const PROGRAMS: &str = "PostgreSQL programs";
    let installed = match Binaries::find_all(None) {
        Ok(installed) => installed,
        Err(pgcluster::Error::NotFound { install, rejected, .. }) => {
            let rejected: String = rejected.iter().map(|one| format!("; {one}")).collect();
            let found = format!("no PostgreSQL {MINIMUM_VERSION} or newer{rejected}");
            return vec![Check::bad(GROUP, PROGRAMS, found).mend(install)];
        }
        Err(error) => return vec![Check::bad(GROUP, PROGRAMS, chain(&error))],
    };
    let listed: Vec<_> = installed.iter().map(|one| format!("{} in {}", one.major, one.dir.display())).collect();
    let mut checks = vec![Check::good(GROUP, PROGRAMS, listed.join(", "))];
    checks.extend(data_dir.map(|data_dir| folder(data_dir, &installed)));
    checks.extend(scratch());
    checks
}

/// The folder of the private cluster, without making it.
fn folder(data_dir: &Path, installed: &[Binaries]) -> Check {
    const NAME: &str = "private cluster's folder";
    let shown = data_dir.display();
    let written_by = fs::read_to_string(data_dir.join("pgdata/PG_VERSION")).ok();
    if let Some(version) = written_by.as_deref().map(str::trim) {
        return match installed.iter().any(|one| one.major.to_string() == version) {
            true => Check::good(GROUP, NAME, format!("{shown}, of PostgreSQL {version}")),
            false => Check::bad(GROUP, NAME, format!("{shown} was written by PostgreSQL {version}, which is missing"))
                .mend(format!("install PostgreSQL {version}, or move {shown} away to start with an empty one")),
        };
    }
    let is_busy = fs::read_dir(data_dir).is_ok_and(|mut entries| entries.next().is_some());
    if is_busy {
        return Check::bad(GROUP, NAME, format!("{shown} holds something that is no cluster"))
            .mend("choose another: db.data_dir");
    }
    let above = data_dir.ancestors().find(|folder| fs::symlink_metadata(folder).is_ok());
    match above.map(|above| (above, writable(above))) {
        Some((_, Ok(()))) => Check::good(GROUP, NAME, format!("{shown}, made at the first start")),
        Some((above, Err(error))) => {
            let found = format!("{shown} cannot be made: {}: {error}", above.display());
            Check::bad(GROUP, NAME, found).mend("choose another: db.data_dir; or name a server: db.url")
        }
        None => Check::bad(GROUP, NAME, format!("{shown} cannot be made")).mend("choose another: db.data_dir"),
    }
}

/// Whether a file can be made in a folder: permissions alone do not tell of a file system that is read-only.
pub(super) fn writable(folder: &Path) -> std::io::Result<()> {
    tempfile::Builder::new().prefix(".doctor").tempfile_in(folder).map(drop)
}

/// Makes a cluster, starts it, asks it, stops it, removes it.
fn scratch() -> Vec<Check> {
    const NAME: &str = "private cluster";
    let bad = |why: String| {
        vec![Check::bad(GROUP, NAME, why).mend("mend what the message names; db.url names a server instead")]
    };
    // Where private clusters go that have no room in their own folder: short paths, open to PostgreSQL's account.
    let place = [PathBuf::from("/var/tmp"), std::env::temp_dir()].into_iter().find(|place| writable(place).is_ok());
    let Some(place) = place else {
        return bad("neither /var/tmp nor the folder for temporary files is writable".to_owned());
    };
    let made = tempfile::Builder::new().prefix("doctor").tempdir_in(&place);
    // Root's server runs under another account, which a closed folder keeps out.
    let opened = made.and_then(|made| fs::set_permissions(made.path(), Permissions::from_mode(0o755)).map(|()| made));
    let scratch = match opened {
        Ok(scratch) => scratch,
        Err(error) => return bad(format!("{}: {error}", place.display())),
    };
    let mut options = pgcluster::Options::new(scratch.path().join("db"), "doctor").setting("fsync", "off");
    options.limit = CLUSTER_LIMIT;
    let asked = Cluster::start(&options).and_then(|cluster| {
        let rows = cluster.query("postgres", "SELECT name FROM pg_available_extensions")?;
        let took = cluster.took();
        cluster.stop()?;
        Ok((rows, took))
    });
    match asked {
        Ok((rows, took)) => {
            let names: Vec<String> = rows.into_iter().flatten().flatten().collect();
            let found = format!("one was made, started and stopped; it was up after {:.1} s", took.as_secs_f64());
            vec![Check::good(GROUP, NAME, found), extensions(&names)]
        }
        Err(error) => bad(chain(&error)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn clocks_are_compared_beyond_what_the_way_took() {
        let seconds = TimeDelta::seconds;
        for (ahead, trip, state) in [
            (0, 0, State::Good),
            (3, 4, State::Good),
            (-2, 0, State::Good),
            (-3, 9, State::Bad),
            (9, 4, State::Bad),
            (86_400, 0, State::Bad),
        ] {
            assert_eq!(clock(seconds(ahead), seconds(trip)).state, state, "{ahead} {trip}");
        }
    }
}
