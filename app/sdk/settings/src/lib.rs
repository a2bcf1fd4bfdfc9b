//! Settings of a program, each with its source.
//!
//! Five layers, a later one wins: the embedded defaults, the file named by `--config`, `.env` (development
//! only), the environment, flags. Every wrong setting is reported at once; a program that cannot be
//! configured exits with [`EXIT_CODE`] before it opens a socket.
//!
//! The keys, their defaults and their documentation are one file:
//!
//! ```toml
#![doc = include_str!("../config.default.toml")]
//! ```

mod command;
mod errors;
mod filter;
mod layer;
mod mask;
mod network;
mod reference;
mod rules;
mod schema;
mod show;
mod value;

pub use command::{Flags, arguments};
pub use errors::{Errors, Fault};
pub use filter::LogFilter;
pub use layer::{Source, Sources};
pub use network::Network;
pub use reference::{Key, Section, keys, sections};
pub use schema::{
    Auth, Cors, Db, Environment, Events, Limits, Live, LogFormat, Mail, Media, Payments, Peers, Settings, Telemetry,
    Web,
};
pub use secrecy::{ExposeSecret, SecretString};
pub use show::Shown;
pub use value::{Size, duration};

use layer::Values;

/// What a program exits with when its settings are wrong: `EX_USAGE` of sysexits.h.
pub const EXIT_CODE: u8 = 64;

/// Settings that passed every check, and where each came from.
#[derive(Debug)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// What is allowed but worth a line in the log, one sentence each. Holds no secret.
    pub warnings: Vec<String>,
    values: Values,
}

/// Reads every layer, and checks every key.
///
/// # Errors
/// All the faults of all the keys: unknown keys, values of the wrong kind, broken rules between keys,
/// files that cannot be read.
pub fn load(sources: &Sources) -> Result<Loaded, Errors> {
    load_for(sources, |_| Vec::new())
}

/// The same for a program that cannot work with every value that is right in itself: `further` names the keys whose values
/// it refuses, each with what would be right.
///
/// # Errors
/// As [`load`], those of `further` among them.
pub fn load_for(
    sources: &Sources,
    further: impl FnOnce(&Settings) -> Vec<(&'static str, String)>,
) -> Result<Loaded, Errors> {
    let mut faults = Vec::new();
    let values = layer::merge(sources, &mut faults);
    let settings = schema::read(&values, &mut faults).or_else(|| {
        // A key whose value cannot be read counts as its default, so that the rules are checked for all others.
        let readable = values.without(faults.iter().map(|fault| fault.key.as_str()));
        schema::read(&readable, &mut Vec::new())
    });
    if let Some(settings) = &settings {
        rules::check(settings, &values, &further(settings), &mut faults);
    }
    match settings {
        Some(settings) if faults.is_empty() => {
            let warnings = rules::warnings(&settings, &values);
            Ok(Loaded { settings, warnings, values })
        }
        _ => Err(Errors::new(faults)),
    }
}
