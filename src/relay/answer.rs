//! An answer of our own, for when there is no other.

use crate::output;
use janua_response::PlainAnswer;

/// Answers with this status.
pub(crate) fn plain(method: &[u8], status: u16) {
    let answer = PlainAnswer::new(method, status);
    let head = answer.head();
    let parts = [b"Status: ", head.status, b"\r\n", head.fields, b"\r\n", answer.body()];
    // Who does not read it needs no telling.
    let _ = output::write_all(&parts.concat());
}
