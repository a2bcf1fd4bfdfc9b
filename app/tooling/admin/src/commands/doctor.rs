//! `admin doctor`: what this machine lacks, each with its mend.

mod database;
mod files;
mod kubernetes;
mod machine;
mod network;
mod ports;
mod toolchain;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use console::Style;
use serde_json::json;
use settings::Settings;

use crate::cli::{Doctor, With};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::{Reply, printable};

/// What was found out about one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Check {
    group: &'static str,
    name: String,
    state: State,
    found: String,
    mend: Option<String>,
}

/// How it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// As it should be.
    Good,
    /// It works, and somebody should know.
    Remark,
    /// Something does not work without it.
    Bad,
    /// It was not looked at, for the reason given.
    Skipped,
}

/// What the checks look at.
struct Patient {
    settings: Settings,
    /// The folder that the command is run in.
    working: PathBuf,
    /// The root of the clone around it.
    clone: Option<PathBuf>,
}

pub(super) async fn run(context: &Context, arguments: Doctor) -> Result<Reply, Failure> {
    let (settings, mut checks) = settings(context)?;
    let working = std::env::current_dir()?;
    let clone = working.ancestors().find(|folder| is_clone(folder)).map(Path::to_owned);
    let patient = Patient { settings, working, clone };
    let kubernetes = arguments.with.contains(&With::Kubernetes);
    let wait = context.output.progress(None);
    wait.enable_steady_tick(std::time::Duration::from_millis(100));
    wait.set_message("looking");
    // At once: some wait for others who may be silent.
    let (toolchain, database, network, cluster) =
        tokio::join!(toolchain::checks(&patient), database::checks(&patient), network::checks(&patient), async {
            if kubernetes { kubernetes::checks().await } else { Vec::new() }
        },);
    checks.splice(0..0, toolchain);
    checks.extend(database);
    checks.extend(ports::checks(&patient));
    checks.extend(machine::checks(&patient));
    checks.extend(files::checks(&patient).await);
    checks.extend(network);
    checks.extend(cluster);
    wait.finish_and_clear();
    Ok(reply(&checks))
}

/// The settings; where they are wrong, that is the finding, and the rest is looked at with the defaults.
fn settings(context: &Context) -> Result<(Settings, Vec<Check>), Failure> {
    let load = |sources: &settings::Sources| settings::load(sources);
    match load(&settings::Sources::of_process(context.flags.clone())) {
        Ok(loaded) => {
            let name = loaded.settings.env.as_str();
            let mut checks = vec![Check::good("settings", "settings", format!("{name}, without a fault"))];
            checks.extend(loaded.warnings.iter().map(|warning| Check::remark("settings", "warning", warning.clone())));
            Ok((loaded.settings, checks))
        }
        Err(errors) => {
            let bad = |fault: &settings::Fault| {
                Check::bad("settings", &fault.key, fault.to_string())
                    .mend("correct it; `admin config show` prints every key with its source")
            };
            Ok((load(&settings::Sources::default())?.settings, errors.faults().iter().map(bad).collect()))
        }
    }
}

/// A root manifest of the workspace that this program is from.
pub(super) fn is_clone(folder: &Path) -> bool {
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
    manifest.contains("[workspace]") && folder.join("app/tooling/admin/Cargo.toml").exists()
}

fn reply(checks: &[Check]) -> Reply {
    let failed = checks.iter().filter(|check| check.state == State::Bad).count();
    let one = |check: &Check| {
        json!({
            "group": check.group,
            "check": check.name,
            "state": check.state.name(),
            "found": check.found,
            "mend": check.mend,
        })
    };
    let data = json!({ "failed": failed, "checks": checks.iter().map(one).collect::<Vec<_>>() });
    let exit = if failed == 0 { Exit::Done } else { Exit::Failed };
    Reply::document(data, text(checks, failed)).with_exit(exit)
}

/// A line for each, in groups, with the mend below.
fn text(checks: &[Check], failed: usize) -> String {
    let style = || Style::new().force_styling(console::colors_enabled());
    let width = checks.iter().map(|check| check.name.chars().count()).max().unwrap_or_default();
    let (mut text, mut group) = (String::new(), "");
    for check in checks {
        if check.group != group {
            group = check.group;
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}", style().bold().apply_to(group));
        }
        let mark = match check.state {
            State::Good => style().green().apply_to("✓"),
            State::Remark => style().yellow().apply_to("!"),
            State::Bad => style().red().bold().apply_to("✗"),
            State::Skipped => style().dim().apply_to("–"),
        };
        let found = printable(&check.found.replace('\n', " "));
        let _ = writeln!(text, "  {mark} {:<width$}  {found}", check.name);
        if let Some(mend) = &check.mend {
            let _ = writeln!(text, "    {:<width$}  {} {}", "", style().bold().apply_to("→"), printable(mend));
        }
    }
    let _ = match failed {
        0 => writeln!(text, "\nnothing is missing"),
        1 => writeln!(text, "\n1 thing is missing"),
        more => writeln!(text, "\n{more} things are missing"),
    };
    text
}

impl Check {
    fn new(group: &'static str, name: &str, state: State, found: impl Into<String>) -> Self {
        Self { group, name: name.to_owned(), state, found: found.into(), mend: None }
    }

    fn good(group: &'static str, name: &str, found: impl Into<String>) -> Self {
        Self::new(group, name, State::Good, found)
    }

    fn remark(group: &'static str, name: &str, found: impl Into<String>) -> Self {
        Self::new(group, name, State::Remark, found)
    }

    fn bad(group: &'static str, name: &str, found: impl Into<String>) -> Self {
        Self::new(group, name, State::Bad, found)
    }

    fn skipped(group: &'static str, name: &str, why: impl Into<String>) -> Self {
        Self::new(group, name, State::Skipped, why)
    }

    /// The same, with what to do about it.
    fn mend(mut self, mend: impl Into<String>) -> Self {
        self.mend = Some(mend.into());
        self
    }
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Remark => "remark",
            Self::Bad => "bad",
            Self::Skipped => "skipped",
        }
    }
}

/// An error with what lies beneath, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(found) = cause {
        let found_text = found.to_string();
        if !text.contains(&found_text) {
            // Writing to a string cannot fail.
            let _ = write!(text, ": {found_text}");
        }
        cause = found.source();
    }
    text
}
