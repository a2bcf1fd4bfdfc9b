//! From the flags to the requests that are sent.

use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use hyper::Request;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use load::{Arrivals, Plan, Route, Target, Template, ask};
use serde_json::{Value, json};
use settings::{ExposeSecret, SecretString};

use crate::cli::{Asked, Load};
use crate::exit::{Exit, Failure};
use crate::output::ask_password;

/// How long a sign-in may take.
const LOGIN_LIMIT: Duration = Duration::from_secs(10);

/// Characters read in search of a token or a password.
const LONGEST_INPUT: u64 = 64 * 1024;

/// The same arrivals each time: runs are to be compared.
const SEED: u64 = 1;

/// Handles of files beside those of connections.
const OTHER_FILES: u64 = 64;

pub(crate) async fn plan(arguments: &Load, target: &Target) -> Result<Plan, Failure> {
    let body = match &arguments.body {
        Some(file) => std::fs::read_to_string(file)
            .map_err(|error| Failure::of(Exit::Failed, &error).context("the body cannot be read"))?,
        None => String::new(),
    };
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("admin-load/", env!("CARGO_PKG_VERSION"))));
    if let Some(token) = token(arguments, target).await? {
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
            .map_err(|_| Failure::refused("the token is none: it has characters that no header may have"))?;
        bearer.set_sensitive(true);
        headers.insert(AUTHORIZATION, bearer);
    }
    let routes = arguments.routes.iter().map(|asked| route(asked, arguments, target, &headers, &body));
    let mut plan = Plan::new(routes.collect::<Result<_, _>>()?, arguments.rate, arguments.duration);
    plan.warm_up = arguments.warmup;
    plan.timeout = arguments.timeout;
    plan.in_flight = arguments.in_flight as usize;
    plan.fresh = arguments.fresh;
    if arguments.poisson {
        plan.arrivals = Arrivals::Poisson { seed: SEED };
    }
    make_room(u64::from(arguments.in_flight));
    Ok(plan)
}

fn route(asked: &Asked, arguments: &Load, target: &Target, headers: &HeaderMap, body: &str) -> Result<Route, Failure> {
    let mut route = Route::get(target.clone(), &asked.path);
    route.method = asked.method.parse().map_err(|_| Failure::usage(format!("{} is no method", asked.method)))?;
    route.name = format!("{} {}", asked.method, asked.path);
    route.weight = asked.weight;
    route.headers = headers.clone();
    if ["POST", "PUT", "PATCH"].contains(&asked.method.as_str()) && !body.is_empty() {
        let kind = if asked.method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
        route.headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        route.body = Template::new(body);
    }
    for (name, value) in &arguments.headers {
        let wrong = |_| Failure::usage(format!("{name:?} is no header"));
        let name = HeaderName::try_from(name.as_str()).map_err(|error| wrong(error.to_string()))?;
        let value = HeaderValue::try_from(value.as_str()).map_err(|error| wrong(error.to_string()))?;
        route.headers.insert(name, value);
    }
    Ok(route)
}

/// The access token that requests carry, if they do.
async fn token(arguments: &Load, target: &Target) -> Result<Option<SecretString>, Failure> {
    if let Some(file) = &arguments.token {
        return read_line(file).map(Some).map_err(|error| error.context("the token cannot be read"));
    }
    let Some(email) = &arguments.login else { return Ok(None) };
    let password = if arguments.password_stdin {
        read_line(Path::new("-"))?
    } else {
        let asked = ask_password(&format!("Password of {email}: "))?;
        let missing =
            || Failure::usage("there is no terminal to ask for the password").mend("give it with --password-stdin");
        SecretString::from(asked.ok_or_else(missing)?)
    };
    login(target, email, &password, arguments.warmup + arguments.duration).await.map(Some)
}

/// Signs in as every user does.
async fn login(
    target: &Target,
    email: &str,
    password: &SecretString,
    needed: Duration,
) -> Result<SecretString, Failure> {
    let credentials = json!({ "email": email, "password": password.expose_secret() }).to_string();
    let request = Request::post("/v1/auth/login").header(CONTENT_TYPE, "application/json").body(credentials.into());
    let request = request.map_err(|error| Failure::of(Exit::Failed, &error))?;
    let answer = ask(target, request, LOGIN_LIMIT)
        .await
        .map_err(|error| Failure::of(Exit::Unavailable, &error).context("nobody answers the sign-in"))?;
    let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    let Some(token) = body["access_token"].as_str().filter(|_| answer.status().is_success()) else {
        let title = body["title"].as_str().unwrap_or_default();
        return Err(Failure::refused(format!("{email} was not let in: {} {title}", answer.status().as_u16())));
    };
    let valid = Duration::from_secs(body["expires_in"].as_u64().unwrap_or(u64::MAX / 2));
    if valid < needed {
        return Err(Failure::refused(format!("the token ends after {valid:?}, before the load does"))
            .mend("a shorter --duration, or a token of `admin token --ttl`"));
    }
    Ok(SecretString::from(token))
}

/// The first line of a file, or of standard input.
fn read_line(file: &Path) -> Result<SecretString, Failure> {
    let mut text = String::new();
    match file.as_os_str().as_encoded_bytes() {
        b"-" => io::stdin().take(LONGEST_INPUT).read_to_string(&mut text)?,
        _ => std::fs::File::open(file)?.take(LONGEST_INPUT).read_to_string(&mut text)?,
    };
    Ok(SecretString::from(text.lines().next().unwrap_or_default().trim_end()))
}

/// Each request in flight has a connection, which is a file to the system; the limit is raised as far as may be.
fn make_room(in_flight: u64) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let now = getrlimit(Resource::Nofile);
    let wanted = in_flight + OTHER_FILES;
    if now.current.is_some_and(|soft| soft < wanted) {
        let soft = now.maximum.map_or(wanted, |hard| wanted.min(hard));
        // Where it is refused, requests fail with `no file handle is free`, and are counted as that.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(soft), maximum: now.maximum });
    }
}
