//! Tables of routes, put together to an application.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::HeaderValue;
use actix_web::web::ServiceConfig;
use actix_web::{App, Error};

use crate::boundary::Factory;
use crate::docs;
use crate::docs::{Documents, Whole};
use crate::gate::{Authenticate, Authenticator};
use crate::openapi::About;
use crate::path::Tree;
use crate::pipeline::Shared;
use crate::rate::Limiter;
use crate::route::{Access, Configure, Routes, Serve};
use crate::settings::Settings;

/// The tables of a service, being collected.
pub struct Builder {
    about: About,
    authenticator: Authenticator,
    settings: Settings,
    tables: Vec<Routes>,
    whole: Option<Whole>,
}

/// An application, ready to be made once for each worker.
#[derive(Clone)]
pub struct Api {
    factory: Factory,
    data: Arc<Vec<Configure>>,
}

/// What makes it impossible to build an application out of tables.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Two routes have the same method and path.
    #[error("{method} {path} is routed twice")]
    RoutedTwice {
        /// The method.
        method: String,
        /// The path.
        path: &'static str,
    },
    /// Two paths differ in nothing but the names of their parameters.
    #[error("{path} and {other} are the same path")]
    SamePath {
        /// The one path.
        path: &'static str,
        /// The other.
        other: &'static str,
    },
    /// Two operations have the same id.
    #[error("operation {id} exists twice")]
    SameOperation {
        /// The id.
        id: &'static str,
    },
    /// Two schemas have the same name and say different things.
    #[error("schema {name} exists twice, with different content")]
    SameSchema {
        /// The name.
        name: String,
    },
    /// The description could not be written.
    #[error("cannot write the description of the API")]
    Description(#[from] serde_json::Error),
}

/// A resource, before a worker serves it.
pub(crate) struct Listed {
    pub(crate) path: &'static str,
    pub(crate) allow: HeaderValue,
    pub(crate) methods: Vec<ListedMethod>,
}

pub(crate) struct ListedMethod {
    pub(crate) method: Method,
    pub(crate) access: Access,
    pub(crate) takes_body: bool,
    pub(crate) streams_body: bool,
    pub(crate) produces: Vec<&'static str>,
    pub(crate) serve: Serve,
}

impl Builder {
    /// Begins an application that tells of itself as `about`.
    pub fn new(about: About, authenticator: impl Authenticate, settings: Settings) -> Self {
        Self { about, authenticator: Arc::new(authenticator), settings, tables: Vec::new(), whole: None }
    }

    /// Serves what `whole` says in place of what its own tables say: for the one of several services that speaks for all of
    /// them.
    #[must_use]
    pub fn speaks_for(mut self, whole: Whole) -> Self {
        self.whole = Some(whole);
        self
    }

    /// Adds a table.
    #[must_use]
    pub fn routes(mut self, table: Routes) -> Self {
        self.tables.push(table);
        self
    }

    /// Puts the tables together and writes the description.
    ///
    /// # Errors
    ///
    /// Fails when two routes or operations clash: a fault of the program, seen by its first test.
    pub fn build(mut self) -> Result<Api, BuildError> {
        let documents = Documents::new(&self.about, &self.tables)?;
        self.tables.push(docs::routes(match self.whole {
            Some(whole) => documents.of(whole),
            None => documents,
        }));
        let limiter = self.settings.quota.map(Limiter::new);
        let (tree, table) = list(&self.tables)?;
        let limits = request::Limits { size: self.settings.body_limit, time: self.settings.body_timeout };
        let limit: Configure = Arc::new(move |config| {
            config.app_data(limits);
        });
        let data = self.tables.into_iter().flat_map(|table| table.data).chain([limit]).collect();
        let shared = Shared {
            authenticator: self.authenticator,
            limiter,
            trusted_proxies: self.settings.trusted_proxies,
            deadline: self.settings.deadline,
            body_timeout: self.settings.body_timeout,
            max_in_flight: self.settings.max_in_flight,
            in_flight: AtomicUsize::new(0),
            draining: AtomicBool::new(false),
            cancel_abandoned: self.settings.cancel_abandoned,
        };
        let factory = Factory {
            shared: Arc::new(shared),
            tree: Arc::new(tree),
            table: Arc::new(table),
            cors_origins: Arc::new(self.settings.cors_origins),
        };
        Ok(Api { factory, data: Arc::new(data) })
    }
}

impl Api {
    /// The application of one worker.
    pub fn app(
        &self,
    ) -> App<
        impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<BoxBody>, Error = Error, InitError = ()>
        + use<>,
    > {
        let data = Arc::clone(&self.data);
        App::new()
            .configure(move |config: &mut ServiceConfig| {
                for configure in data.iter() {
                    configure(config);
                }
            })
            .default_service(self.factory.clone())
    }

    /// From now on every answer closes its connection, so that clients move on to another replica.
    pub fn drain(&self) {
        self.factory.shared.draining.store(true, Ordering::Relaxed);
    }

    /// Forgets the clients who have their whole quota; to be called every minute or so.
    pub fn evict(&self) {
        if let Some(limiter) = &self.factory.shared.limiter {
            limiter.evict();
        }
    }
}

/// Groups the routes by their paths.
fn list(tables: &[Routes]) -> Result<(Tree, Vec<Listed>), BuildError> {
    let mut tree = Tree::default();
    let mut table: Vec<Listed> = Vec::new();
    for route in tables.iter().flat_map(Routes::iter) {
        let index = match table.iter().position(|listed| listed.path == route.path) {
            Some(index) => index,
            None => {
                if let Some(taken) = tree.insert(route.path, table.len()) {
                    return Err(BuildError::SamePath { path: route.path, other: table[taken].path });
                }
                let allow = HeaderValue::from_static("");
                table.push(Listed { path: route.path, allow, methods: Vec::new() });
                table.len() - 1
            }
        };
        let methods = &mut table[index].methods;
        if methods.iter().any(|listed| listed.method == route.method) {
            let method = route.method.to_string();
            return Err(BuildError::RoutedTwice { method, path: route.path });
        }
        methods.push(ListedMethod {
            method: route.method.clone(),
            access: route.access,
            takes_body: route.operation.body.is_some(),
            streams_body: route.operation.body.as_ref().is_some_and(|body| body.schema.is_none()),
            produces: route.operation.produces(),
            serve: Arc::clone(&route.serve),
        });
    }
    for listed in &mut table {
        listed.allow = allow(&listed.methods);
    }
    Ok((tree, table))
}

fn allow(methods: &[ListedMethod]) -> HeaderValue {
    let mut names: Vec<&str> = methods.iter().map(|listed| listed.method.as_str()).collect();
    if names.contains(&"GET") {
        names.push("HEAD");
    }
    names.push("OPTIONS");
    names.sort_unstable();
    HeaderValue::try_from(names.join(", ")).unwrap_or_else(|_| HeaderValue::from_static("OPTIONS"))
}
