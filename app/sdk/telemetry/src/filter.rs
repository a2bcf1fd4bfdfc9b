//! What is logged, while the process runs.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tracing_subscriber::{EnvFilter, Registry, reload};

use crate::Error;

/// What is logged; clones are one.
#[derive(Clone)]
pub struct Filter {
    text: Arc<Mutex<String>>,
    handle: reload::Handle<EnvFilter, Registry>,
}

impl Filter {
    pub(crate) fn new(text: String, handle: reload::Handle<EnvFilter, Registry>) -> Self {
        Self { text: Arc::new(Mutex::new(text)), handle }
    }

    /// The filter of now, as it was written.
    #[must_use]
    pub fn get(&self) -> String {
        self.text.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes what is logged, from now on.
    ///
    /// # Errors
    /// The filter has no meaning; nothing has changed.
    pub fn set(&self, filter: &str) -> Result<(), Error> {
        let parsed = parse(filter)?;
        let mut text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        self.handle.reload(parsed).map_err(Error::Reload)?;
        filter.clone_into(&mut text);
        Ok(())
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Filter").field(&self.get()).finish()
    }
}

/// Libraries that say much about their own business are heard from `warn` up, unless the filter names them.
pub(crate) fn parse(text: &str) -> Result<EnvFilter, Error> {
    const CHATTY: [&str; 10] = [
        "h2",
        "hyper",
        "hyper_util",
        "opentelemetry",
        "opentelemetry_sdk",
        "pprof",
        "rustls",
        "tonic",
        "tower",
        "actix_server",
    ];
    let invalid = |source| Error::Filter { filter: text.to_owned(), source };
    let mut filter = EnvFilter::builder().parse(text).map_err(invalid)?;
    let named = |target: &str| text.split(',').any(|part| part.split(['=', '[']).next() == Some(target));
    for target in CHATTY.into_iter().filter(|target| !named(target)) {
        filter = filter.add_directive(format!("{target}=warn").parse().map_err(invalid)?);
    }
    // A body that was broken off: whoever breaks it off says so, and why, where there is something to say.
    if !named("actix_http") && !named("actix_http::h1::dispatcher") {
        filter = filter.add_directive("actix_http::h1::dispatcher=off".parse().map_err(invalid)?);
    }
    // `spans` says once that the collector is gone; the exporter would say it for each batch.
    if !named("opentelemetry-otlp") {
        filter = filter.add_directive("opentelemetry-otlp=off".parse().map_err(invalid)?);
    }
    Ok(filter)
}
