//! From the settings to the exit code.

use std::future::Future;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use settings::{Environment, LogFormat, Settings};
use telemetry::recorder::Keep;
use telemetry::{Format, Output, Telemetry};
use tokio_util::sync::CancellationToken;
use webconsole::{Console, Process, Views};

use crate::debug::filter::LogFilter;
use crate::debug::guard::Guard;
use crate::debug::profiles::Profiles;
use crate::debug::{self, Shown};
use crate::limits;
use crate::listen::{Listener, reachable};
use crate::ready::Readiness;
use crate::server::{Options, Running, serve};
use crate::signal::Signals;
use crate::tasks::Tasks;

/// How long tasks may take to end once no request needs them.
const TASKS_TIMEOUT: Duration = Duration::from_secs(5);

/// How often the rate limiter forgets clients.
const EVICTION: Duration = Duration::from_secs(60);

/// How often a process that is not ready yet looks whether it is.
const AGAIN: Duration = Duration::from_secs(1);

/// What an application is built with.
#[derive(Clone, Debug)]
pub struct Start {
    /// The settings.
    pub settings: Settings,
    /// What work that no request waits for is spawned on.
    pub tasks: Tasks,
    /// To be told what readiness depends on.
    pub readiness: Readiness,
}

/// What an application is made of.
pub struct Parts {
    /// The routes.
    pub api: mux::Api,
    /// Mails that are kept in place of being sent, for the debug listener to show.
    pub mailbox: Option<mail::Mailbox>,
    /// What the console shows beside what every process has.
    pub console: Views,
    /// What is done once the process is ready, with the addresses of the public and of the debug listener.
    pub ready: Box<dyn FnOnce(SocketAddr, SocketAddr) + Send>,
    /// What is done last, once nothing needs it any more: closing a pool, leaving a cluster.
    pub close: Box<dyn FnOnce() + Send>,
}

/// Runs a service until it is told to stop; the result is what `main` returns.
///
/// `name` and `version` are the program's; `build` makes the application out of the settings.
pub fn run<F, Fut>(
    name: &'static str,
    version: &'static str,
    loaded: Result<settings::Loaded, settings::Errors>,
    build: F,
) -> ExitCode
where
    F: FnOnce(Start) -> Fut,
    Fut: Future<Output = anyhow::Result<Parts>>,
{
    let begun = Instant::now();
    let loaded = match loaded {
        Ok(loaded) => loaded,
        Err(errors) => {
            complain(&errors);
            return ExitCode::from(settings::EXIT_CODE);
        }
    };
    // Another library of the process may have chosen already; it is the same choice.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.enable_all().thread_name(name);
    runtimes::count_polls(&mut builder);
    let runtime = match builder.build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&error);
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(live(name, version, loaded, build, begun));
    // What still runs was told to end and given its time.
    runtime.shutdown_background();
    code
}

async fn live<F, Fut>(
    name: &'static str,
    version: &'static str,
    loaded: settings::Loaded,
    build: F,
    begun: Instant,
) -> ExitCode
where
    F: FnOnce(Start) -> Fut,
    Fut: Future<Output = anyhow::Result<Parts>>,
{
    let telemetry = match telemetry::start(telemetry_options(name, version, &loaded.settings)) {
        Ok(telemetry) => telemetry,
        Err(error) => {
            complain(&format_args!("{:#}", anyhow::Error::from(error)));
            return ExitCode::FAILURE;
        }
    };
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    limits::raise_open_files();
    let outcome = serve_until_told(name, version, loaded, build, begun, &telemetry).await;
    let code = match outcome {
        Ok(code) => code,
        Err(error) => {
            tracing::error!(cause = format!("{error:#}"), "the service failed");
            // The log may go to a file; who started the program looks here.
            complain(&format_args!("{error:#}"));
            ExitCode::FAILURE
        }
    };
    let stopped = telemetry.stop().await;
    if stopped.spans_lost + stopped.log_lines_lost > 0 {
        complain(&stopped);
    }
    code
}

async fn serve_until_told<F, Fut>(
    name: &'static str,
    version: &'static str,
    loaded: settings::Loaded,
    build: F,
    begun: Instant,
    telemetry: &Telemetry,
) -> anyhow::Result<ExitCode>
where
    F: FnOnce(Start) -> Fut,
    Fut: Future<Output = anyhow::Result<Parts>>,
{
    let shown = loaded.show();
    let settings = loaded.settings;
    let mut signals = Signals::take().context("cannot take over the signals")?;
    let public = Listener::bind("web.api_host", settings.web.api_host)?;
    let private = Listener::bind("web.debug_host", settings.web.debug_host)?;

    let tasks = Tasks::new();
    tasks.runtimes().watch();
    let readiness = Readiness::starting();
    let start = Start { settings: settings.clone(), tasks: tasks.clone(), readiness: readiness.clone() };
    let built = tokio::select! {
        built = build(start) => built,
        signal = signals.next() => {
            tracing::info!(signal, "told to stop before the start was done");
            return Ok(ExitCode::SUCCESS);
        }
    };
    let Parts { api, mailbox, console, ready, close } = built?;
    let console = Console::new(
        Process {
            name,
            version,
            environment: settings.env,
            settings: shown,
            api_url: api_url(&settings, public.address()),
            max_in_flight: settings.web.max_in_flight,
            max_waiters: settings.db.max_waiters,
            requests: telemetry.requests(),
            metrics: telemetry.metrics(),
            ready: readiness_of(&readiness),
        },
        Views { mailbox: mailbox.clone(), ..console },
    );

    let servers = start_servers(
        name, version, &settings, &api, mailbox, console, public, private, &readiness, &tasks, telemetry,
    )?;
    let signal = tokio::select! {
        signal = signals.next() => signal,
        never = announce(&servers, &readiness, begun, ready).then(|()| std::future::pending()) => never,
    };
    tracing::info!(signal, drain = ?settings.web.drain, "stopping: draining");
    let stop = async {
        stop(&settings, &api, &servers, &readiness, &tasks).await;
        // It may block, and a signal has to be heard meanwhile.
        let _ = tokio::task::spawn_blocking(close).await;
    };
    tokio::select! {
        () = stop => {}
        signal = signals.next() => {
            tracing::warn!(signal, "told again: stopping at once");
            return Ok(ExitCode::FAILURE);
        }
    }
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

struct Servers {
    public: Running,
    private: Running,
    /// Is cancelled when the debug listener closes: nothing that takes its time goes on there.
    closing: CancellationToken,
}

impl Servers {
    fn url(&self, server: &Running) -> String {
        format!("http://{}", server.address())
    }
}

#[expect(clippy::too_many_arguments, reason = "each is used once, and a struct would only rename them")]
fn start_servers(
    name: &'static str,
    version: &'static str,
    settings: &Settings,
    api: &mux::Api,
    mailbox: Option<mail::Mailbox>,
    console: Console,
    public: Listener,
    private: Listener,
    readiness: &Readiness,
    tasks: &Tasks,
    telemetry: &Telemetry,
) -> anyhow::Result<Servers> {
    let (web, closing) = (&settings.web, CancellationToken::new());
    let options = Options {
        workers: web.workers,
        head_timeout: web.header_timeout,
        keep_alive: web.keep_alive,
        shutdown: web.shutdown,
    };
    let shown = Shown {
        name,
        version,
        environment: settings.env.as_str(),
        readiness: readiness.clone(),
        metrics: telemetry.metrics(),
        guard: Guard::new(web.debug_token.as_ref()),
        log: LogFilter::new(telemetry.filter(), tasks.clone()),
        profiles: Profiles::new(closing.clone()),
        runtimes: tasks.runtimes().clone(),
        mailbox,
        console: console.clone(),
    };
    let one = Options { workers: NonZeroUsize::new(1), ..options.clone() };
    let private = serve("debug server", private, &one, tasks, move || debug::app(shown.clone()))
        .context("cannot serve the debug listener")?;
    let app = api.clone();
    let public = serve("server", public, &options, tasks, move || app.app()).context("cannot serve")?;
    let limited = api.clone();
    let runtimes = tasks.runtimes().clone();
    tasks.every("look at the metrics", webconsole::SAMPLE, move || {
        debug::export(&runtimes);
        console.sample();
        std::future::ready(())
    });
    tasks.every("forget idle clients", EVICTION, move || {
        let limited = limited.clone();
        async move { limited.evict() }
    });
    Ok(Servers { public, private, closing })
}

/// Where whoever reads the console reaches the API. A listener on every address is on somebody else's machine in production.
fn api_url(settings: &Settings, public: SocketAddr) -> Option<String> {
    let is_here = !public.ip().is_unspecified() || settings.env == Environment::Development;
    is_here.then(|| format!("http://{}", reachable(public)))
}

/// Says that the process is ready, as soon as it is, and does what waits for that; before, why it is not, once.
async fn announce(
    servers: &Servers,
    readiness: &Readiness,
    begun: Instant,
    ready: impl FnOnce(SocketAddr, SocketAddr) + Send,
) {
    let (url, private) = (servers.url(&servers.public), servers.url(&servers.private));
    let mut is_told = false;
    loop {
        let outcome = readiness.check().await;
        let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        match outcome {
            Ok(()) => {
                tracing::info!(url, docs = format!("{url}/docs"), debug = private, took_ms, "ready");
                return ready(servers.public.address(), servers.private.address());
            }
            Err(unready) if !is_told => {
                tracing::warn!(url, debug = private, took_ms, "serving, not ready: {unready}");
                is_told = true;
            }
            Err(_) => {}
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// What the console asks for readiness.
fn readiness_of(readiness: &Readiness) -> Box<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync> {
    let readiness = readiness.clone();
    Box::new(move || {
        let readiness = readiness.clone();
        async move { readiness.check().await.map_err(|unready| unready.to_string()) }.boxed()
    })
}

/// Drain, then stop: the public server first, so that metrics and readiness can be read to the end.
async fn stop(settings: &Settings, api: &mux::Api, servers: &Servers, readiness: &Readiness, tasks: &Tasks) {
    readiness.drain();
    api.drain();
    tokio::time::sleep(settings.web.drain).await;
    tracing::info!(limit = ?settings.web.shutdown, "stopping: requests in flight finish");
    servers.public.stop().await;
    servers.closing.cancel();
    servers.private.stop().await;
    let left = tasks.stop(TASKS_TIMEOUT).await;
    if left > 0 {
        tracing::warn!(tasks = left, "tasks did not end in time");
    }
}

fn telemetry_options(name: &str, version: &str, settings: &Settings) -> telemetry::Options {
    let wanted = &settings.telemetry;
    telemetry::Options {
        service_name: wanted.service_name.clone().unwrap_or_else(|| name.to_owned()),
        service_version: version.to_owned(),
        environment: settings.env.as_str().to_owned(),
        format: match wanted.log_format {
            LogFormat::Auto => Format::Auto,
            LogFormat::Json => Format::Json,
            LogFormat::Pretty => Format::Pretty,
        },
        filter: wanted.log_filter.to_string(),
        output: wanted.log_file.clone().map_or(Output::Stdout, Output::File),
        otlp_endpoint: wanted.otlp_endpoint.clone(),
        sample_ratio: wanted.sample_ratio,
        keep: Some(match settings.env {
            Environment::Development => Keep::ALL,
            Environment::Production => Keep::SAMPLE,
        }),
    }
}

/// Says to whoever started the program why it does not run. There may be no log yet, or one in a file.
fn complain(what: &dyn std::fmt::Display) {
    // Nobody is left to tell when this fails.
    let _ = writeln!(io::stderr(), "{what}");
}
