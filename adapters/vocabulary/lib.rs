//! The words that every adapter and everything behind the adapters share.
//!
//! An adapter is a [`Codec`]: bytes of one connection in, [`Event`]s out; a response in, bytes out. It has no
//! socket, no clock and no Python. Whoever owns the connection reads into [`Codec::space`], says how much came
//! with [`Codec::filled`], and asks [`Codec::poll`] what it means until the answer is [`Event::NeedBytes`].
//!
//! ```text
//! bytes ─► Codec ─► Event::Request(Request { params, body, role }) ─► environ ─► app ─► response ─► Codec ─► bytes
//! ```

mod address;
mod buffer;
mod codec;
mod document;
mod error;
mod limits;
mod params;
mod percent;
mod request;
mod response;

pub use address::{Address, AddressError};
pub use buffer::Buffer;
pub use codec::{Codec, Event};
pub use document::Document;
pub use error::{Answer, PeerError};
pub use limits::Limits;
pub use params::{Pair, Params};
pub use percent::next_decoded;
pub use request::{BodyLength, Protocol, Request, Role};
pub use response::{Frame, Head};
