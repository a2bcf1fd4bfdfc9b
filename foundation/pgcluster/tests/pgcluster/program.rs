//! Another program that uses a cluster: this test binary, run again.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use pgcluster::Cluster;

const DATA_DIR: &str = "PGCLUSTER_TEST_DATA_DIR";

/// A program that holds a cluster until it is told to leave, or killed.
pub(crate) struct Program {
    child: Child,
    _stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

/// What a program says once its cluster serves.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) outcome: String,
    pub(crate) server_pid: String,
}

impl Program {
    pub(crate) fn start(data_dir: &Path) -> Self {
        Self::run(Command::new(std::env::current_exe().unwrap()), data_dir)
    }

    pub(crate) fn run(mut command: Command, data_dir: &Path) -> Self {
        let mut child = command
            .args(["--exact", "program::the_other_program", "--nocapture"])
            .env(DATA_DIR, data_dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self { _stdin: child.stdin.take().unwrap(), stdout: BufReader::new(child.stdout.take().unwrap()), child }
    }

    /// Waits until its cluster serves.
    pub(crate) fn report(&mut self) -> Report {
        let mut said = String::new();
        loop {
            let mut line = String::new();
            assert!(self.stdout.read_line(&mut line).unwrap() > 0, "it ended: {said}");
            // The harness writes the name of the test in front.
            if let Some((_, report)) = line.split_once("cluster: ") {
                let (outcome, server_pid) = report.trim().split_once(' ').unwrap();
                return Report { outcome: outcome.to_owned(), server_pid: server_pid.to_owned() };
            }
            said.push_str(&line);
        }
    }

    /// Lets it leave in peace, and waits.
    pub(crate) fn leave(self) {
        let Self { mut child, _stdin: stdin, mut stdout } = self;
        drop(stdin);
        let mut said = String::new();
        stdout.read_to_string(&mut said).unwrap();
        assert!(child.wait().unwrap().success(), "{said}");
    }

    /// Kills it with SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the harness leaves no other way to tell its child which folder")]
fn the_other_program() {
    let Some(data_dir) = std::env::var_os(DATA_DIR) else {
        return; // run as a test, it has nothing to do
    };
    let options = crate::options_in(data_dir);
    let cluster = Cluster::start(&options).unwrap();
    let pid = cluster.server_pid().unwrap();
    println!("cluster: {:?} {pid}", cluster.outcome());
    // Until the parent closes its end.
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    cluster.stop().unwrap();
}
