//! Step 3: how long the body is.

use crate::vars::Vars;
use crate::witness::{Witness, tell_known};
use crate::{Known, Refusal, Rule, ServerKind};
use janua_vocabulary::{BodyLength, Protocol};
use std::borrow::Cow;

/// Makes CONTENT_LENGTH a number or nothing, and says where the body ends.
///
/// The readers of a length differ in what they make of blanks, signs and lists; only what all read alike may
/// pass, or two programs on the way disagree about where the next request begins.
///
/// # Errors
/// The length is not one number of bytes below 2^63, or SCGI has none.
pub(crate) fn settle(
    vars: &mut Vars<'_>,
    protocol: Protocol,
    server: ServerKind,
    witness: &mut impl Witness,
) -> Result<BodyLength, Refusal> {
    let Some(sent) = vars.sent(Known::ContentLength) else { return without(protocol) };
    if is_blank(sent) || (is_unknown(sent) && has_end_mark(protocol)) {
        tell_known(witness, Rule::LengthUnknown, Known::ContentLength, Some(sent), None);
        vars.remove(Known::ContentLength);
        return without(protocol);
    }
    let (digits, length) = number(sent).ok_or(Refusal::BadLength)?;
    if digits != sent {
        tell_known(witness, Rule::LengthTidied, Known::ContentLength, Some(sent), Some(digits));
        vars.set(Known::ContentLength, Cow::Borrowed(digits));
    }
    // HAProxy says how much it had when it wrote the parameters; the stream may bring more.
    if server == ServerKind::HaProxy && protocol == Protocol::FastCgi {
        return Ok(BodyLength::ToEnd);
    }
    Ok(BodyLength::Exactly(length))
}

/// The body of a request without a length.
fn without(protocol: Protocol) -> Result<BodyLength, Refusal> {
    match protocol {
        Protocol::Scgi => Err(Refusal::NoLength),
        Protocol::Cgi | Protocol::FastCgi | Protocol::Http => Ok(BodyLength::ToEnd),
    }
}

/// True if the protocol of a server says where a body ends. HTTP does too, but there a length of -1 was written
/// by the client and not by a server that does not know it yet.
fn has_end_mark(protocol: Protocol) -> bool {
    matches!(protocol, Protocol::Cgi | Protocol::FastCgi)
}

/// True if the value says nothing.
pub(crate) fn is_blank(value: &[u8]) -> bool {
    value.trim_ascii().is_empty()
}

/// lighttpd and Caddy write -1 for a body whose length they do not know yet.
fn is_unknown(value: &[u8]) -> bool {
    value.trim_ascii() == b"-1"
}

/// True if two values do not contradict each other.
pub(crate) fn agree(one: &[u8], other: &[u8]) -> bool {
    let numbers = || Some(number(one)?.1 == number(other)?.1);
    one == other || is_blank(one) || is_blank(other) || numbers() == Some(true)
}

/// The one number that the value is, as digits without leading zeros, or that all numbers of a list are.
fn number(value: &[u8]) -> Option<(&[u8], u64)> {
    let mut numbers = value.split(|byte| *byte == b',').map(|item| digits(item.trim_ascii()));
    let first = numbers.next()??;
    numbers.all(|next| next == Some(first)).then_some(first)
}

fn digits(text: &[u8]) -> Option<(&[u8], u64)> {
    let mut number: u64 = 0;
    for byte in text {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        number = number.checked_mul(10)?.checked_add(digit).filter(|number| *number < 1 << 63)?;
    }
    let leading = text.iter().take_while(|byte| **byte == b'0').count();
    // Of zeros alone, one stays.
    let kept = leading.min(text.len().checked_sub(1)?);
    Some((text.get(kept..)?, number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{build_text, environ, refusal};

    fn length(protocol: Protocol, sent: &str) -> Result<(Option<String>, BodyLength), Refusal> {
        let built = build_text(&[("CONTENT_LENGTH", sent), ("PATH_INFO", "/")], protocol, &[])?;
        Ok((built.vars.get("CONTENT_LENGTH").cloned(), built.body))
    }

    #[test]
    fn a_length_is_tidied_and_frames_the_body() {
        for (sent, kept, bytes) in [
            ("5", "5", 5),
            (" 007 ", "7", 7),
            ("0", "0", 0),
            ("000", "0", 0),
            ("5, 5", "5", 5),
            ("5,05", "5", 5),
        ] {
            for protocol in [Protocol::Cgi, Protocol::Scgi, Protocol::FastCgi, Protocol::Http] {
                let expected = (Some(kept.to_owned()), BodyLength::Exactly(bytes));
                assert_eq!(length(protocol, sent), Ok(expected), "{sent:?}");
            }
        }
    }

    #[test]
    fn an_unknown_length_leaves_the_end_to_the_protocol() {
        for protocol in [Protocol::Cgi, Protocol::FastCgi] {
            for sent in ["", " ", "-1"] {
                assert_eq!(length(protocol, sent), Ok((None, BodyLength::ToEnd)));
            }
        }
        assert_eq!(length(Protocol::Http, ""), Ok((None, BodyLength::ToEnd)));
        assert_eq!(length(Protocol::Http, "-1"), Err(Refusal::BadLength));
        assert_eq!(length(Protocol::Scgi, ""), Err(Refusal::NoLength));
        assert_eq!(length(Protocol::Scgi, "-1"), Err(Refusal::BadLength));
        assert_eq!(build_text(&[("PATH_INFO", "/")], Protocol::Scgi, &[]).err(), Some(Refusal::NoLength));
        assert_eq!(build_text(&[("PATH_INFO", "/")], Protocol::Cgi, &[]).unwrap().body, BodyLength::ToEnd);
    }

    #[test]
    fn what_two_programs_may_read_differently_is_refused() {
        for sent in [
            "0x10",
            "1e3",
            "5 6",
            "+5",
            "-5",
            "5,6",
            "5,",
            ",5",
            "5;",
            "\u{b9}",
            "9223372036854775808",
            "99999999999999999999",
        ] {
            assert_eq!(refusal(&[("CONTENT_LENGTH", sent)]), Some(Refusal::BadLength), "{sent}");
        }
        assert_eq!(
            environ(&[("CONTENT_LENGTH", "9223372036854775807")])["CONTENT_LENGTH"],
            "9223372036854775807"
        );
    }

    #[test]
    fn haproxy_knows_the_length_only_of_what_it_had() {
        let sent = [("SERVER_SOFTWARE", "HAProxy 3.2.0"), ("CONTENT_LENGTH", "5"), ("SCRIPT_NAME", "/")];
        assert_eq!(build_text(&sent, Protocol::FastCgi, &[]).unwrap().body, BodyLength::ToEnd);
        assert_eq!(build_text(&sent, Protocol::Scgi, &[]).unwrap().body, BodyLength::Exactly(5));
        assert_eq!(build_text(&sent, Protocol::FastCgi, &[]).unwrap().vars["CONTENT_LENGTH"], "5");
    }
}
