//! A folder of signing keys, each known by its key id.
//!
//! A key is a PEM file (PKCS#8) named by its `kid`, which is the thumbprint of its public part (RFC 7638). A key has
//! one algorithm and one state, both written in `keys.json` beside it; a PEM file that `keys.json` does not name is
//! not loaded. The life of a key: it may wait as [`State::Standby`], so that verifiers elsewhere learn it before they
//! meet its signature, signs as [`State::Active`], then only verifies as [`State::Passive`] until the last token it
//! signed has expired, and ends as [`State::Retired`]. When a key that waits is to sign may be settled beforehand: then
//! every program that reads the folder changes over at that moment, and none has to write.
//!
//! Programs that change the folder at the same time wait for each other at a lock. Each file is replaced as a whole,
//! so that whoever reads never meets half of one.
//!
//! [`jws`] is the verification of signatures on its own, strict where RFC 7515 leaves room.
//!
//! `jsonwebtoken` signs and verifies, reads PEM files and public keys, makes thumbprints. Around it is what it leaves
//! to its caller: the size of a token, headers with a member twice or with one that chooses the key, the one algorithm
//! of a key, the type of a token. Keys are made, and ES512 is verified, by aws-lc-rs itself.

mod algorithm;
mod error;
mod folder;
mod index;
mod jwk;
pub mod jws;
mod key;
mod store;

pub use crate::algorithm::Algorithm;
pub use crate::error::Error;
pub use crate::index::State;
pub use crate::jwk::{Jwk, JwkError};
pub use crate::jws::Invalid;
pub use crate::store::{Key, KeyStore, Snapshot, Verified};
