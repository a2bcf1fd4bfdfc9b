//! The API of Marquee: every operation as a function, every body and answer as a type.
//!
//! All of it is generated from the OpenAPI document; `make clients` makes it anew.

export { createClient, createConfig } from './generated/client/index.js';
export type { Client, Config } from './generated/client/index.js';
export * from './generated/index.js';
