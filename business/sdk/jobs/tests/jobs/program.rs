//! Another program that runs jobs: this test binary, run again.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use jobs::Runner;
use sqldb::{Db, Settings};
use tokio_util::sync::CancellationToken;

use crate::Note;

const DATABASE: &str = "JOBS_TEST_DATABASE";

/// A program that begins notes and never ends them.
pub(crate) struct Program {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Program {
    pub(crate) fn start(url: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "program::the_other_program", "--nocapture"])
            .env(DATABASE, url)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self { stdout: BufReader::new(child.stdout.take().unwrap()), child }
    }

    /// Waits until it has begun so many jobs.
    pub(crate) fn until_begun(&mut self, count: usize) {
        let mut begun = 0;
        while begun < count {
            let mut line = String::new();
            assert!(self.stdout.read_line(&mut line).unwrap() > 0, "it ended");
            begun += usize::from(line.contains("begins"));
        }
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the harness leaves no other way to tell its child which database")]
async fn the_other_program() {
    let Ok(url) = std::env::var(DATABASE) else { return };
    let db = Db::open(&url, Settings { min_connections: 0, ..Settings::default() }).unwrap();
    let runner = Runner::new(db).on(|note: Note| {
        println!("{} begins", note.text);
        std::future::pending()
    });
    runner.run(CancellationToken::new()).await;
}
