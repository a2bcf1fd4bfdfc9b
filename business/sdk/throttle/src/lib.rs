//! Brakes on guessing that all replicas share.
