//! Pages of a list: limits, orders, authenticated cursors.
