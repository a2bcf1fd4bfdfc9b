//! The life of a service process: start, ready, drain, stop.
