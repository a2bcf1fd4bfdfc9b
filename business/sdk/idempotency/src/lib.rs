//! Answers of keyed requests, kept in the transaction of their effect.
