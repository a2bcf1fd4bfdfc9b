//! The live feed, over real sockets.

mod access;
mod feed;
mod ground;
mod hostile;
mod replicas;

pub(crate) use ground::{Socket, Stream};
