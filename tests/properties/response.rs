//! The head of a response: what passes can be read in one way only.

use crate::Input;
use janua_response::{Ending, Response, ResponseHead};

/// Names about which there are rules.
pub const NAMES: [&str; 16] = [
    "Content-Length",
    "content-length",
    "Status",
    "Connection",
    "Keep-Alive",
    "Transfer-Encoding",
    "TE",
    "Trailer",
    "Upgrade",
    "Proxy-Authenticate",
    "Content-Type",
    "Set-Cookie",
    "Location",
    "X-A",
    "Date",
    "Server",
];

/// Names that belong to the connection.
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "trailers",
    "transfer-encoding",
    "upgrade",
];

/// Passes what `data` says as an app would: method, status, fields, then the sizes of blocks.
pub fn head(data: &[u8]) {
    let mut input = Input::new(data);
    let method = input.pick(&[&b"GET"[..], b"HEAD", b"POST"]);
    let status = match input.byte() {
        0 => {
            let length = input.byte();
            input.take(usize::from(length)).to_vec()
        }
        number => {
            [(200 + u16::from(number)).to_string().as_bytes(), b" ", input.take(usize::from(number % 8))]
                .concat()
        }
    };
    let mut head = match ResponseHead::new(method, &status) {
        Ok(head) => head,
        Err(error) => return printable(&error.to_string()),
    };
    let mut passed: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    for _ in 0..input.byte() % 12 {
        let name = match input.byte() {
            255 => {
                let length = input.byte();
                input.take(usize::from(length)).to_vec()
            }
            number => NAMES[usize::from(number) % NAMES.len()].as_bytes().to_vec(),
        };
        let value = input.block();
        let before = head.head().fields.to_vec();
        let promised = head.length();
        match head.field(&name, &value) {
            Ok(()) if head.head().fields == before => {
                assert!(name.eq_ignore_ascii_case(b"content-length"), "{} is lost", name.escape_ascii());
                assert!(head.code() == 204 || promised.is_some());
            }
            Ok(()) => passed.push((name, value)),
            Err(error) => {
                printable(&error.to_string());
                assert_eq!(
                    (head.head().fields, head.length()),
                    (&before[..], promised),
                    "a refused field left a trace"
                );
            }
        }
    }
    check(&head, &status, &passed);
    body(Response::new(head), &mut input);
}

/// The rendered lines are those that passed, and no other reader can see more in them.
fn check(head: &ResponseHead, status: &[u8], passed: &[(Vec<u8>, Vec<u8>)]) {
    let rendered = head.head();
    assert_eq!(rendered.status, status);
    assert!(!status.iter().any(u8::is_ascii_control));
    assert!((200..=999).contains(&head.code()));
    let mut lines = rendered.fields.split_inclusive(|byte| *byte == b'\n');
    for (name, value) in passed {
        let line = lines.next().expect("a line");
        assert_eq!(line, [&name[..], b": ", value, b"\r\n"].concat());
        let inner = &line[..line.len() - 2];
        assert!(
            !inner.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t'),
            "{}",
            line.escape_ascii()
        );
        assert!(!name.is_empty() && !name.contains(&b':') && !name.contains(&b' ') && name.is_ascii());
        let lower = name.to_ascii_lowercase();
        assert!(!HOP_BY_HOP.iter().any(|hop| hop.as_bytes() == lower) && lower != b"status");
    }
    assert_eq!(lines.next(), None, "more lines than fields");
    let lengths: Vec<_> =
        passed.iter().filter(|(name, _)| name.eq_ignore_ascii_case(b"content-length")).collect();
    assert!(lengths.len() <= 1 && lengths.is_empty() == head.length().is_none());
}

/// What is admitted never goes beyond what was promised, and the ending says what is missing.
fn body(mut response: Response, input: &mut Input<'_>) {
    if input.one_in(4) {
        response.set_length_if_absent(u64::from(input.word()));
    }
    let (length, bodiless) = (response.head().length, response.head().bodiless);
    let (mut given, mut admitted) = (0u64, 0u64);
    while !input.is_empty() {
        let block = usize::from(input.byte()) * if input.one_in(16) { 1_000_000 } else { 1 };
        let taken = response.admit(block);
        assert!(taken <= block);
        given += block as u64;
        admitted += taken as u64;
        assert!(length.is_none_or(|length| admitted <= length));
    }
    match (bodiless, length) {
        (true, _) => {
            assert_eq!(admitted, 0);
            assert_eq!(response.finish(), Ending::Whole);
        }
        (false, None) => assert_eq!((admitted, response.finish()), (given, Ending::Whole)),
        (false, Some(length)) => {
            assert_eq!(admitted, given.min(length));
            let expected = match given {
                given if given < length => Ending::Short { missing: length - given },
                given if given > length => Ending::Cut { by: given - length },
                _ => Ending::Whole,
            };
            assert_eq!(response.finish(), expected);
        }
    }
}

/// A message is one line that no terminal and no log can mistake.
fn printable(message: &str) {
    assert!(!message.chars().any(char::is_control), "{message:?}");
    assert!(message.len() < 1_000, "{} bytes", message.len());
}
