//! The program as it is started, watched from outside: its processes, its sockets, its databases.

#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod answer;
mod attacks;
mod between;
mod brakes;
mod console;
mod deadlines;
mod downloads;
mod folder;
mod kills;
mod life;
mod mail;
mod media;
mod observe;
mod orders;
mod payments;
mod policy;
mod process;
mod readme;
mod ready;
mod replicas;
mod revocation;
mod rotation;
mod secrecy;
mod services;
mod sessions;
mod shop;
mod slow;
mod start;
mod trail;
