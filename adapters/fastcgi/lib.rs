//! FastCGI 1.0 without I/O: records in, events out; a response in, records out.
//!
//! [`FastCgiCodec`] is the side of the application, [`client`] the side of the web server. Bytes become records
//! (`record`), those of PARAMS become pairs (`pairs`), the other streams are lent as they lie in the buffer; one
//! request at a time is open on a connection (`exchange`), and what belongs to none is answered by `management`.

pub mod client;
mod codec;
mod error;
mod exchange;
mod management;
mod pairs;
mod pieces;
mod record;
mod target;

pub use codec::FastCgiCodec;
pub use error::FastCgiError;
pub use management::Capacity;
pub use pieces::{Piece, Pieces};
pub use record::{EndRequest, ProtocolStatus, RecordType, Role};
