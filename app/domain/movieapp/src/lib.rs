//! Films over HTTP.
