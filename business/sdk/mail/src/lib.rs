//! Mail, from a template to a relay.
