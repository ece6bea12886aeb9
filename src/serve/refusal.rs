//! The gateway's own answers, for requests that reach no app or whose app cannot be asked.

use crate::connection::Connection;
use crate::log;
use janua_response::PlainAnswer;
use janua_vocabulary::PeerError;

/// Says in the log what the peer did wrong, and to the peer if it can be told.
pub(crate) fn refuse(connection: &mut Connection, error: &PeerError) {
    match error.answer.status() {
        Some(status) => {
            log::line(format_args!("{}: request refused with {status}: {error}", connection.peer));
            answer(connection, b"", status);
        }
        None => log::line(format_args!("{}: closed: {error}", connection.peer)),
    }
}

/// Puts a plain answer of the gateway's own on its way.
pub(crate) fn answer(connection: &mut Connection, method: &[u8], status: u16) {
    let page = PlainAnswer::new(method, status);
    let Connection { codec, out, .. } = connection;
    out.head(codec.as_mut(), &page.head());
    out.copy(codec.as_mut(), page.body());
    out.append(|out| codec.finish(out));
}
