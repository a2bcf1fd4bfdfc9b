//! What every change of a domain leaves behind in its own transaction.
