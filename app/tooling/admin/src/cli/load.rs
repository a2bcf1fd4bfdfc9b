//! The flags of `admin load`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueHint};

/// See `Command::Load`.
#[derive(Debug, Args)]
pub(crate) struct Load {
    /// What to ask for, with a weight beside the other routes; may be repeated
    #[arg(long = "route", value_name = "METHOD PATH[:WEIGHT]", required = true, value_parser = asked)]
    pub(crate) routes: Vec<Asked>,
    /// Requests a second, all routes together, whatever the answers take
    #[arg(long, value_name = "N", default_value_t = 100.0, value_parser = rate)]
    pub(crate) rate: f64,
    /// How long requests are due
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub(crate) duration: Duration,
    /// How long before that the service is warmed up with the same load, which does not count
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = duration)]
    pub(crate) warmup: Duration,
    /// Spread requests as many users do who know nothing of each other (Poisson), not evenly
    #[arg(long)]
    pub(crate) poisson: bool,
    /// Open a connection for each request
    #[arg(long)]
    pub(crate) fresh: bool,
    /// Give a request up so long after it was due
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration)]
    pub(crate) timeout: Duration,
    /// Requests unanswered at once; what is due beyond them is counted as held back
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub(crate) in_flight: u32,

    /// Goal: 99 of 100 answers come within this, from when they were due
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = "Goals")]
    pub(crate) p99: Option<Duration>,
    /// Goal: half of the answers do
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = "Goals")]
    pub(crate) p50: Option<Duration>,
    /// Goal: at most this share fails (status 400 and above, no answer, held back)
    #[arg(long, value_name = "SHARE", default_value = "0.1%", value_parser = share, help_heading = "Goals")]
    pub(crate) errors: f64,

    /// The service [default: web.api_host of the settings]
    #[arg(long, value_hint = ValueHint::Url, help_heading = "Target")]
    pub(crate) url: Option<String>,
    /// Its debug listener, for its pool, processor and memory [default, without --url: web.debug_host]
    #[arg(long, value_hint = ValueHint::Url, help_heading = "Target")]
    pub(crate) debug_url: Option<String>,
    /// Load another machine than this one: you have its owner's consent
    #[arg(long, help_heading = "Target")]
    pub(crate) yes_remote: bool,
    /// Send the access token in this file; - is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Target")]
    pub(crate) token: Option<PathBuf>,
    /// Sign in as this user first; the password is asked for on the terminal
    #[arg(long, value_name = "EMAIL", conflicts_with = "token", help_heading = "Target")]
    pub(crate) login: Option<String>,
    /// Read the password of --login from standard input (one line)
    #[arg(long, requires = "login", help_heading = "Target")]
    pub(crate) password_stdin: bool,
    /// Send a header; may be repeated
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header, help_heading = "Target")]
    pub(crate) headers: Vec<(String, String)>,
    /// Send this file with POST, PUT and PATCH; {{n}} in it (and in paths) is the number of the request, {{uuid}} a new id
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Target")]
    pub(crate) body: Option<PathBuf>,

    /// Write a report with plots: one HTML file that needs nothing else
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Results")]
    pub(crate) report: Option<PathBuf>,
    /// Compare with a run: last (with the same flags), none, or a file of .marquee/load
    #[arg(long, value_name = "last|none|FILE", default_value = "last", help_heading = "Results")]
    pub(crate) baseline: String,
}

/// One `--route`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) weight: u32,
}

/// The examples, and what the generator itself can do.
pub(crate) const HELP: &str = "\
Examples:
  admin load --rate 500 --route 'GET /v1/movies' --p99 50ms --report load.html
  admin load --rate 200 --route 'GET /v1/movies?limit=5:9' --route 'POST /v1/movies' --body film.json \\
    --login editor@example.com
  admin token --email editor@example.com | admin load --route 'GET /v1/users/me' --token -

The service brakes a client at limits.per_second: start it with MARQUEE__LIMITS__ENABLED=false to measure beyond that.

What the generator itself can do: a debug build takes 0.1 ms of a processor for each request. On two processors that a
compiler kept busy at the same time it held 6000 a second, and was late itself beyond. It measures how late it is, and
says so when that stands in the figures.";

fn asked(text: &str) -> Result<Asked, String> {
    let expected = || "expected a method and a path, as in 'GET /v1/movies' or 'GET /v1/movies:3'".to_owned();
    let (method, rest) = text.trim().split_once(' ').ok_or_else(expected)?;
    let weighted = rest.rsplit_once(':').and_then(|(path, weight)| Some((path, weight.parse().ok()?)));
    let (path, weight) = weighted.unwrap_or((rest, 1));
    let is_method = !method.is_empty() && method.chars().all(|c| c.is_ascii_uppercase());
    let is_path = path.starts_with('/') && !path.contains(char::is_whitespace);
    if is_method && is_path && weight > 0 {
        return Ok(Asked { method: method.to_owned(), path: path.to_owned(), weight });
    }
    Err(expected())
}

/// As `250ms`, `30s`, `5m`, `1h`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let unit = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => 0.0,
    };
    let seconds = number.parse::<f64>().unwrap_or(f64::NAN) * unit;
    if unit > 0.0 && (0.0..=86_400.0).contains(&seconds) {
        return Ok(Duration::from_secs_f64(seconds));
    }
    Err("expected a duration of at most a day, as 250ms, 30s, 5m".to_owned())
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().unwrap_or(f64::NAN);
    if (0.01..=100_000.0).contains(&rate) { Ok(rate) } else { Err("expected 0.01 to 100000".to_owned()) }
}

/// As `0.1%`.
fn share(text: &str) -> Result<f64, String> {
    let percent = text.strip_suffix('%').and_then(|number| number.parse().ok()).unwrap_or(f64::NAN);
    if (0.0..=100.0).contains(&percent) { Ok(percent / 100.0) } else { Err("expected 0% to 100%".to_owned()) }
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("expected a name, a colon, a value")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_has_a_method_a_path_and_maybe_a_weight() {
        let of = |path: &str, weight| Asked { method: "GET".to_owned(), path: path.to_owned(), weight };
        assert_eq!(asked("GET /v1/movies").unwrap(), of("/v1/movies", 1));
        assert_eq!(asked("GET /v1/movies?limit=5:12").unwrap(), of("/v1/movies?limit=5", 12));
        assert_eq!(asked("GET /at/12:30/x").unwrap(), of("/at/12:30/x", 1));
        for wrong in ["/v1/movies", "get /v1/movies", "GET v1", "GET /a b", "GET /a:0", "GET", ""] {
            assert!(asked(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn values_have_their_units() {
        assert_eq!(duration("250ms").unwrap(), Duration::from_millis(250));
        assert_eq!(duration("1.5m").unwrap(), Duration::from_secs(90));
        assert_eq!(share("0.1%").unwrap(), 0.001);
        assert!(["5", "s", "-1s", "25h", "1 s", ""].iter().all(|wrong| duration(wrong).is_err()));
        assert!(["0.1", "%", "101%", "-1%"].iter().all(|wrong| share(wrong).is_err()));
        assert!(["0", "-1", "NaN", "1e9", ""].iter().all(|wrong| rate(wrong).is_err()));
    }
}
