//! A response on its way to an adapter.

/// The head of a response, checked and rendered once for all protocols.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// Status code and reason phrase, `200 OK`.
    pub status: &'a [u8],
    /// The header fields, each as `Name: value\r\n`.
    pub fields: &'a [u8],
    /// The value of Content-Length among the fields.
    pub length: Option<u64>,
    /// No body will be sent: the request was HEAD, or the status is 204 or 304.
    pub bodiless: bool,
}

/// How a stretch of the body travels: `prefix`, then `take` bytes of the body, then `suffix`.
///
/// The bytes of the body themselves never pass through the codec, so that they can be written from where they lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    prefix: [u8; Frame::MAX_PREFIX],
    prefix_len: u8,
    /// How many bytes of the body follow the prefix, at least one and at most what was available.
    pub take: usize,
    /// What follows them.
    pub suffix: &'static [u8],
}

impl Frame {
    /// The longest prefix that a frame can hold, in bytes.
    pub const MAX_PREFIX: usize = 24;

    /// A frame without anything around the bytes.
    pub fn bare(take: usize) -> Self {
        Self::new(&[], take, &[])
    }

    /// A frame; of a `prefix` beyond [`Frame::MAX_PREFIX`] bytes the rest is lost.
    pub fn new(prefix: &[u8], take: usize, suffix: &'static [u8]) -> Self {
        debug_assert!(prefix.len() <= Self::MAX_PREFIX);
        let mut held = [0; Self::MAX_PREFIX];
        let mut prefix_len = 0;
        for (to, from) in held.iter_mut().zip(prefix) {
            *to = *from;
            prefix_len += 1;
        }
        Self { prefix: held, prefix_len, take, suffix }
    }

    /// What goes before the bytes of the body.
    pub fn prefix(&self) -> &[u8] {
        self.prefix.get(..usize::from(self.prefix_len)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_holds_its_prefix() {
        let frame = Frame::new(b"ff\r\n", 255, b"\r\n");
        assert_eq!(frame.prefix(), b"ff\r\n");
        assert!(Frame::bare(3).prefix().is_empty());
    }
}
