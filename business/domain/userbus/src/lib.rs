//! Everything the product knows about users.
