//! The life of a service process: start, ready, drain, stop.
//!
//! [`run`] is what `main` of a service calls. It reads nothing and knows nothing of any domain: a closure builds the
//! application out of the settings, and gets a [`Start`] to take part in the life of the process.
//!
//! 1. Settings with faults end the process with exit code 64 before any socket is opened.
//! 2. Telemetry starts, the listeners are bound, the closure builds. Nothing is announced yet.
//! 3. The workers serve; one log event names the addresses. Readiness is what [`Readiness`] finds.
//! 4. SIGTERM or SIGINT: readiness answers 503 and the service goes on serving for `web.drain`. Every answer in that
//!    time closes its connection, so that clients with open connections have moved on before any is cut.
//! 5. The listeners close, requests in flight finish within `web.shutdown`, tasks stop, telemetry is flushed, exit
//!    code 0. A second signal stops all of this at once, exit code 1.

mod debug;
mod life;
mod limits;
mod listen;
mod mailbox;
mod ready;
mod refusal;
mod server;
mod signal;
mod stream;
pub mod tasks;

pub use crate::life::{Parts, Start, run};
pub use crate::limits::open_files;
pub use crate::listen::{BindError, Listener, reachable};
pub use crate::ready::{Readiness, Unready};
pub use crate::server::{Options, Running, serve};
pub use crate::tasks::Tasks;
