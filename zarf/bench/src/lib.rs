//! The service measured beside a bare handler.
//!
//! All figures of a run come from one machine in one run: each round measures every contender once, in turn, so that
//! whatever else the machine does falls on all of them alike. What is compared is the ratio, and the processor time
//! that the server's process spends on a request; requests a second on a shared machine say little.

pub mod contender;
pub mod depth;
pub mod fixture;
pub mod listeners;
pub mod load;
pub mod members;
pub mod pgbench;
pub mod places;
pub mod process;
pub mod report;
pub mod sql;
