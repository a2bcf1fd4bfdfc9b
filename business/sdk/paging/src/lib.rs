//! Pages of a list: limits, orders, authenticated cursors.

mod cursor;
mod key;
mod order;
mod page;

pub use crate::cursor::{Binding, Cursors, InvalidCursor};
pub use crate::key::{Key, Keys};
pub use crate::order::{Direction, OrderBy};
pub use crate::page::{Page, Position, Slice};
