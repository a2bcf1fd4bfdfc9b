//! The code of a resource, written from one line, and written anew when the line changes.
//!
//! [`parse`] reads the line, [`plan`] computes every file in memory, [`Plan::write`] writes all of them or none. What is
//! there already is changed by [`add_field`], [`rename`] and [`remove`], which keep what was edited by hand.

mod add;
mod context;
mod definition;
mod diff;
mod dsl;
mod face;
mod footprint;
mod lexer;
mod lock;
mod mentions;
mod merge;
mod migration;
mod name;
mod plan;
mod remove;
mod rename;
mod renaming;
mod render;
mod schema;
mod tree;
mod wiring;
mod write;

pub use crate::add::add_field;
pub use crate::definition::find;
pub use crate::dsl::{Field, Kind, ParseError, Resource, parse};
pub use crate::name::Name;
pub use crate::plan::{File, Plan, PlanError, Removed, generated, plan};
pub use crate::remove::remove;
pub use crate::rename::rename;
