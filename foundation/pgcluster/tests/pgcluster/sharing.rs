//! One server for all who want it, for as long as one of them does.

use std::collections::BTreeSet;
use std::os::unix::process::CommandExt;
use std::process::Command;

use pgcluster::{Cluster, Left, Outcome};

use crate::program::Program;
use crate::{folder, options, value};

#[test]
fn a_cluster_is_made_once_then_reused_then_stopped_then_started() {
    let folder = folder();
    let options = options(&folder);

    let first = Cluster::start(&options).unwrap();
    assert_eq!(first.outcome(), Outcome::Initialised);
    assert_eq!(value(&first, "SELECT current_user"), "tester");
    assert_eq!(value(&first, "SHOW server_encoding"), "UTF8");
    assert_eq!(value(&first, "SHOW data_checksums"), "on");
    assert_eq!(value(&first, "SHOW listen_addresses"), "");
    assert_eq!(value(&first, "SHOW max_connections"), "20");

    let second = Cluster::start(&options).unwrap();
    assert_eq!(second.outcome(), Outcome::Reused);
    assert_eq!(second.server_pid(), first.server_pid());

    assert_eq!(first.stop().unwrap(), Left::Running, "the second uses it");
    assert_eq!(value(&second, "SELECT 1"), "1");
    assert_eq!(second.stop().unwrap(), Left::Stopped);

    let third = Cluster::start(&options).unwrap();
    assert_eq!(third.outcome(), Outcome::Started);
}

#[test]
fn eight_programs_starting_at_once_share_one_server() {
    let folder = folder();
    let options = options(&folder);
    let mut programs: Vec<Program> = (0..8).map(|_| Program::start(&options.data_dir)).collect();

    let reports: Vec<_> = programs.iter_mut().map(Program::report).collect();
    let pids: BTreeSet<_> = reports.iter().map(|report| &report.server_pid).collect();
    assert_eq!(pids.len(), 1, "{reports:?}");
    let made = reports.iter().filter(|report| report.outcome == "Initialised");
    assert_eq!(made.count(), 1, "{reports:?}");

    let last = programs.pop().unwrap();
    programs.into_iter().for_each(Program::leave);
    let pid_file = options.data_dir.join("pgdata/postmaster.pid");
    assert!(pid_file.exists(), "one still uses it");
    last.leave();
    assert!(!pid_file.exists(), "the last one stopped it");
}

#[test]
fn eight_threads_starting_and_leaving_again_and_again_always_find_it_serving() {
    let folder = folder();
    let options = options(&folder);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..4 {
                    let cluster = Cluster::start(&options).unwrap();
                    assert_eq!(value(&cluster, "SELECT 1"), "1");
                    cluster.stop().unwrap();
                }
            });
        }
    });
}

#[test]
fn a_lingering_cluster_goes_on_until_it_is_stopped_on_purpose() {
    let folder = folder();
    let mut options = options(&folder);
    options.linger = true;
    let first = Cluster::start(&options).unwrap();
    let pid = first.server_pid();
    assert_eq!(first.stop().unwrap(), Left::Running);

    let second = Cluster::start(&options).unwrap();
    assert_eq!(second.outcome(), Outcome::Reused);
    assert_eq!(second.server_pid(), pid);
    assert_eq!(pgcluster::stop_if_unused(&options).unwrap(), Left::Running);
    drop(second);
    assert_eq!(pgcluster::stop_if_unused(&options).unwrap(), Left::Stopped);
    assert!(!options.data_dir.join("pgdata/postmaster.pid").exists());
    assert_eq!(pgcluster::stop_if_unused(&options).unwrap(), Left::Stopped, "again");
}

#[test]
fn new_settings_reach_a_server_that_nobody_uses_and_wait_while_somebody_does() {
    let folder = folder();
    let mut options = options(&folder);
    options.linger = true;
    let first = Cluster::start(&options).unwrap();
    options = options.setting("work_mem", "7MB");

    let second = Cluster::start(&options).unwrap();
    assert_eq!(second.outcome(), Outcome::Reused);
    assert_eq!(value(&second, "SHOW work_mem"), "4MB", "the first is not thrown out");
    drop((first, second));

    options.linger = false;
    let third = Cluster::start(&options).unwrap();
    assert_eq!(third.outcome(), Outcome::Started);
    assert_eq!(value(&third, "SHOW work_mem"), "7MB");
}

#[test]
fn databases_are_made_once_and_reached_by_url_and_psql() {
    let folder = folder();
    let cluster = Cluster::start(&options(&folder)).unwrap();
    let name = "a \"strange\" one's";
    assert!(cluster.create_database_if_missing(name).unwrap());
    assert!(!cluster.create_database_if_missing(name).unwrap());
    assert!(cluster.url("x").starts_with("postgres://tester@%2Ftmp%2Fpgc"));

    for target in [name.to_owned(), cluster.url(name)] {
        let output = cluster.psql_command(&target).args(["-AtXc", "SELECT current_database()"]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), name);
    }
}

#[test]
fn an_account_shares_its_cluster_with_root_and_shuts_out_others() {
    if !rustix::process::geteuid().is_root() {
        return; // only root can become somebody else
    }
    let folder = folder();
    let options = options(&folder);
    let exe = folder.path().join("tests");
    std::fs::copy(std::env::current_exe().unwrap(), &exe).unwrap();
    let user_of = |name: &str| uzers::get_user_by_name(name).unwrap();
    let as_user = |name: &str| {
        let mut command = Command::new(&exe);
        let user = user_of(name);
        command.uid(user.uid()).gid(user.primary_group_id()).current_dir("/");
        command
    };
    let home = folder.path().join("home");
    std::fs::create_dir(&home).unwrap();
    std::os::unix::fs::chown(&home, Some(user_of("nobody").uid()), None).unwrap();
    let data_dir = home.join("c");

    let mut owner = Program::run(as_user("nobody"), &data_dir);
    assert_eq!(owner.report().outcome, "Initialised");
    let root = Cluster::start(&pgcluster::Options { data_dir: data_dir.clone(), ..options }).unwrap();
    assert_eq!(root.outcome(), Outcome::Reused);
    assert_eq!(value(&root, "SELECT 1"), "1");

    let stranger = as_user("daemon")
        .arg("--exact")
        .arg("program::the_other_program")
        .env("PGCLUSTER_TEST_DATA_DIR", &data_dir)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&stranger.stdout).into_owned();
    assert!(said.contains("Foreign") && said.contains("nobody"), "{said}");

    owner.leave();
    assert_eq!(root.stop().unwrap(), Left::Stopped);
    // Root starts it under the account it belongs to, so that the owner finds it usable.
    let root = Program::start(&data_dir);
    root.leave();
    let mut owner = Program::run(as_user("nobody"), &data_dir);
    assert_eq!(owner.report().outcome, "Started");
    owner.leave();
}
