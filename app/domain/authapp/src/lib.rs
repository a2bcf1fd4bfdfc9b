//! Sign-in over HTTP.
