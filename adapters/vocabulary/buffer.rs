//! The bytes of a connection that have arrived and are not yet understood.

/// How much one read may bring. Large enough that the head of a usual request arrives in one read.
const ROOM: usize = 16 * 1024;

/// What is unconsumed may be copied when the rest of a read is given back: of a slow head, a few bytes as a rule.
const LITTLE: usize = ROOM / 8;

/// A read buffer with a cursor: bytes are appended at the end and consumed from the front.
///
/// When it has been [released](Buffer::release) it holds no more than what is unconsumed, so that an idle connection
/// costs next to nothing. It never grows by itself beyond what is unconsumed plus one read.
#[derive(Debug, Default)]
pub struct Buffer {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl Buffer {
    /// An empty buffer that holds no memory yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Free room behind the unconsumed bytes, at least 4 KiB of it.
    pub fn space(&mut self) -> &mut [u8] {
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
        }
        if self.bytes.len() - self.end < ROOM / 4 {
            if self.bytes.len() < ROOM {
                // Fresh memory that is zero already is cheaper than memory that is filled with zeros.
                self.move_to(vec![0; ROOM]);
            }
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            if self.bytes.len() - self.end < ROOM / 4 {
                self.bytes.resize(self.end + ROOM, 0);
            }
        }
        self.bytes.get_mut(self.end..).unwrap_or_default()
    }

    /// Says that `count` bytes were written to the front of [`space`](Buffer::space).
    pub fn filled(&mut self, count: usize) {
        self.end = self.end.saturating_add(count).min(self.bytes.len());
    }

    /// The bytes that have not been consumed.
    pub fn unread(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    /// Consumes up to `count` bytes and lends them.
    pub fn take(&mut self, count: usize) -> &[u8] {
        let from = self.start;
        self.start = from.saturating_add(count).min(self.end);
        self.bytes.get(from..self.start).unwrap_or_default()
    }

    /// True if nothing is unconsumed.
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Gives the memory back if little is unconsumed, which is kept in just as much; `None` if there is nothing to give
    /// that is worth keeping.
    pub fn release(&mut self) -> Option<Vec<u8>> {
        let little = self.unread().len() <= LITTLE && (self.is_empty() || self.bytes.len() >= ROOM);
        if !little {
            return None;
        }
        let unread = self.unread().to_vec();
        (self.start, self.end) = (0, unread.len());
        let bytes = std::mem::replace(&mut self.bytes, unread);
        (bytes.len() == ROOM).then_some(bytes)
    }

    /// Takes memory that another buffer [released](Buffer::release), unless it holds as much already. What stands in it
    /// is never seen.
    pub fn lend(&mut self, room: Vec<u8>) {
        if self.bytes.len() < ROOM {
            self.move_to(room);
        }
    }

    /// Puts what is unconsumed into other memory, if it fits in.
    fn move_to(&mut self, mut room: Vec<u8>) {
        let unread = self.bytes.get(self.start..self.end).unwrap_or_default();
        if let Some(place) = room.get_mut(..unread.len()) {
            place.copy_from_slice(unread);
            (self.start, self.end) = (0, unread.len());
            self.bytes = room;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(buffer: &mut Buffer, bytes: &[u8]) {
        for chunk in bytes.chunks(1000) {
            buffer.space()[..chunk.len()].copy_from_slice(chunk);
            buffer.filled(chunk.len());
        }
    }

    #[test]
    fn what_goes_in_comes_out_in_order() {
        let mut buffer = Buffer::new();
        let bytes: Vec<u8> = (0..60_000u32).map(|n| n as u8).collect();
        let mut seen = Vec::new();
        for chunk in bytes.chunks(7_001) {
            feed(&mut buffer, chunk);
            seen.extend_from_slice(buffer.take(6_000));
        }
        let rest = buffer.unread().len();
        seen.extend_from_slice(buffer.take(rest));
        assert_eq!(seen, bytes);
        assert!(buffer.is_empty());
    }

    #[test]
    fn a_buffer_that_is_read_as_it_fills_does_not_grow() {
        let mut buffer = Buffer::new();
        for _ in 0..1_000 {
            feed(&mut buffer, &[7; 5_000]);
            assert_eq!(buffer.take(usize::MAX).len(), 5_000);
        }
        assert!(buffer.bytes.len() <= 2 * ROOM);
    }

    #[test]
    fn release_keeps_what_is_unread() {
        let mut buffer = Buffer::new();
        feed(&mut buffer, b"ab");
        assert!(buffer.release().is_some());
        assert_eq!((buffer.unread(), buffer.bytes.capacity()), (&b"ab"[..], 2));
        assert_eq!(buffer.release(), None);
        assert_eq!(buffer.take(1), b"a");
        feed(&mut buffer, b"c");
        buffer.lend(vec![7; ROOM]);
        assert_eq!(buffer.take(usize::MAX), b"bc");
        assert!(buffer.release().is_some());
        assert_eq!(buffer.bytes.capacity(), 0);
    }

    #[test]
    fn much_that_is_unread_stays_where_it_is() {
        let mut buffer = Buffer::new();
        feed(&mut buffer, &[7; LITTLE + 1]);
        assert_eq!(buffer.release(), None);
        assert_eq!(buffer.unread(), [7; LITTLE + 1]);
    }

    #[test]
    fn a_slow_head_moves_into_memory_that_is_lent() {
        let mut buffer = Buffer::new();
        // Miri takes its time with memory of this size.
        let most = if cfg!(miri) { 20 } else { LITTLE };
        for step in 1..=most {
            buffer.lend(vec![9; ROOM]);
            feed(&mut buffer, &[step as u8]);
            assert!(buffer.release().is_some() && buffer.unread().len() == step);
        }
        assert!(buffer.unread().iter().zip(1..).all(|(byte, step): (_, usize)| *byte == step as u8));
    }

    #[test]
    fn what_one_buffer_held_cannot_be_seen_in_the_next() {
        let (mut first, mut second) = (Buffer::new(), Buffer::new());
        feed(&mut first, b"secret");
        first.take(usize::MAX);
        second.lend(first.release().unwrap());
        assert!(second.is_empty());
        feed(&mut second, b"ab");
        assert_eq!(second.take(usize::MAX), b"ab");
        assert!(second.unread().is_empty());
    }

    #[test]
    fn a_buffer_that_holds_bytes_keeps_its_own_memory() {
        let mut buffer = Buffer::new();
        feed(&mut buffer, b"ab");
        buffer.lend(vec![0; ROOM]);
        assert_eq!(buffer.take(usize::MAX), b"ab");
    }
}
