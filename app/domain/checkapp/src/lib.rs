//! Liveness, readiness, health over HTTP.
