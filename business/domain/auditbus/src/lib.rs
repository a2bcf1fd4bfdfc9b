//! Everything the product knows about what was changed, by whom.
