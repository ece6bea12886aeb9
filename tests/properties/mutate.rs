//! Damage, for runs without a fuzzer.

/// A small generator of numbers (xorshift64*): the same seed, the same run.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// The generator of this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % end
    }
}

/// `seed` with a few bytes changed, lost, repeated or replaced by a part of `other`.
pub fn damaged(seed: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len() + 1);
        let count = dice.below(12).min(bytes.len() - at);
        match dice.below(6) {
            0 if at < bytes.len() => bytes[at] = dice.below(256) as u8,
            1 if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
            2 => drop(bytes.drain(at..at + count)),
            3 => bytes.insert(
                at,
                *[0, 1, 0xff, 0x80, b'\r', b'\n', b' ', b':', b','].get(dice.below(9)).unwrap_or(&0),
            ),
            4 => {
                let part = bytes[at..at + count].to_vec();
                bytes.splice(at..at, part);
            }
            _ => {
                let from = dice.below(other.len() + 1);
                let part = &other[from..other.len().min(from + 40)];
                bytes.splice(at..at + count, part.iter().copied());
            }
        }
    }
    bytes
}
