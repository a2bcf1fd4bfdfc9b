//! One file per group of commands.

mod audit;
mod change;
mod check;
mod completions;
mod config;
mod db;
mod derived;
mod doctor;
mod events;
mod import;
mod jobs;
mod keys;
mod load;
mod mail;
mod migrate;
mod new;
mod payments;
mod policy;
mod routes;
mod seed;
mod token;
mod users;
mod version;

use std::future::Future;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use types::Timestamp;

use crate::cli::Command;
use crate::context::Context;
use crate::exit::Failure;
use crate::output::Reply;

/// Runs one command to its answer.
pub(crate) async fn run(context: &Context, command: Command) -> Result<Reply, Failure> {
    match command {
        Command::Migrate(command) => migrate::run(context, command).await,
        Command::Seed(arguments) => seed::run(context, arguments).await,
        Command::Users(command) => users::run(context, command).await,
        Command::Audit(arguments) => audit::run(context, arguments).await,
        Command::Events(command) => events::run(context, command).await,
        Command::Import(command) => import::run(context, command).await,
        Command::Jobs(command) => jobs::run(context, command).await,
        Command::Payments(command) => payments::run(context, command).await,
        Command::Mail(command) => mail::run(context, command).await,
        Command::Keys(command) => keys::run(context, command),
        Command::New(command) => new::run(command),
        Command::Add(command) => change::add(command),
        Command::Rename(command) => change::rename(command),
        Command::Remove(command) => change::remove(command),
        Command::Policy => Ok(policy::run()),
        Command::Config(command) => config::run(context, command),
        Command::Db(command) => db::run(context, command).await,
        Command::Completions { shell } => Ok(completions::run(shell)),
        Command::Doctor(arguments) => doctor::run(context, arguments).await,
        Command::Check(arguments) => check::run(context, arguments).await,
        Command::Load(arguments) => load::run(context, *arguments).await,
        Command::Version => Ok(version::run()),
        Command::Token(arguments) => token::run(context, arguments).await,
        Command::Routes => routes::routes(),
        Command::Openapi => routes::openapi(),
    }
}

/// Runs `work`, which `stop` ends at a clean border; SIGINT and SIGTERM ask for that, and a second one ends this at
/// once, where a transaction in flight is rolled back.
async fn interruptible<T>(work: impl Future<Output = T>, stop: &CancellationToken) -> Result<T, Failure> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            outcome = &mut work => return Ok(outcome),
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        if stop.is_cancelled() {
            return Err(Failure::new(crate::exit::Exit::Interrupted, "ended by a second signal"));
        }
        stop.cancel();
    }
}

/// A moment for people and scripts alike (RFC 3339, whole seconds).
fn moment(at: &Timestamp) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
