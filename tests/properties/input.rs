//! Bytes read as choices.

/// A cursor over the bytes of one case. At the end it goes on with zeros, so that every input means something.
#[derive(Debug, Clone)]
pub struct Input<'a> {
    bytes: &'a [u8],
}

impl<'a> Input<'a> {
    /// Reads from the front of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// True if there is nothing left.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        *first
    }

    /// The next two bytes as a number.
    pub fn word(&mut self) -> u16 {
        u16::from_be_bytes([self.byte(), self.byte()])
    }

    /// Up to `count` bytes.
    pub fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.bytes.split_at(count.min(self.bytes.len()));
        self.bytes = rest;
        taken
    }

    /// Bytes with their length in front: one byte below 250, or six choices of lengths around the borders of
    /// buffers and records, for which the bytes that are there are repeated.
    pub fn block(&mut self) -> Vec<u8> {
        let length = match self.byte() {
            short @ ..250 => return self.take(usize::from(short)).to_vec(),
            250 => 300,
            251 => 1_000,
            252 => 4_097,
            253 => 16_385,
            // The odds are against those that take long.
            254 if self.byte() < 32 => 65_535,
            255 if self.byte() < 32 => 65_536,
            _ => 128,
        };
        let seed = match self.take(8) {
            [] => b"x",
            seed => seed,
        };
        let mut block = seed.repeat(length / seed.len() + 1);
        block.truncate(length);
        block
    }

    /// One of `choices`.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::from(self.byte()) % choices.len()]
    }

    /// True for about one input in `odds`.
    pub fn one_in(&mut self, odds: u8) -> bool {
        self.byte() % odds == odds - 1
    }

    /// Everything that is left.
    pub fn rest(self) -> &'a [u8] {
        self.bytes
    }
}
