//! Services as processes: their life, and what their debug listener tells of them.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and its tasks end with it"
)]

mod debug;
mod life;
mod process;
mod profiles;
mod readme;
mod runtime;
