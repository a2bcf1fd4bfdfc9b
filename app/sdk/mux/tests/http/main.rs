//! The contract that holds for every route, over real sockets.

mod describe;
mod fields;
mod framework;
mod harness;
mod limits;
mod log;
