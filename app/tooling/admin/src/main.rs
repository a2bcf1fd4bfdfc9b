//! The command line of the people who run the product.

mod cli;
mod commands;
mod context;
mod exit;
mod operator;
mod output;
mod table;

use std::process::ExitCode;

use changes::{Actor, Origin};
use clap::Parser;

use crate::cli::Cli;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::Output;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return Output::clap(&error).into(),
    };
    let cli::Global { json, quiet, verbose, settings } = cli.global;
    let context = Context { output: Output { json, quiet, verbose }, flags: settings };
    let exit = match run(&context, cli.command) {
        Ok(reply) => context.output.reply(reply),
        Err(failure) => context.output.failure(&failure),
    };
    exit.into()
}

fn run(context: &Context, command: cli::Command) -> Result<output::Reply, Failure> {
    // One provider for every TLS connection; a second installation is refused, and changes nothing.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::of(Exit::Failed, &error).context("the runtime could not be started"))?;
    // What a command changes was wanted by the person who runs it.
    let origin = Origin::new(Actor::Operator(operator::name()));
    runtime.block_on(changes::within(origin, commands::run(context, command)))
}
