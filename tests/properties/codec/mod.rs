//! What holds for every protocol's codec.

mod bytes;
mod memory;
mod operations;
mod order;
mod story;
mod wire;

pub use bytes::{Seen, watch};
pub(crate) use bytes::{bytes_in, cut};
pub use memory::Bound;
pub(crate) use operations::operations;
pub use order::Order;
pub use story::{Answered, End, Story};
pub use wire::Wire;
