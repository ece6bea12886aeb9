//! The raw parameters of a request, in the order in which they were sent.

use std::fmt;
use std::ops::Range;

/// Ordered `(name, value)` pairs of bytes in one allocation.
///
/// Names may repeat and nothing is assumed of the bytes: what they mean is decided by the environ builder alone.
#[derive(Clone, Default)]
pub struct Params {
    bytes: Vec<u8>,
    pairs: Vec<Pair>,
}

/// Where in a block of memory a name and its value stand.
#[derive(Debug, Clone, Copy)]
pub struct Pair {
    name: (u32, u32),
    value: (u32, u32),
}

impl Pair {
    /// How many bytes of a block there are for each pair, rather too few than too many: what room to make for the pairs
    /// of a block that is at hand, so that it seldom has to grow.
    pub const USUAL_LENGTH: usize = 24;

    /// A name and a value at these places.
    #[inline]
    pub fn at(name: Range<usize>, value: Range<usize>) -> Self {
        let span = |range: Range<usize>| (range.start as u32, range.end as u32);
        Self { name: span(name), value: span(value) }
    }
}

impl Params {
    /// No parameters.
    pub fn new() -> Self {
        Self::default()
    }

    /// Parameters that lie in `block`. A name or value that does not lie inside it reads as empty.
    pub fn from_block(block: Vec<u8>, pairs: Vec<Pair>) -> Self {
        Self { pairs, bytes: block }
    }

    /// Appends a copy of one parameter.
    pub fn push(&mut self, name: &[u8], value: &[u8]) {
        let name_start = self.bytes.len();
        self.bytes.extend_from_slice(name);
        let value_start = self.bytes.len();
        self.bytes.extend_from_slice(value);
        let end = self.bytes.len() as u32;
        let middle = value_start as u32;
        self.pairs.push(Pair { name: (name_start as u32, middle), value: (middle, end) });
    }

    /// The parameters in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], &[u8])> + DoubleEndedIterator + Clone {
        self.pairs.iter().map(|pair| (self.slice(pair.name), self.slice(pair.value)))
    }

    /// The value of the last parameter of that name.
    pub fn get(&self, name: &[u8]) -> Option<&[u8]> {
        // Most names differ in their length already.
        let alike = |pair: &&Pair| {
            let (start, end) = pair.name;
            end.wrapping_sub(start) as usize == name.len() && self.slice(pair.name) == name
        };
        self.pairs.iter().rev().find(alike).map(|pair| self.slice(pair.value))
    }

    /// How many parameters there are, repeats counted.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    fn slice(&self, (start, end): (u32, u32)) -> &[u8] {
        self.bytes.get(start as usize..end as usize).unwrap_or_default()
    }
}

impl<'a> FromIterator<(&'a [u8], &'a [u8])> for Params {
    fn from_iter<T: IntoIterator<Item = (&'a [u8], &'a [u8])>>(pairs: T) -> Self {
        let mut params = Self::new();
        pairs.into_iter().for_each(|(name, value)| params.push(name, value));
        params
    }
}

/// Equal are the same pairs in the same order, wherever in memory they lie.
impl PartialEq for Params {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Params {}

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |bytes: &[u8]| bytes.escape_ascii().to_string();
        f.debug_map().entries(self.iter().map(|(name, value)| (text(name), text(value)))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_repeats_are_kept() {
        let pairs: [(&[u8], &[u8]); 3] = [(b"A", b"1"), (b"B", b""), (b"A", b"\xff\0")];
        let params = Params::from_iter(pairs);
        assert!(params.iter().eq(pairs));
        assert_eq!(params.get(b"A"), Some(&b"\xff\0"[..]));
        assert_eq!(params.get(b"C"), None);
    }

    #[test]
    fn a_range_outside_the_block_reads_as_empty() {
        let params = Params::from_block(b"AB".to_vec(), vec![Pair::at(0..1, 1..2), Pair::at(1..2, 2..9)]);
        assert!(params.iter().eq([(&b"A"[..], &b"B"[..]), (b"B", b"")]));
    }
}
