//! What is written of the one request that is open: sections 5.3 and 5.5.

use crate::RecordType;
use crate::exchange::{Exchange, Input};
use crate::record::{
    EndRequest, HEADER_LENGTH, Header, MAX_CONTENT, ProtocolStatus, append_end, append_stream,
};
use janua_vocabulary::{Frame, Head};

/// How the next bytes of a response to request `id` go out when `available` of them are at hand.
pub(crate) fn frame(id: u16, available: usize) -> Frame {
    let take = available.min(MAX_CONTENT);
    let header = Header { kind: RecordType::Stdout, id, content: take as u16, padding: 0 };
    Frame::new(&header.bytes(), take, &[])
}

impl Exchange {
    /// Appends the head of the response.
    pub(crate) fn respond(&self, head: &Head<'_>, out: &mut Vec<u8>) {
        let parts = [b"Status: ", head.status, b"\r\n", head.fields, b"\r\n"];
        let length = parts.iter().map(|part| part.len()).sum::<usize>();
        match u16::try_from(length) {
            Ok(content) => {
                let header = Header { kind: RecordType::Stdout, id: self.id, content, padding: 0 };
                out.reserve(HEADER_LENGTH + length);
                out.extend_from_slice(&header.bytes());
                parts.iter().for_each(|part| out.extend_from_slice(part));
            }
            Err(_) => append_stream(RecordType::Stdout, self.id, &parts.concat(), out),
        }
    }

    /// Appends text for the error log of the web server.
    pub(crate) fn log(&mut self, text: &[u8], out: &mut Vec<u8>) {
        self.logged |= !text.is_empty();
        append_stream(RecordType::Stderr, self.id, text, out);
    }

    /// Appends the end of a response that is complete.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        self.end(out, 0);
    }

    /// Appends the end of a response that is not.
    pub(crate) fn truncate(&mut self, out: &mut Vec<u8>) {
        // Who gave the request up needs no break to see that the response is not whole.
        self.keep &= self.input == Input::GivenUp;
        self.end(out, 1);
    }

    /// Appends the end of a response that says that there are too many requests. It says so again in FastCGI's own
    /// words, which some web servers understand and others pass over.
    pub(crate) fn overload(&mut self, out: &mut Vec<u8>) {
        self.ended = true;
        self.keep = false;
        append_end(RecordType::Stdout, self.id, out);
        EndRequest::unseen(ProtocolStatus::Overloaded).append(self.id, out);
    }

    /// Section 5.3: STDERR is closed if it was used, STDOUT always, unless the response broke off.
    fn end(&mut self, out: &mut Vec<u8>, app_status: u32) {
        self.ended = true;
        if self.logged {
            append_end(RecordType::Stderr, self.id, out);
        }
        if app_status == 0 {
            append_end(RecordType::Stdout, self.id, out);
        }
        EndRequest { app_status, protocol_status: ProtocolStatus::RequestComplete }.append(self.id, out);
    }
}
