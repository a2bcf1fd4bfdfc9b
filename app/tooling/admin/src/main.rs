//! The command line of the people who run the product.
fn main() {}
