//! The vocabulary that two or more domains speak.
