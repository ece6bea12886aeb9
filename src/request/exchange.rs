//! A request out and its answer in, at the same time.

use crate::connection::Connection;
use crate::failure::Failure;
use crate::incoming::{Incoming, Sink};
use crate::outgoing::Outgoing;
use std::io::ErrorKind;
use std::thread;
use std::time::Instant;

/// Sends `request` and hands its answer to `sink` until it is whole.
///
/// # Errors
/// Whatever kept it from being whole, or from being shown.
pub(crate) fn exchange(
    connection: &Connection,
    request: &Outgoing,
    incoming: &mut Incoming,
    sink: &mut dyn Sink,
    deadline: Instant,
) -> Result<(), Failure> {
    thread::scope(|scope| {
        // A back end may answer before it has read the body, and need not read it at all. So a body that it does not
        // take is no failure: the answer says whether it was one.
        scope.spawn(|| request.send(&mut &*connection));
        let result = receive(connection, incoming, sink, deadline);
        connection.shut();
        result
    })
}

fn receive(
    connection: &Connection,
    incoming: &mut Incoming,
    sink: &mut dyn Sink,
    deadline: Instant,
) -> Result<(), Failure> {
    let mut room = vec![0; 64 * 1024];
    loop {
        match connection.read(&mut room, deadline) {
            Ok(0) => return incoming.closed(sink),
            Ok(count) => {
                if incoming.feed(room.get(..count).unwrap_or_default(), sink)? {
                    return Ok(());
                }
            }
            Err(error) if error.kind() == ErrorKind::TimedOut => {
                return Err(Failure::Timeout(
                    "the answer was not whole in time; --max-time gives the back end longer".to_owned(),
                ));
            }
            Err(error) => {
                return Err(Failure::Broken(format!(
                    "the back end broke the connection off ({error}); its log may say why"
                )));
            }
        }
    }
}
