//! Two questions that are asked of every parameter, many bytes at a time.
//!
//! The general routines for them are made for long texts; most names and values are shorter than what it takes
//! to set those up. Texts of eight bytes or more are read in words, the last of which may overlap the one
//! before.

/// `==`. Most names have eight to sixteen bytes: two words, which may overlap.
#[inline]
pub(crate) fn equal(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let same_word =
        |(one, other): (&[u8; 8], &[u8; 8])| u64::from_ne_bytes(*one) == u64::from_ne_bytes(*other);
    let (Some(ends), Some(starts)) =
        (one.last_chunk::<8>().zip(other.last_chunk()), one.first_chunk::<8>().zip(other.first_chunk()))
    else {
        return one == other;
    };
    let mut words = one.as_chunks::<8>().0.iter().zip(other.as_chunks::<8>().0);
    same_word(ends) && same_word(starts) && (one.len() <= 16 || words.all(same_word))
}

/// True if there is a NUL among them.
#[inline]
pub(crate) fn has_nul(bytes: &[u8]) -> bool {
    if let Some(end) = bytes.last_chunk::<16>() {
        zero_among(end) || bytes.as_chunks::<16>().0.iter().any(zero_among)
    } else if let (Some(start), Some(end)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        zero_among(start) || zero_among(end)
    } else {
        bytes.contains(&0)
    }
}

/// Without a way out of the loop the compiler asks all of the bytes at once.
#[inline]
fn zero_among<const COUNT: usize>(bytes: &[u8; COUNT]) -> bool {
    bytes.iter().fold(false, |any, byte| any | (*byte == 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_is_found_at_every_place_in_every_length() {
        for filler in [1, b'a', 0x80, 0xff] {
            for length in 0..40 {
                let mut bytes = vec![filler; length];
                assert!(!has_nul(&bytes));
                for place in 0..length {
                    bytes[place] = 0;
                    assert!(has_nul(&bytes), "{place} of {length}");
                    bytes[place] = filler;
                }
            }
        }
    }

    #[test]
    fn a_difference_is_found_at_every_place_in_every_length() {
        for length in 0..40 {
            let one = vec![b'a'; length];
            let mut other = one.clone();
            assert!(equal(&one, &other));
            assert!(!equal(&one, &vec![b'a'; length + 1]));
            for place in 0..length {
                other[place] = b'b';
                assert!(!equal(&one, &other), "{place} of {length}");
                other[place] = b'a';
            }
        }
    }
}
