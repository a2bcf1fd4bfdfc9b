//! The machine: room, handles, clock.

use std::path::Path;

use super::database::writable;
use super::{Check, Patient};

const GROUP: &str = "machine";

const MIB: u64 = 1024 * 1024;
const GIB: u64 = 1024 * MIB;

/// What a build of everything takes.
const BUILD: u64 = 12 * GIB;

/// What a database and its tests take at least.
const LEAST: u64 = GIB;

/// What PostgreSQL shares between the workers of a query.
const SHARED_MEMORY: u64 = 64 * MIB;

/// Files that a service holds beside connections: logs, keys, the runtime's own.
const OTHER_FILES: u64 = 128;

/// Years in which this clock can be right.
const YEARS: std::ops::Range<i32> = 2026..2100;

pub(super) fn checks(patient: &Patient) -> Vec<Check> {
    let mut checks = vec![disk(patient), temporary()];
    checks.extend(shared_memory());
    checks.push(files(patient));
    checks.push(year(chrono::Datelike::year(&types::now())));
    checks.push(zone(Path::new("/etc/localtime")));
    checks
}

fn disk(patient: &Patient) -> Check {
    const NAME: &str = "disk";
    let is_built = patient.clone.as_ref().is_some_and(|clone| clone.join("target/debug/deps").exists());
    let wanted = if patient.clone.is_some() && !is_built { BUILD } else { LEAST };
    match room(&patient.working) {
        Ok(free) => judge_room(NAME, &patient.working, free, wanted, "free some, or move the clone to a larger disk"),
        Err(error) => Check::bad(GROUP, NAME, format!("{}: {error}", patient.working.display())),
    }
}

fn temporary() -> Check {
    const NAME: &str = "temporary files";
    let folder = std::env::temp_dir();
    match writable(&folder) {
        Ok(()) => Check::good(GROUP, NAME, format!("{} is writable", folder.display())),
        Err(error) => Check::bad(GROUP, NAME, format!("{}: {error}", folder.display()))
            .mend("name a folder that is writable: export TMPDIR=.."),
    }
}

fn shared_memory() -> Option<Check> {
    let folder = Path::new("/dev/shm");
    let free = room(folder).ok()?;
    let mend = "give the container more: docker run --shm-size=256m";
    Some(judge_room("shared memory", folder, free, SHARED_MEMORY, mend))
}

fn judge_room(name: &str, folder: &Path, free: u64, wanted: u64, mend: &str) -> Check {
    let found = format!("{} has {} free; {} is wanted", folder.display(), size(free), size(wanted));
    if free >= wanted { Check::good(GROUP, name, found) } else { Check::bad(GROUP, name, found).mend(mend) }
}

/// Bytes that this user may still write there.
fn room(folder: &Path) -> std::io::Result<u64> {
    let found = rustix::fs::statvfs(folder)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

fn size(bytes: u64) -> String {
    if bytes >= GIB { format!("{:.1} GiB", bytes as f64 / GIB as f64) } else { format!("{} MiB", bytes / MIB) }
}

/// The hard limit is the one that counts: a service raises its own to it.
fn files(patient: &Patient) -> Check {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let settings = &patient.settings;
    let least = u64::from(settings.db.max_connections) + OTHER_FILES;
    let connections = settings.web.max_in_flight.saturating_add(settings.live.max_connections);
    judge_files(limit.maximum, least, least.saturating_add(connections as u64))
}

/// A service needs `least` to start, and `wanted` to take as many requests and listeners as it is set to.
fn judge_files(hard: Option<u64>, least: u64, wanted: u64) -> Check {
    const NAME: &str = "open files";
    let shown = hard.map_or_else(|| "any number".to_owned(), |limit| limit.to_string());
    let found = format!("{shown} at once; {wanted} are wanted");
    let mend = format!(
        "raise the hard limit (LimitNOFILE= of systemd, /etc/security/limits.conf) to {wanted}, or lower live.max_connections"
    );
    match hard {
        Some(hard) if hard < least => Check::bad(GROUP, NAME, found).mend(mend),
        Some(hard) if hard < wanted => Check::remark(GROUP, NAME, found).mend(mend),
        _ => Check::good(GROUP, NAME, found),
    }
}

fn year(year: i32) -> Check {
    const NAME: &str = "clock";
    if YEARS.contains(&year) {
        return Check::good(GROUP, NAME, format!("{} UTC", types::now().format("%Y-%m-%d %H:%M:%S")));
    }
    Check::bad(GROUP, NAME, format!("it shows the year {year}: no token and no certificate is valid"))
        .mend("sudo timedatectl set-ntp true")
}

/// The product keeps UTC everywhere; what the machine shows people is told, because logs of others follow it.
fn zone(localtime: &Path) -> Check {
    const NAME: &str = "time zone";
    let link = std::fs::read_link(localtime).ok();
    let name = link.as_deref().and_then(|link| {
        let text = link.to_str()?;
        text.split_once("zoneinfo/").map(|(_, name)| name.to_owned())
    });
    match name {
        Some(name) => Check::good(GROUP, NAME, format!("{name}; the product keeps UTC")),
        None => Check::good(GROUP, NAME, "UTC, or not named; the product keeps UTC"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn a_clock_is_right_in_some_years() {
        assert_eq!(
            [1970, 2025, 2026, 2099, 2100].map(|at| year(at).state),
            [State::Bad, State::Bad, State::Good, State::Good, State::Bad]
        );
    }

    #[test]
    fn the_limit_of_files_is_judged_by_what_a_service_opens() {
        let judge = |hard| judge_files(hard, 200, 1200);
        assert_eq!(judge(None).state, State::Good);
        assert_eq!(judge(Some(1200)).state, State::Good);
        assert_eq!(judge(Some(1199)).state, State::Remark);
        assert_eq!(judge(Some(199)).state, State::Bad);
        assert!(judge(Some(199)).mend.unwrap().contains("hard limit"));
    }

    #[test]
    fn room_is_judged_by_what_is_wanted() {
        let judge = |free| judge_room("disk", Path::new("/"), free, GIB, "free some");
        assert_eq!((judge(GIB).state, judge(GIB - 1).state), (State::Good, State::Bad));
        assert_eq!(judge(512 * MIB).found, "/ has 512 MiB free; 1.0 GiB is wanted");
    }
}
