//! The name under which a backend's files stand: different for whatever must not share one.

use std::hash::{DefaultHasher, Hasher};

/// Gathers what a backend depends on.
///
/// Whoever could choose what goes in here decides what runs anyway, so a hash against accidents is enough.
pub(crate) struct Key {
    halves: [DefaultHasher; 2],
}

impl Key {
    pub(crate) fn new() -> Self {
        let mut halves = [DefaultHasher::new(), DefaultHasher::new()];
        halves.iter_mut().zip(0..).for_each(|(half, number)| half.write_u8(number));
        Self { halves }
    }

    /// Adds bytes. They do not run together with those before and after.
    pub(crate) fn add(&mut self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        for half in &mut self.halves {
            half.write_usize(bytes.len());
            half.write(bytes);
        }
    }

    /// 32 hexadecimal digits.
    pub(crate) fn digits(&self) -> String {
        let [first, second] = &self.halves;
        format!("{:016x}{:016x}", first.finish(), second.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(fields: &[&str]) -> String {
        let mut key = Key::new();
        fields.iter().for_each(|field| key.add(field));
        key.digits()
    }

    #[test]
    fn a_key_tells_fields_apart() {
        let keys = [key(&["ab", "c"]), key(&["a", "bc"]), key(&["abc", ""]), key(&["abc"]), key(&[])];
        for (number, one) in keys.iter().enumerate() {
            assert!(one.len() == 32 && one.bytes().all(|byte| byte.is_ascii_hexdigit()), "{one}");
            assert!(!keys[..number].contains(one));
            assert_ne!(one[..16], one[16..]);
        }
        assert_eq!(key(&["ab", "c"]), key(&["ab", "c"]));
    }
}
