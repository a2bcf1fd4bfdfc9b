//! Everything the product knows about sessions.
