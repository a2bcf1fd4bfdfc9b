//! Every service of the product in one process.
fn main() {}
