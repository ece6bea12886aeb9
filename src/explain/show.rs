//! Bytes of a request as text that is fit for a terminal and a log.

use std::borrow::Cow;
use std::fmt::Write;

/// The bytes as UTF-8, or one by one where they are none, with everything escaped that a terminal would act on.
pub(crate) fn bytes(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character.is_control() {
                let _ = write!(text, "{}", character.escape_default());
            } else {
                text.push(character);
            }
        }
        chunk.invalid().iter().for_each(|byte| {
            let _ = write!(text, "\\x{byte:02x}");
        });
    }
    text
}

/// The value of a variable, with words for a value that is empty or not there.
pub(crate) fn value(value: Option<&[u8]>) -> String {
    match value {
        None => "(not sent)".to_owned(),
        Some([]) => "(empty)".to_owned(),
        Some(value) => bytes(value),
    }
}

/// The value of a variable without what must not be shown: what is printed here is pasted into questions.
pub(crate) fn discreet<'v>(name: &[u8], value: &'v [u8]) -> Cow<'v, [u8]> {
    let is = |word: &[u8]| name.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word));
    if value.is_empty() || !(is(b"AUTHORIZATION") || is(b"COOKIE")) {
        return Cow::Borrowed(value);
    }
    // The scheme of an Authorization header is no secret.
    let scheme = value.split(|byte| *byte == b' ').next().filter(|scheme| scheme.len() < value.len());
    let scheme = scheme.filter(|_| is(b"AUTHORIZATION")).map(bytes).unwrap_or_default();
    Cow::Owned(format!("{scheme} ({} bytes, not shown)", value.len()).trim_start().as_bytes().to_vec())
}

/// The bytes as WSGI and JSON have them: each byte is one character.
pub(crate) fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_was_sent_can_act_on_a_terminal() {
        assert_eq!(bytes(b"/a\x1b[2J\n"), "/a\\u{1b}[2J\\n");
        assert_eq!(bytes("/caf\u{e9}".as_bytes()), "/caf\u{e9}");
        assert_eq!(bytes(b"/caf\xe9/x"), "/caf\\xe9/x");
        assert_eq!(bytes("\u{9b}2J".as_bytes()), "\\u{9b}2J");
    }

    #[test]
    fn a_password_and_a_cookie_are_not_shown() {
        let text = |name: &[u8], value: &[u8]| String::from_utf8(discreet(name, value).into_owned()).unwrap();
        assert_eq!(text(b"HTTP_AUTHORIZATION", b"Basic dTpw"), "Basic (10 bytes, not shown)");
        assert_eq!(text(b"Authorization", b"dTpw"), "(4 bytes, not shown)");
        assert_eq!(text(b"HTTP_COOKIE", b"a=1; b=2"), "(8 bytes, not shown)");
        assert_eq!(text(b"PATH_INFO", b"/x y"), "/x y");
        assert_eq!(text(b"HTTP_AUTHORIZATION", b""), "");
    }
}
