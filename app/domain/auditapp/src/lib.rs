//! Audits over HTTP.
