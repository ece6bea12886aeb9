//! FastCGI 1.0 without I/O: records in, events out; a response in, records out.
//!
//! [`FastCgiCodec`] is the side of the application, [`client`] the side of the web server. Bytes become records
//! (`record`), those of PARAMS become pairs (`pairs`), the other streams are lent as they lie in the buffer; one
//! request at a time is open on a connection (`exchange`, its response `answer`), and what belongs to none is answered
//! by `management`. Where several are open at once, a [`Splitter`] parts what comes in, so that each has a codec of its
//! own, and a [`Joiner`] for each makes whole records of what goes out.

mod answer;
pub mod client;
mod codec;
mod error;
mod exchange;
mod joiner;
mod management;
mod pairs;
mod pieces;
mod record;
mod splitter;
mod target;

pub use codec::FastCgiCodec;
pub use error::FastCgiError;
pub use joiner::Joiner;
pub use management::{Capacity, Multiplex};
pub use pieces::{Piece, Pieces};
pub use record::{EndRequest, ProtocolStatus, RecordType, Role};
pub use splitter::{Parted, Splitter};
