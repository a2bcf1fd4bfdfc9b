//! `admin load`: an open-model load, what came of it, the verdict.

mod history;
mod monitor;
mod plot;
mod record;
mod report;
mod requests;
mod summary;
mod verdict;

use std::path::Path;
use std::time::{Duration, Instant};

use load::{Plan, Progress, Run, Target};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::cli::Load;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::Reply;

use monitor::Seen;
use record::{Generator, Parameters, Quantiles, Record};

/// How long the service may take to accept a connection before anything is sent.
const REACHED_WITHIN: Duration = Duration::from_secs(3);

/// How often the progress is drawn.
const FRAME: Duration = Duration::from_millis(200);

pub(super) async fn run(context: &Context, arguments: Load) -> Result<Reply, Failure> {
    let target = target(context, &arguments).await?;
    let debug = debug_target(context, &arguments).await?;
    let plan = requests::plan(&arguments, &target).await?;
    let parameters = parameters(&arguments, &plan, &target);
    let baseline = baseline(&arguments, &parameters)?;
    let build = match &debug {
        Some(debug) => monitor::build(debug).await,
        None => None,
    };
    if build.is_none() {
        context.output.note("the debug listener does not answer: nothing is known of the service's pool and processor");
    }

    let at = types::now();
    let (measured, seen, processors, window) = measure(context, &plan, debug.zip(build)).await?;
    let goals = verdict::goals(&arguments, &measured);
    let met = goals.iter().all(|goal| goal.met);
    let record = Record {
        at: super::moment(&at),
        parameters,
        goals,
        p99_goal: arguments.p99.map(|goal| goal.as_secs_f64() * 1000.0),
        met,
        ended_early: measured.window < plan.duration,
        seconds: measured.window.as_secs_f64(),
        due: measured.due,
        good: measured.good,
        held_back: measured.held_back,
        rate: measured.rate(),
        outcomes: record::outcomes(&measured),
        latency: Quantiles::of(&measured.latency),
        routes: record::routes(&measured),
        first_failures: record::first_failures(&measured),
        generator: Generator { lag: Quantiles::of(&measured.lag), processors },
        service: seen.as_ref().and_then(|seen| seen.service(measured.due)),
        width: measured.width.as_secs_f64(),
        slices: record::slices(&measured),
        moments: seen.map(|seen| seen.moments(window)).unwrap_or_default(),
        curve: record::curve(&measured.latency),
    };
    tell(context, &arguments, &record, baseline.as_ref())
}

/// Keeps the run, writes the report, and answers.
fn tell(context: &Context, arguments: &Load, record: &Record, before: Option<&Record>) -> Result<Reply, Failure> {
    if let Err(error) = history::keep(record) {
        context.output.note(&format!("warning: the run could not be kept for comparison: {error}"));
    }
    if let Some(file) = &arguments.report {
        std::fs::write(file, report::html(record, before))
            .map_err(|error| Failure::of(Exit::Failed, &error).context("the report could not be written"))?;
    }
    let mut data = json!(record);
    data["warnings"] = json!(verdict::warnings(record));
    data["before"] = json!(before.map(|before| json!({ "at": before.at, "latency": before.latency })));
    data["report"] = json!(arguments.report);
    let exit = match (record.ended_early, record.met) {
        (true, _) => Exit::Interrupted,
        (false, true) => Exit::Done,
        (false, false) => Exit::Missed,
    };
    let text = summary::text(record, before, arguments.report.as_deref());
    Ok(Reply::document(data, text).with_exit(exit))
}

/// Runs the plan, watched; answers with what came of it, what was seen of the service, the processors that the
/// generator kept busy, and when the window began.
async fn measure(
    context: &Context,
    plan: &Plan,
    debug: Option<(Target, String)>,
) -> Result<(Run, Option<Seen>, f64, Instant), Failure> {
    let (begin, progress, stop) = (Instant::now(), Progress::default(), CancellationToken::new());
    let (window, end) = (begin + plan.warm_up, begin + plan.warm_up + plan.duration);
    let watched = async {
        match debug {
            Some((debug, build)) => {
                let ended = stop.clone().cancelled_owned();
                tokio::select! {
                    seen = monitor::watch(&debug, build, window, end) => Some(seen),
                    () = ended => None,
                }
            }
            None => None,
        }
    };
    let bar = context.output.progress(Some((end - begin).as_millis() as u64));
    let shown = async {
        loop {
            bar.set_position((begin.elapsed().as_millis() as u64).min((end - begin).as_millis() as u64));
            let (good, bad, in_flight) = (progress.good(), progress.bad(), progress.in_flight());
            bar.set_message(format!("{good} answered, {bad} failed, {in_flight} under way"));
            tokio::time::sleep(FRAME).await;
        }
    };
    let busy = processor_time();
    let work = async {
        let (run, seen) = tokio::join!(load::run(plan, begin, &progress, &stop), watched);
        (run, seen)
    };
    let both = async {
        tokio::select! {
            done = work => Some(done),
            () = shown => None,
        }
    };
    let done = super::interruptible(both, &stop).await?;
    let processors = (processor_time() - busy).as_secs_f64() / begin.elapsed().as_secs_f64();
    bar.finish_and_clear();
    let Some((run, seen)) = done else { return Err(Failure::new(Exit::Failed, "the progress ended before the load")) };
    Ok((run?, seen, processors, window))
}

/// The service, which has to be this machine's, or its owner's consent is given.
async fn target(context: &Context, arguments: &Load) -> Result<Target, Failure> {
    let url = match &arguments.url {
        Some(url) => url.clone(),
        None => format!("http://{}", context.settings()?.settings.web.api_host),
    };
    let target = Target::resolve(&url).await?;
    check_consent(&target, arguments)?;
    let connect = tokio::net::TcpStream::connect(target.authority());
    match tokio::time::timeout(REACHED_WITHIN, connect).await {
        Ok(Ok(_)) => Ok(target),
        Ok(Err(error)) => Err(unreachable(&target, &error)),
        Err(_) => Err(unreachable(&target, &std::io::Error::from(std::io::ErrorKind::TimedOut))),
    }
}

/// Its debug listener: the one named; or that of the settings, when the service is that of the settings.
async fn debug_target(context: &Context, arguments: &Load) -> Result<Option<Target>, Failure> {
    let url = match (&arguments.debug_url, &arguments.url) {
        (Some(url), _) => url.clone(),
        (None, Some(_)) => return Ok(None),
        (None, None) => format!("http://{}", context.settings()?.settings.web.debug_host),
    };
    let target = Target::resolve(&url).await?;
    check_consent(&target, arguments)?;
    Ok(Some(target))
}

fn check_consent(target: &Target, arguments: &Load) -> Result<(), Failure> {
    if target.is_loopback() || arguments.yes_remote {
        return Ok(());
    }
    Err(Failure::refused(format!("{target} is another machine, and a load can bring it down"))
        .mend("--yes-remote, if its owner agrees"))
}

fn unreachable(target: &Target, error: &std::io::Error) -> Failure {
    Failure::of(Exit::Unavailable, error)
        .context(&format!("{target} does not answer"))
        .mend("is the service up? `make run` starts it; --url names another")
}

/// The run to compare with.
fn baseline(arguments: &Load, parameters: &Parameters) -> Result<Option<Record>, Failure> {
    match arguments.baseline.as_str() {
        "none" => Ok(None),
        "last" => Ok(history::last(parameters)),
        file => history::read(Path::new(file))
            .map(Some)
            .map_err(|error| Failure::of(Exit::NotFound, &error).context(&format!("{file} cannot be compared with"))),
    }
}

fn parameters(arguments: &Load, plan: &Plan, target: &Target) -> Parameters {
    let route = |asked: &crate::cli::Asked| match asked.weight {
        1 => format!("{} {}", asked.method, asked.path),
        weight => format!("{} {} ({weight} parts)", asked.method, asked.path),
    };
    let body = plan.routes.iter().map(|route| route.body.text(0).len()).max();
    Parameters {
        url: target.to_string(),
        routes: arguments.routes.iter().map(route).collect(),
        rate: arguments.rate,
        seconds: plan.duration.as_secs_f64(),
        warm_up: plan.warm_up.as_secs_f64(),
        poisson: arguments.poisson,
        fresh: arguments.fresh,
        timeout: plan.timeout.as_secs_f64(),
        in_flight: arguments.in_flight,
        body: body.unwrap_or_default(),
    }
}

/// What this process took of the processors so far.
fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

impl From<load::Error> for Failure {
    fn from(error: load::Error) -> Self {
        let exit = match error {
            load::Error::Url { .. } | load::Error::Plan(_) => Exit::Usage,
            load::Error::Resolve { .. } => Exit::Unavailable,
            _ => Exit::Failed,
        };
        Self::of(exit, &error)
    }
}
