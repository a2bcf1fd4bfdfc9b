//! A provider of card payments that charges nobody, to develop against.
//!
//! It speaks the protocol of `cards` on a socket of its own, keeps its charges in memory, and sends signed notices. What
//! becomes of a charge is a matter of its token:
//!
//! | token | what happens |
//! |---|---|
//! | `tok_visa` | it succeeds |
//! | `tok_declined`, `tok_insufficient` | it is declined |
//! | `tok_pending`, `tok_pending_declined` | it is pending, and decided a moment later |
//! | `tok_lost` | it succeeds, and the connection breaks off before the answer |
//! | `tok_silent` | it succeeds, and the answer comes after 10 s |
//! | any other | it is declined as `invalid_token` |
//!
//! `PUT /sandbox` `{"answers": "sent" | "none" | "failing", "notices": "sent" | "none" | "twice", "notify": "http://.."}` plays a
//! provider that is away (503), that fails (500), or whose notices get lost or come twice, and says where they go.

mod book;
mod notices;
mod server;

pub use crate::server::{Options, Server};
