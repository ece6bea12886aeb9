//! The grammar of names, values and numbers in a head.

/// For each byte, whether it may stand in a token (RFC 9110, section 5.6.2).
static TOKEN: [bool; 256] = token_table();

const fn token_table() -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < table.len() {
        #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, within the loop's bound")]
        {
            table[byte] = match byte as u8 {
                b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' => {
                    true
                }
                b'|' | b'~' => true,
                other => other.is_ascii_alphanumeric(),
            };
        }
        byte += 1;
    }
    table
}

/// True if `bytes` are a token, which is never empty.
pub(crate) fn is_token(bytes: &[u8]) -> bool {
    let allowed = |byte: &u8| TOKEN.get(usize::from(*byte)).copied().unwrap_or(false);
    !bytes.is_empty() && bytes.iter().all(allowed)
}

/// The first control character in `bytes`; a tab is one only where `tab` is not allowed.
pub(crate) fn control_character(bytes: &[u8], tab: bool) -> Option<u8> {
    let forbidden = |byte: u8| (byte < b' ' && !(tab && byte == b'\t')) || byte == 0x7f;
    // Asking all of the bytes without a way out lets the compiler ask many at a time; the second look is rare.
    if bytes.iter().fold(false, |any, byte| any | forbidden(*byte)) {
        bytes.iter().copied().find(|byte| forbidden(*byte))
    } else {
        None
    }
}

/// The number that `bytes` say in decimal digits and nothing else; `None` also if it does not fit.
pub(crate) fn number(bytes: &[u8]) -> Option<u64> {
    // `parse` would take a sign as well.
    if !bytes.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_letters_digits_and_fifteen_signs() {
        let allowed: Vec<u8> = (0..=255).filter(|byte| is_token(&[*byte])).collect();
        let expected = b"!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~";
        assert_eq!(allowed, expected);
        assert!(!is_token(b""));
        assert!(!is_token(b"X Y"));
    }

    #[test]
    fn control_characters_are_the_first_32_and_delete() {
        let found: Vec<u8> = (0..=255).filter(|byte| control_character(&[*byte], false).is_some()).collect();
        assert_eq!(found, (0..32).chain([127]).collect::<Vec<u8>>());
        assert_eq!(control_character(b"a\tb", true), None);
        assert_eq!(control_character(b"a\tb\nc\0", true), Some(b'\n'));
    }

    #[test]
    fn a_number_is_digits_alone_and_fits() {
        assert_eq!(number(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(number(b"007"), Some(7));
        for wrong in
            [&b""[..], b"+1", b"-1", b" 1", b"1 ", b"1_0", b"0x1", b"1,1", b"18446744073709551616", b"\xb2"]
        {
            assert_eq!(number(wrong), None, "{}", wrong.escape_ascii());
        }
    }
}
