//! Programs and servers that die without a farewell.

use pgcluster::{Cluster, Left, Outcome};
use rustix::process::{Pid, Signal, kill_process};

use crate::program::Program;
use crate::{folder, options, value};

#[test]
fn what_a_killed_program_wrote_is_there_for_the_next() {
    let folder = folder();
    let options = options(&folder);
    let mut program = Program::start(&options.data_dir);
    let pid = program.report().server_pid;
    let witness = Cluster::start(&options).unwrap();
    witness.query("postgres", "CREATE TABLE kept AS SELECT 42 AS answer").unwrap();
    witness.stop().unwrap();
    program.kill();

    let next = Cluster::start(&options).unwrap();
    assert_eq!(next.outcome(), Outcome::Reused);
    assert_eq!(next.server_pid().unwrap().to_string(), pid);
    assert_eq!(value(&next, "SELECT answer FROM kept"), "42");
    assert_eq!(next.stop().unwrap(), Left::Stopped, "the dead hold no lock");
}

#[test]
fn a_killed_server_comes_back_with_its_data() {
    let folder = folder();
    let options = options(&folder);
    let before = Cluster::start(&options).unwrap();
    before.query("postgres", "CREATE TABLE kept AS SELECT 42 AS answer").unwrap();
    kill_process(pid_of(&before), Signal::KILL).unwrap();

    let after = Cluster::start(&options).unwrap();
    assert_eq!(after.outcome(), Outcome::Started);
    assert_eq!(value(&after, "SELECT answer FROM kept"), "42");
    assert_eq!(value(&before, "SELECT 1"), "1", "the first program finds it again as well");
}

#[test]
fn leaving_a_server_that_was_killed_is_no_error() {
    let folder = folder();
    let cluster = Cluster::start(&options(&folder)).unwrap();
    let pid = pid_of(&cluster);
    kill_process(pid, Signal::KILL).unwrap();
    while kill_process(pid, Signal::CONT).is_ok() && !is_zombie(pid) {
        std::thread::yield_now();
    }
    assert_eq!(cluster.stop().unwrap(), Left::Stopped);
}

#[test]
fn a_pid_file_whose_number_now_belongs_to_another_program_is_seen_through() {
    let (one, two) = (folder(), folder());
    let living = Cluster::start(&options(&one)).unwrap();
    let options = options(&two);
    Cluster::start(&options).unwrap().stop().unwrap();
    // As after a restart of a container, where numbers begin anew: the same account, another program.
    let pid_file = |c: &pgcluster::Options| c.data_dir.join("pgdata/postmaster.pid");
    let text = std::fs::read_to_string(pid_file(&crate::options(&one))).unwrap();
    let text = text.replace(one.path().to_str().unwrap(), two.path().to_str().unwrap());
    std::fs::write(pid_file(&options), text).unwrap();

    let cluster = Cluster::start(&options).unwrap();
    assert_eq!(cluster.outcome(), Outcome::Started);
    assert_ne!(cluster.server_pid(), living.server_pid());
    cluster.stop().unwrap();
    assert_eq!(value(&living, "SELECT 1"), "1", "the other is left alone");
}

#[test]
fn a_server_that_lost_its_shared_memory_is_restarted_for_the_next_program() {
    let folder = folder();
    let mut options = options(&folder);
    options.linger = true;
    let cluster = Cluster::start(&options).unwrap();
    // Statistics of so many tables do not fit the memory that is there from the start.
    let many = "DO $$ BEGIN FOR i IN 1..4000 LOOP EXECUTE format('CREATE TABLE t%s ()', i); COMMIT; END LOOP; END $$";
    cluster.query("postgres", many).unwrap();
    let kept = options.data_dir.join("pgdata/pg_dynshmem");
    for entry in std::fs::read_dir(&kept).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    let error = Cluster::start(&options).unwrap_err().to_string();
    assert!(error.contains("shared memory"), "not while somebody uses it: {error}");
    drop(cluster);

    options.linger = false;
    let next = Cluster::start(&options).unwrap();
    assert_eq!(next.outcome(), Outcome::Started);
    assert_eq!(value(&next, "SELECT count(*) FROM pg_tables WHERE tablename ~ '^t[0-9]+$'"), "4000");
}

#[test]
fn an_initialisation_that_was_cut_off_is_begun_anew() {
    let folder = folder();
    let options = options(&folder);
    Cluster::start(&options).unwrap().stop().unwrap();
    let pgdata = options.data_dir.join("pgdata");
    let unfinished = options.data_dir.join("pgdata.new");
    std::fs::rename(&pgdata, &unfinished).unwrap();
    std::fs::remove_file(unfinished.join("global/pg_control")).unwrap();

    let cluster = Cluster::start(&options).unwrap();
    assert_eq!(cluster.outcome(), Outcome::Initialised);
    assert!(!unfinished.exists());
}

#[test]
fn the_server_is_in_a_session_of_its_own_so_that_no_terminal_ends_it() {
    let folder = folder();
    let cluster = Cluster::start(&options(&folder)).unwrap();
    let (group, session) = group_and_session(&pid_of(&cluster).as_raw_pid().to_string());
    let (own_group, own_session) = group_and_session("self");
    assert_ne!(session, own_session);
    assert_ne!(group, own_group);
}

#[test]
fn a_frozen_server_is_reported_within_seconds() {
    let folder = folder();
    let options = options(&folder);
    let cluster = Cluster::start(&options).unwrap();
    let pid = pid_of(&cluster);
    kill_process(pid, Signal::STOP).unwrap();
    let error = Cluster::start(&options).unwrap_err().to_string();
    kill_process(pid, Signal::CONT).unwrap();
    assert!(error.contains("frozen"), "{error}");
    assert_eq!(cluster.stop().unwrap(), Left::Stopped);
}

fn pid_of(cluster: &Cluster) -> Pid {
    Pid::from_raw(i32::try_from(cluster.server_pid().unwrap()).unwrap()).unwrap()
}

/// Read from /proc, which shows a leader outside this PID namespace as 0: getsid(2) answers 0 for it too, and rustix
/// panics on that.
fn group_and_session(process: &str) -> (i32, i32) {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let after_name = stat.rsplit_once(") ").unwrap().1; // state, parent, group, session
    let numbers: Vec<i32> = after_name.split(' ').skip(2).take(2).map(|number| number.parse().unwrap()).collect();
    (numbers[0], numbers[1])
}

/// Nobody may be there to collect a dead child's status.
fn is_zombie(pid: Pid) -> bool {
    std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_pid())).is_ok_and(|stat| stat.contains(") Z "))
}
