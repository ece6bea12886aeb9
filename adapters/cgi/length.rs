//! CONTENT_LENGTH as servers really send it.

use janua_vocabulary::BodyLength;

/// The length of the body that a CONTENT_LENGTH means (RFC 3875, section 4.1.2), or `None` if it means nothing.
///
/// No value, an empty one and `-1` stand for a body of unknown length, which ends with stdin: mod_cgid sends no
/// CONTENT_LENGTH for a chunked body. A number may be repeated with commas, as a proxy joins equal header lines.
pub fn body_length(value: Option<&[u8]>) -> Option<BodyLength> {
    let value = value.unwrap_or_default().trim_ascii();
    if value.is_empty() || value == b"-1" {
        return Some(BodyLength::ToEnd);
    }
    let mut numbers = value.split(|byte| *byte == b',').map(|part| number(part.trim_ascii()));
    let first = numbers.next()??;
    numbers.all(|other| other == Some(first)).then_some(BodyLength::Exactly(first))
}

/// A number of bytes below 2^63 in decimal digits.
fn number(digits: &[u8]) -> Option<u64> {
    // `parse` would take a sign as well.
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number: u64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    (number < 1 << 63).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_means_to_the_end_of_stdin() {
        for value in [None, Some(&b""[..]), Some(b"  "), Some(b"-1")] {
            assert_eq!(body_length(value), Some(BodyLength::ToEnd));
        }
    }

    #[test]
    fn a_number_means_that_many_bytes() {
        let cases = [
            ("0", 0),
            ("10", 10),
            (" 10 ", 10),
            ("0010", 10),
            ("10, 10", 10),
            ("9223372036854775807", i64::MAX),
        ];
        for (value, expected) in cases {
            assert_eq!(
                body_length(Some(value.as_bytes())),
                Some(BodyLength::Exactly(expected as u64)),
                "{value}"
            );
        }
    }

    #[test]
    fn anything_else_means_nothing() {
        for value in
            ["x", "-2", "+1", "1.0", "1e3", "10, 11", "10,", ",10", ",", "9223372036854775808", "1 0", "0x10"]
        {
            assert_eq!(body_length(Some(value.as_bytes())), None, "{value}");
        }
    }
}
