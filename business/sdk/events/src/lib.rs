//! Delivery of what the domains announce, at least once and in order.
