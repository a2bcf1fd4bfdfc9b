//! The table of routes, turned into an HTTP application that keeps the contract.
