//! The table of routes, turned into an HTTP application that keeps the contract.
//!
//! An app domain hands in [`Routes`]; [`Builder`] puts the tables together to an [`Api`], which is made into an actix
//! `App` once for each worker. What a request passes on its way, and in which order, is written down in `pipeline.rs`.
//!
//! A request that the HTTP parser refuses (400, 408, 431) never gets here: actix-http answers it by itself. The stream
//! beneath, in the crate `service`, makes a problem document of that answer too.

mod accept;
mod address;
mod api;
mod boundary;
mod compress;
mod connection;
mod docs;
mod download;
mod failure;
mod gate;
mod openapi;
mod operation;
mod panic;
mod path;
mod pipeline;
mod rate;
mod record;
pub mod reply;
mod route;
mod settings;

pub use crate::accept::{is_known, preferred};
pub use crate::api::{Api, BuildError, Builder};
pub use crate::connection::{Connection, Switch, unless_gone};
pub use crate::docs::{Whole, pages, policy_page, tag};
pub use crate::download::{Chunks, Downloads, Gone};
pub use crate::gate::Authenticate;
pub use crate::openapi::{About, describe};
pub use crate::operation::{Need, Operation, operation};
pub use crate::reply::Collection;
pub use crate::route::{Access, Route, Routes};
pub use crate::settings::{Quota, Settings};
