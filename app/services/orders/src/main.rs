//! `orders`: orders, payments, wallets, sales as a service of their own.

use std::process::ExitCode;

fn main() -> ExitCode {
    assembly::run(&orders::SERVICE)
}
