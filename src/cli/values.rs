//! The forms that values are written in. An error is the reason alone, with what to write instead.

use std::ops::RangeInclusive;
use std::time::Duration;

/// Longer than any request, short enough that adding it to a point in time cannot fail.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

const LARGEST: u64 = 1 << 40;

/// A whole number from a range.
pub(crate) fn count<T: TryFrom<u64>>(text: &str, range: RangeInclusive<u64>) -> Result<T, String> {
    let limits = || format!("from {} to {}", range.start(), range.end());
    match text.parse() {
        Ok(number) if range.contains(&number) => {
            T::try_from(number).map_err(|_| format!("'{text}' is too large for this machine"))
        }
        Ok(_) => Err(format!("'{text}' is not {}", limits())),
        Err(_) => Err(format!("'{text}' is no number {}", limits())),
    }
}

/// Bytes: `1048576`, `64k`, `1MiB`, `1g`. The units are powers of 1024.
pub(crate) fn size(text: &str) -> Result<usize, String> {
    let error = || format!("'{text}' is no size (write bytes, or 64k, 1MiB, 1GiB; at least 1 byte)");
    let (digits, unit) = number_and_unit(text);
    let unit: u64 = match unit.to_ascii_lowercase().as_str() {
        "" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        _ => return Err(error()),
    };
    let number: u64 = digits.parse().map_err(|_| error())?;
    match number.checked_mul(unit) {
        Some(0) => Err(error()),
        Some(bytes @ ..=LARGEST) => usize::try_from(bytes).map_err(|_| error()),
        _ => Err(format!("'{text}' is more than {}GiB", LARGEST >> 30)),
    }
}

/// Seconds, or a number with a unit: `90`, `1.5`, `500ms`, `30s`, `2m`, `1h`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let error = || format!("'{text}' is no time (write seconds, or 500ms, 30s, 2m, 1h)");
    let (digits, unit) = number_and_unit(text);
    let unit = match unit {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err(error()),
    };
    let number: f64 = digits.parse().map_err(|_| error())?;
    match Duration::try_from_secs_f64(number * unit) {
        Ok(time) if time <= LONGEST => Ok(time),
        _ => Err(format!("'{text}' is more than a year")),
    }
}

fn number_and_unit(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    text.split_at(end)
}

/// Permission bits in octal digits: `660`, `0660`, `0o660`.
pub(crate) fn mode(text: &str) -> Result<u32, String> {
    let digits = text.strip_prefix("0o").unwrap_or(text);
    match u32::from_str_radix(digits, 8) {
        Ok(mode) if mode <= 0o777 => Ok(mode),
        _ => Err(format!("'{text}' is no mode from 0000 to 0777 in octal digits (write 0660)")),
    }
}

/// The name or the number of a user or a group. Whether it exists is asked when it is used.
pub(crate) fn name(text: &str) -> Result<String, String> {
    if text.is_empty() { Err("'' is no name".to_owned()) } else { Ok(text.to_owned()) }
}

/// On or off, in the words people use.
pub(crate) fn switch(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "on" | "yes" | "true" | "1" => Ok(true),
        "off" | "no" | "false" | "0" => Ok(false),
        _ => Err(format!("'{text}' is neither on nor off")),
    }
}

/// Every text, and of each the parts between commas: the environment has no lists of its own.
pub(crate) fn list(texts: &[String]) -> Vec<&str> {
    texts.iter().flat_map(|text| text.split(',')).map(str::trim).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_bytes_or_powers_of_1024() {
        for (text, bytes) in
            [("1", 1), ("1048576", 1 << 20), ("64k", 65536), ("1MiB", 1 << 20), ("2g", 2 << 30)]
        {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "0", "-1", "1.5M", "64kb", "k", "x", "99999999999999999999", "1 k", "2048g"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn times_are_seconds_or_have_a_unit() {
        for (text, ms) in
            [("90", 90_000), ("1.5", 1500), ("500ms", 500), ("30s", 30_000), ("2m", 120_000), ("0", 0)]
        {
            assert_eq!(duration(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "-1", "1e3", "nan", "inf", "s", ".", "1d", "1.2.3", "9000h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_mode_is_octal_with_or_without_a_prefix() {
        for text in ["660", "0660", "0o660"] {
            assert_eq!(mode(text), Ok(0o660), "{text}");
        }
        for text in ["", "0o", "888", "1777", "rw-rw----", "-660"] {
            assert!(mode(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_number_outside_its_range_says_the_range() {
        assert_eq!(count::<u32>("0", 1..=9), Err("'0' is not from 1 to 9".to_owned()));
        assert_eq!(count::<u32>("x", 1..=9), Err("'x' is no number from 1 to 9".to_owned()));
        assert_eq!(count::<u8>("300", 1..=999), Err("'300' is too large for this machine".to_owned()));
    }

    #[test]
    fn a_list_may_be_texts_or_parts_of_one() {
        let texts = ["a, b".to_owned(), "c".to_owned(), String::new()];
        assert_eq!(list(&texts), ["a", "b", "c"]);
    }
}
