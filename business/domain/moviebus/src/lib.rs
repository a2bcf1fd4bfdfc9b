//! Everything the product knows about films.
