//! The gateway's own answers, for requests that reach no app or whose app cannot be asked.

use crate::connection::Connection;
use crate::farewell::settle;
use crate::{Plan, log};
use janua_response::PlainAnswer;
use janua_vocabulary::{BodyLength, PeerError, Protocol, Role};

/// Says in the log what the peer did wrong, and to the peer if it can be told. The connection is to end with that.
pub(crate) fn refuse(connection: &mut Connection, error: &PeerError) {
    connection.codec.last();
    refuse_request(connection, b"", error);
}

/// The same of a request of which the method is known.
fn refuse_request(connection: &mut Connection, method: &[u8], error: &PeerError) {
    match error.answer.status() {
        Some(status) => {
            log::line(format_args!("{}: request refused with {status}: {error}", connection.peer));
            answer(connection, method, status);
        }
        None => log::line(format_args!("{}: closed: {error}", connection.peer)),
    }
}

/// Refuses a request as there are too many, also in the protocol's own words if it has them, and has the connection end. The
/// census has said so in the log.
pub(crate) fn overload(connection: &mut Connection, method: &[u8]) {
    connection.codec.last();
    page(connection, method, 503);
    let Connection { codec, out, .. } = connection;
    out.append(|out| codec.overload(out));
}

/// Ends a request that the peer gave up before the app was asked. `None` if the peer has heard all that is due.
pub(crate) fn end_given_up(mut connection: Box<Connection>) -> Option<Box<Connection>> {
    if connection.lane {
        return None;
    }
    settle(&mut connection);
    let Connection { codec, out, .. } = &mut *connection;
    out.append(|out| codec.finish(out));
    Some(connection)
}

/// Puts a plain answer of the gateway's own on its way.
pub(crate) fn answer(connection: &mut Connection, method: &[u8], status: u16) {
    page(connection, method, status);
    let Connection { codec, out, .. } = connection;
    out.append(|out| codec.finish(out));
}

fn page(connection: &mut Connection, method: &[u8], status: u16) {
    let page = PlainAnswer::new(method, status);
    let Connection { codec, out, .. } = connection;
    out.head(codec.as_mut(), &page.head());
    out.copy(codec.as_mut(), page.body());
}

/// Refuses a request whose body is announced to be too long. The file of a filter is part of it. False if it is not.
pub(crate) fn refuse_too_long(
    connection: &mut Connection,
    method: &[u8],
    body: BodyLength,
    plan: &Plan,
) -> bool {
    let announced = |length| match length {
        BodyLength::Exactly(length) => length,
        BodyLength::ToEnd => 0,
    };
    let file = match connection.role {
        Role::Filter { length, .. } => announced(length),
        Role::Responder | Role::Authorizer => 0,
    };
    let (length, most) = (announced(body).saturating_add(file), plan.max_body_bytes);
    if most == 0 || length <= most {
        return false;
    }
    // A client that hears of the end need not send it all; a web server would have to make another connection.
    if connection.codec.protocol() == Protocol::Http {
        connection.codec.last();
    }
    let reason = format!("its body is announced with {length} bytes, and {most} are allowed");
    let error = PeerError::refuse(413, reason).with_setting("max_body_bytes");
    refuse_request(connection, method, &error);
    true
}
