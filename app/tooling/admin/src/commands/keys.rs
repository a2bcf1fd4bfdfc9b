//! `admin keys`.

use std::time::{Duration, SystemTime};

use keystore::{Algorithm, Error, Key, KeyStore, State};
use serde_json::{Value, json};
use types::Timestamp;

use crate::cli::Keys;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::Reply;
use crate::table::Table;

/// How long a key is published before it signs: twice as long as the public keys may be kept by whoever fetched them.
const LEAD: Duration = Duration::from_secs(10 * 60);

/// How long services may take to read the folder again, which they look at every second.
const SEEN: Duration = Duration::from_secs(2);

/// By how much longer than its lifetime a token may be of use: a service changes over a moment late, clocks differ.
const GRACE: Duration = Duration::from_secs(10);

pub(super) fn run(context: &Context, command: Keys) -> Result<Reply, Failure> {
    let settings = context.settings()?.settings;
    let store = KeyStore::open(&settings.auth.keys_dir)?;
    match command {
        Keys::Generate { alg } => {
            let kid = store.generate(algorithm(&alg)?)?;
            Ok(made(&store, &kid))
        }
        Keys::Rotate { alg, now } => {
            let algorithm = algorithm(&alg)?;
            store.retire_unneeded(settings.auth.access_ttl + GRACE)?;
            let (mut kid, from) = store.rotate_after(algorithm, LEAD)?;
            if now && from > SystemTime::now() {
                // Every service knows it before one of them signs with it.
                std::thread::sleep(SEEN);
                kid = store.rotate(algorithm)?;
            }
            Ok(made(&store, &kid))
        }
        Keys::List => Ok(list(&store)),
        Keys::Retire { kid, now } => {
            store.retire(&kid, if now { Duration::ZERO } else { settings.auth.access_ttl + GRACE })?;
            Ok(Reply::lines(json!({ "kid": kid, "state": "retired" }), format!("{kid} is retired")))
        }
        Keys::Jwks => {
            let jwks = store.snapshot().jwks();
            let text = format!("{jwks:#}\n");
            Ok(Reply::document(jwks, text))
        }
    }
}

fn algorithm(name: &str) -> Result<Algorithm, Failure> {
    let known = Algorithm::SIGNING.into_iter().find(|algorithm| algorithm.as_str() == name);
    known.ok_or_else(|| {
        let names: Vec<_> = Algorithm::SIGNING.iter().map(|algorithm| algorithm.as_str()).collect();
        Failure::usage(format!("no key can be made for {name}")).mend(format!("--alg {}", names.join(" or --alg ")))
    })
}

/// What became of the key that a command made or chose.
fn made(store: &KeyStore, kid: &str) -> Reply {
    let snapshot = store.snapshot();
    let Some(key) = snapshot.keys().iter().find(|key| key.kid() == kid) else {
        // Another program was faster and has retired it since.
        return Reply::lines(json!({ "kid": kid }), kid);
    };
    let text = match (key.state(), key.signs_from()) {
        (State::Active, _) => format!("{kid} signs from now on"),
        (_, Some(from)) => format!("{kid} is published, and signs from {} on", moment(from)),
        _ => format!("{kid} waits; `admin keys rotate` lets it sign"),
    };
    Reply::lines(shown(key), text)
}

fn list(store: &KeyStore) -> Reply {
    let snapshot = store.snapshot();
    let mut table = Table::new(&["kid", "alg", "state", "created", "signs from", "signs no more since"], "no keys");
    for key in snapshot.keys() {
        let begins = key.signs_from().map(moment).unwrap_or_default();
        let ended = key.retired_at().or(key.passive_since()).map(moment).unwrap_or_default();
        let created = moment(key.created_at());
        table.row([key.kid(), key.algorithm().as_str(), name(key.state()), &created, &begins, &ended]);
    }
    Reply::table(snapshot.keys().iter().map(shown).collect(), table)
}

fn shown(key: &Key) -> Value {
    json!({
        "kid": key.kid(),
        "alg": key.algorithm().as_str(),
        "state": name(key.state()),
        "created_at": moment(key.created_at()),
        "signs_from": key.signs_from().map(moment),
        "passive_since": key.passive_since().map(moment),
        "retired_at": key.retired_at().map(moment),
    })
}

fn name(state: State) -> &'static str {
    match state {
        State::Standby => "standby",
        State::Active => "active",
        State::Passive => "passive",
        State::Retired => "retired",
    }
}

fn moment(at: SystemTime) -> String {
    super::moment(&Timestamp::from(at))
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let (exit, mend) = match &error {
            Error::UnknownKey { .. } => (Exit::NotFound, Some("admin keys list")),
            Error::Active { .. } => {
                (Exit::Refused, Some("admin keys rotate, which retires it when its tokens have expired"))
            }
            Error::StillNeeded { .. } => (Exit::Refused, Some("wait, or end its tokens now with --now")),
            Error::NoActiveKey => (Exit::Refused, Some("admin keys generate")),
            _ => (Exit::Failed, None),
        };
        Self { mend: mend.map(str::to_owned), ..Self::of(exit, &error) }
    }
}
