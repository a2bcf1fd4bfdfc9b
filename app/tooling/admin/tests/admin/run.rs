//! The program, run.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use dbtest::Database;
use serde_json::Value;

/// A run that has ended.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// The answer of a run with `--json`.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let answer = serde_json::from_str(&self.out);
        assert!(answer.is_ok(), "no JSON: {}{}", self.out, self.err);
        answer.unwrap()
    }

    /// The same, of a run that has to end with `code`.
    #[track_caller]
    pub(crate) fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        self
    }
}

/// The program with nothing of this process's environment, its database a name that nobody serves.
pub(crate) fn admin(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_admin"));
    #[expect(clippy::disallowed_methods, reason = "where psql is, is no setting")]
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.args(arguments).env_clear().env("PATH", path);
    command.env("MARQUEE__DB__URL", "postgres://nobody:canary-password@127.0.0.1:1/nothing");
    // No `.env` of a developer gets in.
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The same on a database.
pub(crate) fn admin_on(database: &Database, arguments: &[&str]) -> Command {
    let mut command = admin(arguments);
    command.env("MARQUEE__DB__URL", database.url());
    command
}

/// Runs it to its end, with `input` on its standard input.
pub(crate) fn run_with(mut command: Command, input: &str) -> Ran {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    // Who asks for no input may have ended by now.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    ran(child.wait_with_output().unwrap())
}

/// Runs it to its end.
pub(crate) fn run(mut command: Command) -> Ran {
    ran(command.output().unwrap())
}

fn ran(output: Output) -> Ran {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}
