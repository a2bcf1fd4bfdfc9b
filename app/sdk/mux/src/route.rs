//! The table of routes that an app domain hands in.

use std::fmt;
use std::sync::Arc;

use actix_web::dev::Handler;
use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, Responder};
use auth::Permission;

use crate::operation::Operation;

/// The routes of one app domain: method, path, who may, what it does, and the handler.
///
/// ```ignore
/// Routes::new("movies", "Films of the catalogue")
///     .get("/v1/movies/{id}", Permission::MoviesRead, operation, query_by_id)
///     .data(App { business })
/// ```
pub struct Routes {
    pub(crate) tag: &'static str,
    pub(crate) about: &'static str,
    pub(crate) routes: Vec<Route>,
    pub(crate) data: Vec<Configure>,
}

/// One line of the table.
pub struct Route {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    pub(crate) operation: Operation,
    pub(crate) serve: Serve,
}

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everyone, always: credentials are not looked at, and neither limits nor overload turn anyone away. For health alone:
    /// whatever it costs to answer, nothing bounds it.
    Exempt,
    /// Everyone: credentials are not looked at, so that bad ones do no harm. For documentation, keys.
    Open,
    /// Whom the policy grants this permission.
    Needs(Permission),
}

pub(crate) type Serve = Arc<dyn Fn() -> actix_web::Route + Send + Sync>;
pub(crate) type Configure = Arc<dyn Fn(&mut ServiceConfig) + Send + Sync>;

impl From<Permission> for Access {
    fn from(permission: Permission) -> Self {
        Self::Needs(permission)
    }
}

impl Routes {
    /// An empty table; `tag` and `about` head its part of the API description.
    pub fn new(tag: &'static str, about: &'static str) -> Self {
        Self { tag, about, routes: Vec::new(), data: Vec::new() }
    }

    /// Adds a route for GET, which answers HEAD too.
    #[must_use]
    pub fn get<H, Args>(self, path: &'static str, access: impl Into<Access>, operation: Operation, handler: H) -> Self
    where
        H: Handler<Args> + Send + Sync,
        Args: FromRequest + 'static,
        H::Output: Responder + 'static,
    {
        self.route(Method::GET, path, access, operation, handler)
    }

    /// Adds a route for POST.
    #[must_use]
    pub fn post<H, Args>(self, path: &'static str, access: impl Into<Access>, operation: Operation, handler: H) -> Self
    where
        H: Handler<Args> + Send + Sync,
        Args: FromRequest + 'static,
        H::Output: Responder + 'static,
    {
        self.route(Method::POST, path, access, operation, handler)
    }

    /// Adds a route for PUT.
    #[must_use]
    pub fn put<H, Args>(self, path: &'static str, access: impl Into<Access>, operation: Operation, handler: H) -> Self
    where
        H: Handler<Args> + Send + Sync,
        Args: FromRequest + 'static,
        H::Output: Responder + 'static,
    {
        self.route(Method::PUT, path, access, operation, handler)
    }

    /// Adds a route for PATCH.
    #[must_use]
    pub fn patch<H, Args>(self, path: &'static str, access: impl Into<Access>, operation: Operation, handler: H) -> Self
    where
        H: Handler<Args> + Send + Sync,
        Args: FromRequest + 'static,
        H::Output: Responder + 'static,
    {
        self.route(Method::PATCH, path, access, operation, handler)
    }

    /// Adds a route for DELETE.
    #[must_use]
    pub fn delete<H, Args>(
        self,
        path: &'static str,
        access: impl Into<Access>,
        operation: Operation,
        handler: H,
    ) -> Self
    where
        H: Handler<Args> + Send + Sync,
        Args: FromRequest + 'static,
        H::Output: Responder + 'static,
    {
        self.route(Method::DELETE, path, access, operation, handler)
    }

    /// Adds what the handlers of this table need; they take it as `web::Data<T>`.
    #[must_use]
    pub fn data<T: Send + Sync + 'static>(self, data: T) -> Self {
        let data = web::Data::new(data);
        self.shared(data)
    }

    /// As [`Routes::data`], for what others hold as well.
    #[must_use]
    pub fn shared<T: Send + Sync + 'static>(mut self, data: web::Data<T>) -> Self {
        self.data.push(Arc::new(move |config| {
            config.app_data(web::Data::clone(&data));
        }));
        self
    }

    /// Adds a value that extractors look for by its type, such as their limits.
    #[must_use]
    pub fn extractor_data<T: Clone + Send + Sync + 'static>(mut self, data: T) -> Self {
        self.data.push(Arc::new(move |config| {
            config.app_data(data.clone());
        }));
        self
    }

    /// What heads its part of the API description.
    pub fn tag(&self) -> &'static str {
        self.tag
    }

    /// The lines of the table.
    pub fn iter(&self) -> impl Iterator<Item = &Route> {
        self.routes.iter()
    }

    fn route<H, Args>(
        mut self,
        method: Method,
        path: &'static str,
        access: impl Into<Access>,
        operation: Operation,
        handler: H,
    ) -> Self
    where
        H: Handler<Args> + Send + Sync,
        Args: FromRequest + 'static,
        H::Output: Responder + 'static,
    {
        let serve: Serve = Arc::new(move || actix_web::Route::new().to(handler.clone()));
        self.routes.push(Route { method, path, access: access.into(), operation, serve });
        self
    }
}

impl Route {
    /// The method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path, with its parameters in braces.
    pub fn path(&self) -> &'static str {
        self.path
    }

    /// Who may call it.
    pub fn access(&self) -> Access {
        self.access
    }

    /// What it does.
    pub fn operation(&self) -> &Operation {
        &self.operation
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {:?}", self.method, self.path, self.access)
    }
}
