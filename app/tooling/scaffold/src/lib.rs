//! The code of a new resource, written from one line.
//!
//! [`parse`] reads the line, [`plan`] computes every file in memory, [`Plan::write`] writes all of them or none.

mod dsl;
mod face;
mod lock;
mod name;
mod plan;
mod render;
mod wiring;

pub use crate::dsl::{Field, Kind, ParseError, Resource, parse};
pub use crate::name::Name;
pub use crate::plan::{File, Plan, PlanError, plan};
