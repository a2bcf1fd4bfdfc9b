//! The typed settings; what each key means is written in `config.default.toml`.

use std::{net::SocketAddr, num::NonZeroUsize, path::PathBuf, time::Duration};

use secrecy::SecretString;

use crate::{
    errors::Fault,
    filter::LogFilter,
    layer::Values,
    mask,
    network::Network,
    value::{Size, Value},
};

/// A key of the schema.
pub(crate) struct Declared {
    pub(crate) name: String,
    pub(crate) secret: bool,
}

/// Declares structs whose fields are keys; `Settings { web: Web }`, `Web { drain: .. }` is `web.drain`.
macro_rules! groups {
    ($($(#[$meta:meta])* $name:ident { $($field:ident: $kind:ty,)* })*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug)]
        #[expect(missing_docs, reason = "config.default.toml documents each key")]
        pub struct $name { $(pub $field: $kind,)* }

        impl Node for $name {
            fn read(name: &str, reader: &mut Reader<'_>) -> Option<Self> {
                // Every key is read before the first missing one ends this: all faults are reported.
                $(let $field = <$kind as Node>::read(&join(name, stringify!($field)), reader);)*
                Some(Self { $($field: $field?,)* })
            }

            fn declare(name: &str, into: &mut Vec<Declared>) {
                $(<$kind as Node>::declare(&join(name, stringify!($field)), into);)*
            }
        }
    )*};
}

groups! {
    /// Every setting of every program.
    Settings {
        env: Environment,
        db: Db,
        web: Web,
        auth: Auth,
        telemetry: Telemetry,
        limits: Limits,
        events: Events,
        peers: Peers,
        mail: Mail,
        payments: Payments,
        media: Media,
        live: Live,
    }
    /// `db.*`
    Db {
        url: Option<SecretString>,
        data_dir: Option<PathBuf>,
        max_connections: u32,
        min_connections: u32,
        max_lifetime: Duration,
        idle_timeout: Duration,
        acquire_timeout: Duration,
        max_waiters: usize,
        deadline: Duration,
    }
    /// `web.*`
    Web {
        api_host: SocketAddr,
        debug_host: SocketAddr,
        debug_token: Option<SecretString>,
        drain: Duration,
        shutdown: Duration,
        workers: Option<NonZeroUsize>,
        body_limit: Size,
        body_timeout: Duration,
        header_timeout: Duration,
        keep_alive: Duration,
        max_in_flight: usize,
        trusted_proxies: Vec<Network>,
        cors: Cors,
    }
    /// `web.cors.*`
    Cors {
        allowed_origins: Vec<String>,
    }
    /// `auth.*`
    Auth {
        keys_dir: PathBuf,
        issuer: String,
        audience: String,
        access_ttl: Duration,
    }
    /// `telemetry.*`
    Telemetry {
        log_format: LogFormat,
        log_filter: LogFilter,
        log_file: Option<PathBuf>,
        otlp_endpoint: Option<String>,
        sample_ratio: f64,
        service_name: Option<String>,
    }
    /// `limits.*`
    Limits {
        enabled: bool,
        per_second: u32,
        burst: u32,
    }
    /// `events.*`
    Events {
        nats_url: Option<SecretString>,
    }
    /// `peers.*`
    Peers {
        accounts_url: Option<String>,
        deadline: Duration,
    }
    /// `mail.*`
    Mail {
        smtp_url: Option<SecretString>,
        from: String,
    }
    /// `payments.*`
    Payments {
        provider_url: Option<String>,
        provider_key: Option<SecretString>,
        notice_secret: Option<SecretString>,
    }
    /// `media.*`
    Media {
        stores: Vec<SecretString>,
        max_size: Size,
        link_lifetime: Duration,
        uploads: usize,
        store_timeout: Duration,
    }
    /// `live.*`
    Live {
        max_connections: usize,
        max_per_user: usize,
        max_per_address: usize,
        max_per_topic: usize,
        topics: usize,
        queue: usize,
        memory: usize,
        replay: usize,
        ping: Duration,
        idle: Duration,
        max_message: Size,
        messages_per_second: usize,
    }
}

/// Where a program runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Environment {
    /// A developer's machine, or a test.
    Development,
    /// Anywhere with real users.
    Production,
}

impl Environment {
    /// The name, as it is written in `env`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Production => "production",
        }
    }
}

/// How a log line is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LogFormat {
    /// Pretty on a terminal, else JSON.
    Auto,
    /// One JSON object a line.
    Json,
    /// For eyes.
    Pretty,
}

/// Reads the whole schema; `None` when a value is of the wrong kind.
pub(crate) fn read(values: &Values, faults: &mut Vec<Fault>) -> Option<Settings> {
    Settings::read("", &mut Reader { values, faults })
}

/// Every key of the schema, in its order.
pub(crate) fn declared() -> Vec<Declared> {
    let mut keys = Vec::new();
    Settings::declare("", &mut keys);
    keys
}

struct Reader<'a> {
    values: &'a Values,
    faults: &'a mut Vec<Fault>,
}

/// A key, or a group of keys.
trait Node: Sized {
    fn read(name: &str, reader: &mut Reader<'_>) -> Option<Self>;
    fn declare(name: &str, into: &mut Vec<Declared>);
}

impl<T: Value> Node for T {
    fn read(name: &str, reader: &mut Reader<'_>) -> Option<Self> {
        let entry = reader.values.get(name)?;
        let value = T::from_raw(&entry.raw);
        if value.is_none() {
            reader.faults.push(Fault {
                key: name.to_owned(),
                value: Some(mask::shown(&entry.raw, T::SECRET)),
                source: entry.source.clone(),
                expected: format!("expected {}", T::expected()),
            });
        }
        value
    }

    fn declare(name: &str, into: &mut Vec<Declared>) {
        into.push(Declared { name: name.to_owned(), secret: T::SECRET });
    }
}

fn join(group: &str, field: &str) -> String {
    if group.is_empty() { field.to_owned() } else { format!("{group}.{field}") }
}
