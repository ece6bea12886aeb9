//! The answer of SCGI and FastCGI as it arrives: a CGI response, head and body in one stream.

use crate::failure::Failure;
use crate::incoming::Sink;
use janua_vocabulary::Document;

/// The most bytes that a head may have. Without an end, what comes is no head at all.
const MAX_HEAD: usize = 1024 * 1024;

/// Reads a CGI response that comes in pieces.
#[derive(Debug)]
pub(crate) struct DocumentReader {
    /// What has come of the head, until it is whole.
    head: Option<Vec<u8>>,
    to_head: bool,
    /// Bytes of the body that Content-Length has promised and that have not come.
    missing: Option<u64>,
}

impl DocumentReader {
    /// A reader of the answer to `method`.
    pub(crate) fn new(method: &[u8]) -> Self {
        Self { head: Some(Vec::new()), to_head: method == b"HEAD", missing: None }
    }

    /// Takes in the next bytes and hands on what they are.
    ///
    /// # Errors
    /// They are no CGI response, or the sink takes no more.
    pub(crate) fn feed(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> Result<(), Failure> {
        let Some(head) = &mut self.head else { return self.body(bytes, sink) };
        head.extend_from_slice(bytes);
        let Some(document) = Document::divide(head) else {
            if head.len() > MAX_HEAD {
                return Err(Failure::Broken(format!("no blank line ends the head within {MAX_HEAD} bytes")));
            }
            return Ok(());
        };
        let status = document.status();
        let code = code(status).ok_or_else(|| {
            let shown = status.escape_ascii();
            Failure::Broken(format!("the back end's Status '{shown}' does not begin with three digits"))
        })?;
        let length =
            document.field("Content-Length").and_then(|value| str::from_utf8(value).ok()?.parse().ok());
        let bodiless = self.to_head || matches!(code, 204 | 304);
        self.missing = if bodiless { Some(0) } else { length };
        sink.head(code, status, document.head)?;
        let body = document.body.to_vec();
        self.head = None;
        self.body(&body, sink)
    }

    /// True once the body is as long as Content-Length says, or there is to be none.
    pub(crate) fn is_whole(&self) -> bool {
        self.missing == Some(0)
    }

    /// Nothing more will come.
    ///
    /// # Errors
    /// The response is not whole.
    pub(crate) fn end(&self) -> Result<(), Failure> {
        match (&self.head, self.missing) {
            (Some(head), _) if head.is_empty() => Err(Failure::NoAnswer(
                "the back end ended the request without a byte of an answer".to_owned(),
            )),
            (Some(head), _) => Err(Failure::Broken(format!(
                "the back end's answer ends inside its head, after {} bytes and before a blank line",
                head.len()
            ))),
            (None, Some(missing @ 1..)) => Err(Failure::Broken(format!(
                "the back end's answer breaks off {missing} bytes before the end that its Content-Length promises"
            ))),
            (None, _) => Ok(()),
        }
    }

    fn body(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> Result<(), Failure> {
        if let Some(missing) = &mut self.missing {
            *missing = missing.saturating_sub(bytes.len() as u64);
        }
        if bytes.is_empty() { Ok(()) } else { sink.body(bytes) }
    }
}

/// The three digits of a status.
fn code(status: &[u8]) -> Option<u16> {
    let digits = status.get(..3)?;
    let ends = status.get(3).is_none_or(|byte| *byte == b' ');
    let digits =
        str::from_utf8(digits).ok().filter(|text| ends && text.bytes().all(|byte| byte.is_ascii_digit()))?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incoming::testing::Seen;

    fn read(method: &[u8], pieces: &[&[u8]]) -> (Seen, Result<(), Failure>, bool) {
        let (mut reader, mut seen) = (DocumentReader::new(method), Seen::default());
        let fed = pieces.iter().try_for_each(|piece| reader.feed(piece, &mut seen));
        (seen, fed.and_then(|()| reader.end()), reader.is_whole())
    }

    const ANSWER: &[u8] = b"Status: 404 No\r\nContent-Length: 5\r\n\r\nhello";

    #[test]
    fn an_answer_is_the_same_wherever_it_is_cut() {
        for cut in 0..=ANSWER.len() {
            let (first, second) = ANSWER.split_at(cut);
            let (seen, result, whole) = read(b"GET", &[first, second]);
            assert_eq!((seen.codes, seen.body, result, whole), (vec![404], b"hello".to_vec(), Ok(()), true));
            assert_eq!(seen.head, ANSWER[..ANSWER.len() - 5]);
        }
    }

    #[test]
    fn an_answer_that_breaks_off_shows() {
        let status = |pieces: &[&[u8]]| read(b"GET", pieces).1.map_err(|failure| failure.exit_status());
        assert_eq!(status(&[]), Err(52));
        for end in 1..ANSWER.len() {
            assert_eq!(status(&[&ANSWER[..end]]), Err(56), "{end}");
        }
        assert_eq!(status(&[b"A: b\n\nwithout a length"]), Ok(()));
    }

    #[test]
    fn head_and_304_promise_a_length_and_no_body() {
        assert_eq!(read(b"HEAD", &[&ANSWER[..ANSWER.len() - 5]]).1, Ok(()));
        assert_eq!(read(b"GET", &[b"Status: 304 Not Modified\nContent-Length: 9\n\n"]).1, Ok(()));
    }

    #[test]
    fn what_is_no_status_is_an_error() {
        for status in ["", "OK", "20", "2000", "+20", "20x OK"] {
            let head = format!("Status: {status}\n\n");
            assert_eq!(read(b"GET", &[head.as_bytes()]).1.unwrap_err().exit_status(), 56, "{status}");
        }
        let endless = vec![b'a'; MAX_HEAD + 1];
        assert!(read(b"GET", &[&endless]).1.unwrap_err().to_string().contains("blank line"));
    }
}
