//! From the settings to what every service of the product works with.
//!
//! A service is a [`Service`]: what it says of itself, its tables of routes, the work it does beside them. [`run`] is all that its
//! `main` does. What is the same in each is here: the command line, the database of the settings, signing keys and the one who
//! takes tokens, the key of lists, readiness, the work that keeps any process in order, and what a developer's machine gets
//! without asking.

mod background;
mod build;
mod delivery;
mod development;
mod live;
mod mailer;
mod media;
mod payments;
mod probe;
mod unasked;
mod worker;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use brakes::Brakes;
use clap::error::ErrorKind;
use clap::{Command, FromArgMatches};
use feed::{Entity, Feed};
use jobs::Runner;
use mail::Mailer;
use mux::{About, Routes, Whole};
use peers::Payees;
use seeding::Seed;
use service::Tasks;
use settings::{Errors, Loaded, Settings, Sources};
use stores::Stores;
use userbus::mails::Mails;

use crate::probe::Probe;

pub use crate::payments::Cards;
pub use crate::unasked::unasked;

/// A service of the product.
#[derive(Clone, Copy, Debug)]
pub struct Service {
    /// The name of its program.
    pub name: &'static str,
    /// The version of its program.
    pub version: &'static str,
    /// What it is, in a few words, for `--help`.
    pub summary: &'static str,
    /// What its API says of itself.
    pub about: fn() -> About,
    /// What is read at it in place of that, where it stands for several services.
    pub speaks_for: Option<Whole>,
    /// Its tables of routes, in the order of the documentation.
    pub tables: fn(&Resources) -> Vec<Routes>,
    /// Starts what it does beside its requests and beside what every service does.
    pub work: fn(&Resources, &Tasks) -> anyhow::Result<()>,
    /// Gives the runner what does its jobs, beside those of every service.
    pub jobs: fn(&Resources, Runner) -> anyhow::Result<Runner>,
    /// Rows that a development machine starts with, beside users and films.
    pub seeds: &'static [Seed],
    /// Whether it sends mails: production then refuses to start without a relay for them.
    pub mails: bool,
    /// Whether it takes cards.
    pub cards: bool,
    /// Whether it keeps media: production then refuses to start without stores for them.
    pub media: bool,
    /// What is shown of events, if it has the live feed.
    pub live: Option<&'static [Entity]>,
    /// The path of a GET that anyone may try first.
    pub entry: &'static str,
    /// What a developer may try then at this address, as lines for a terminal.
    pub first_steps: fn(SocketAddr) -> String,
}

/// What the routes and the work of a service have at hand.
#[derive(Clone)]
pub struct Resources {
    /// The settings.
    pub settings: Settings,
    /// The database.
    pub db: sqldb::Db,
    /// Who signs and recognises access tokens.
    pub authenticator: auth::Authenticator,
    /// The users; one for the process, since it bounds the passwords that are hashed at once.
    pub users: userbus::Business,
    /// What it takes to be paid by card.
    pub cards: Cards,
    /// Who knows whom one can pay: this process, or the service of accounts.
    pub payees: Arc<dyn Payees>,
    /// Whether this process should be sent requests.
    pub readiness: service::Readiness,
    /// Where media are kept; one for the process, since it bounds the uploads at once.
    pub stores: Stores,
    /// What happens, for whoever wants to hear of it; one for the process. It tells nothing where a service does not have it.
    pub feed: Feed,
}

impl Resources {
    /// The brakes on what is open to everyone; none where the limits are off.
    pub fn brakes(&self) -> Brakes {
        if self.settings.limits.enabled { Brakes::new(self.db.clone()) } else { Brakes::off() }
    }

    /// The way out for mail; on a development machine without a relay, mails are kept and shown.
    ///
    /// # Errors
    /// The settings name a relay or a sender that cannot be used.
    pub fn mailer(&self) -> anyhow::Result<Mailer> {
        mailer::mailer(&self.settings, &self.db)
    }
}

/// Gives the runner what does the jobs of accounts: their mails, and the end of what has expired.
///
/// # Errors
/// A setting of mail cannot be used, or a template of a mail.
pub fn account_jobs(resources: &Resources, runner: Runner) -> anyhow::Result<Runner> {
    let (users, sessions) = (resources.users.clone(), sessionbus::Business::new(resources.db.clone()));
    let mails = Mails::new(users.clone(), resources.mailer()?, &resources.settings.auth.issuer)?;
    let runner = worker::sweep(mails.register(runner), "users.sweep", "3-59/15 * * * *", move || {
        let users = users.clone();
        async move { users.sweep().await.map(|swept| swept.tokens + swept.accounts) }
    })?;
    worker::sweep(runner, "sessions.sweep", "11-59/15 * * * *", move || {
        let sessions = sessions.clone();
        async move { sessions.sweep().await }
    })
}

/// Runs a service until it is told to stop; the result is what its `main` returns.
pub fn run(service: &'static Service) -> ExitCode {
    let command = Command::new(service.name)
        .version(service.version)
        .about(service.summary)
        .after_help("Exit codes: 0 stopped as told, 1 failed or stopped at once, 64 a setting is wrong.")
        .arg(Probe::argument())
        .args(settings::arguments());
    let parsed = command.try_get_matches().and_then(|matches| {
        let flags = settings::Flags::from_arg_matches(&matches)?;
        Ok((flags, Probe::of(&matches)))
    });
    let (flags, probe) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            let is_asked_for = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            // Nobody is left to tell when this fails.
            let _ = error.print();
            return if is_asked_for { ExitCode::SUCCESS } else { ExitCode::from(settings::EXIT_CODE) };
        }
    };
    let sources = settings::Sources::of_process(flags);
    if let Some(probe) = probe {
        return probe.run(&sources);
    }
    service::run(service.name, service.version, load(service, &sources), |start| build::build(service, start))
}

/// Reads the settings of a service as it does at its start, so that what is going to be deployed can be checked before.
///
/// # Errors
/// All the faults of all the keys, with what this service refuses in production.
pub fn load(service: &Service, sources: &Sources) -> Result<Loaded, Errors> {
    let refused = |settings: &Settings| {
        let mut refused = [mailer::refused(settings, service), payments::refused(settings, service)].concat();
        refused.extend(
            [delivery::refused(settings), peers::refused(settings), media::refused(settings, service)].concat(),
        );
        refused
    };
    settings::load_for(sources, refused)
}
