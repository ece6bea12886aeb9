//! Percent-encoding, RFC 3986, section 2.1.

/// The first byte that `encoded` stands for, and what follows it. A `%` that starts no escape stands for itself.
#[inline]
pub fn next_decoded(encoded: &[u8]) -> Option<(u8, &[u8])> {
    if let [b'%', high, low, tail @ ..] = encoded
        && let (Some(high), Some(low)) = (hex(*high), hex(*low))
    {
        return Some((high << 4 | low, tail));
    }
    encoded.split_first().map(|(byte, tail)| (*byte, tail))
}

#[inline]
fn hex(digit: u8) -> Option<u8> {
    (digit as char).to_digit(16).map(|value| value as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_escape_stands_for_itself() {
        assert_eq!(next_decoded(b"%2Fa"), Some((b'/', &b"a"[..])));
        for text in [&b"%"[..], b"%2", b"%zz", b"%+1", b"%1+"] {
            assert_eq!(next_decoded(text), Some((b'%', &text[1..])));
        }
        assert_eq!(next_decoded(b""), None);
    }
}
