//! The body of a response, counted against its head.

use crate::ResponseHead;
use janua_vocabulary::Head;

/// A response under way: the head, and how much of the body has come.
///
/// No bytes pass through here. The owner asks for each block how much of it may go out ([`admit`](Self::admit)), and
/// at the end how it came out ([`finish`](Self::finish)).
#[derive(Debug, Clone)]
pub struct Response {
    head: ResponseHead,
    /// Bytes of the body that were admitted.
    admitted: u64,
    /// Bytes that the app gave beyond the length it promised.
    beyond: u64,
}

/// How a response came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// As promised, or nothing was promised.
    Whole,
    /// The app gave less than its Content-Length. The caller breaks the response off visibly, so that the client
    /// does not take the part for the whole.
    Short {
        /// How many bytes are missing.
        missing: u64,
    },
    /// The app gave more than its Content-Length. The client got what was promised; the log should get a line.
    Cut {
        /// How many of the bytes offered were held back. The app may have had still more to give.
        by: u64,
    },
}

impl Response {
    /// A response of which nothing has been sent.
    pub fn new(head: ResponseHead) -> Self {
        Self { head, admitted: 0, beyond: 0 }
    }

    /// Sets Content-Length to `length` if the app did not set it, for a body known to consist of one block of that
    /// many bytes (PEP 3333, "Handling the Content-Length Header"). To be called before the head is sent.
    ///
    /// Nothing happens where the field would be forbidden or untrue: with 204 and 304, and for HEAD when the app
    /// gave an empty block, since then the length of the answer to GET is not known.
    pub fn set_length_if_absent(&mut self, length: u64) {
        self.head.set_length_if_absent(length);
    }

    /// The head as adapters take it.
    pub fn head(&self) -> Head<'_> {
        self.head.head()
    }

    /// How many bytes of the app's next block, of `block` bytes, may be sent, from its front.
    ///
    /// All of them, unless that exceeds Content-Length (the rest is cut) or no body may be sent at all.
    pub fn admit(&mut self, block: usize) -> usize {
        if self.head.bodiless() {
            return 0;
        }
        let admitted =
            self.room().map_or(block, |room| usize::try_from(room).map_or(block, |room| room.min(block)));
        self.admitted = self.admitted.saturating_add(admitted as u64);
        self.beyond = self.beyond.saturating_add((block - admitted) as u64);
        admitted
    }

    /// How many more bytes Content-Length leaves room for; `None` if it sets no bound.
    /// Zero for a response without a body.
    pub fn room(&self) -> Option<u64> {
        if self.head.bodiless() {
            return Some(0);
        }
        self.head.length().map(|length| length.saturating_sub(self.admitted))
    }

    /// True once [`admit`](Self::admit) had to cut a block: PEP 3333 lets the server stop iterating then.
    pub fn is_cut(&self) -> bool {
        self.beyond > 0
    }

    /// How the response came out, when the app has no more to give.
    pub fn finish(&self) -> Ending {
        match self.room() {
            _ if self.beyond > 0 => Ending::Cut { by: self.beyond },
            Some(missing @ 1..) => Ending::Short { missing },
            _ => Ending::Whole,
        }
    }

    /// Gives the head back, whose memory can serve the next response ([`ResponseHead::restart`]).
    pub fn into_head(self) -> ResponseHead {
        self.head
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(method: &str, status: &str, length: Option<&str>) -> Response {
        let mut head = ResponseHead::new(method.as_bytes(), status.as_bytes()).unwrap();
        if let Some(length) = length {
            head.field(b"Content-Length", length.as_bytes()).unwrap();
        }
        Response::new(head)
    }

    #[test]
    fn without_a_length_everything_is_admitted() {
        let mut response = response("GET", "200 OK", None);
        assert_eq!(
            (response.admit(5), response.admit(0), response.admit(usize::MAX / 2)),
            (5, 0, usize::MAX / 2)
        );
        assert_eq!(response.room(), None);
        assert_eq!(response.finish(), Ending::Whole);
    }

    #[test]
    fn a_body_of_the_promised_length_is_whole() {
        let mut response = response("GET", "200 OK", Some("8"));
        assert_eq!((response.admit(5), response.admit(3), response.admit(0)), (5, 3, 0));
        assert!(!response.is_cut());
        assert_eq!(response.finish(), Ending::Whole);
    }

    #[test]
    fn a_longer_body_is_cut_and_remembered() {
        let mut response = response("GET", "200 OK", Some("8"));
        assert_eq!((response.admit(5), response.room()), (5, Some(3)));
        assert!(!response.is_cut());
        assert_eq!((response.admit(5), response.admit(4)), (3, 0));
        assert!(response.is_cut());
        assert_eq!(response.finish(), Ending::Cut { by: 6 });
    }

    #[test]
    fn a_shorter_body_is_short() {
        let mut response = response("GET", "200 OK", Some("8"));
        assert_eq!(response.finish(), Ending::Short { missing: 8 });
        response.admit(7);
        assert_eq!(response.finish(), Ending::Short { missing: 1 });
    }

    #[test]
    fn head_204_and_304_send_nothing_and_are_never_short_or_cut() {
        let cases = [
            ("HEAD", "200 OK", Some("8")),
            ("GET", "204 No Content", None),
            ("GET", "304 Not Modified", Some("8")),
        ];
        for (method, status, length) in cases {
            let mut response = response(method, status, length);
            assert_eq!(response.finish(), Ending::Whole, "{method} {status}");
            assert_eq!((response.admit(5), response.admit(50)), (0, 0));
            assert_eq!(response.finish(), Ending::Whole, "{method} {status}");
        }
    }

    #[test]
    fn a_length_is_set_only_if_there_is_none() {
        let mut ours = response("GET", "200 OK", None);
        ours.set_length_if_absent(1234567890);
        assert_eq!(ours.head().fields, b"Content-Length: 1234567890\r\n");
        assert_eq!(ours.head().length, Some(1234567890));
        let mut theirs = response("GET", "200 OK", Some("7"));
        theirs.set_length_if_absent(5);
        assert_eq!(theirs.head().fields, b"Content-Length: 7\r\n");
    }

    #[test]
    fn a_length_is_not_set_with_204_and_304() {
        for status in ["204 No Content", "304 Not Modified"] {
            let mut response = response("GET", status, None);
            response.set_length_if_absent(0);
            assert!(response.head().fields.is_empty());
        }
    }

    #[test]
    fn a_length_for_head_is_set_when_the_block_tells_it() {
        let mut full = response("HEAD", "200 OK", None);
        full.set_length_if_absent(5);
        assert_eq!(full.head().fields, b"Content-Length: 5\r\n");
        let mut empty = response("HEAD", "200 OK", None);
        empty.set_length_if_absent(0);
        assert!(empty.head().fields.is_empty(), "the answer to GET is hardly empty");
        let mut get = response("GET", "200 OK", None);
        get.set_length_if_absent(0);
        assert_eq!(get.head().fields, b"Content-Length: 0\r\n");
    }

    #[test]
    fn counts_do_not_overflow() {
        let mut promised = response("GET", "200 OK", Some("18446744073709551615"));
        assert_eq!(promised.admit(5), 5);
        assert_eq!(promised.finish(), Ending::Short { missing: u64::MAX - 5 });
        let mut open = response("GET", "200 OK", None);
        assert_eq!((open.admit(usize::MAX), open.admit(usize::MAX)), (usize::MAX, usize::MAX));
        let mut cut = response("GET", "200 OK", Some("0"));
        assert_eq!((cut.admit(usize::MAX), cut.admit(usize::MAX)), (0, 0));
    }
}
