//! The generated client, against the compiler and against a service that runs.

mod catalogue;
mod compiler;
