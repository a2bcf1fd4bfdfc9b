//! Entity tags, with the conditional request rules of RFC 9110.
