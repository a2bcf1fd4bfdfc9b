//! A folder of signing keys, each known by its key id.
