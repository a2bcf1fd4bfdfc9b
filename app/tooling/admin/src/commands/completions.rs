//! `admin completions`.

use clap::CommandFactory;
use clap_complete::Shell;
use serde_json::json;

use crate::cli::Cli;
use crate::output::Reply;

pub(super) fn run(shell: Shell) -> Reply {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "admin", &mut script);
    let data = json!({ "shell": shell.to_string(), "script": String::from_utf8_lossy(&script) });
    Reply::document(data, script)
}
