//! How much memory a connection may hold.

use crate::memory::held;
use janua_vocabulary::Limits;

/// What one read of a [`Buffer`](janua_vocabulary::Buffer) and the codec itself may take beside the head.
const READ: usize = 64 * 1024;

/// The memory that was held before a connection began, and how much more it may become.
#[derive(Debug, Clone, Copy)]
pub struct Bound {
    before: isize,
    more: usize,
}

impl Bound {
    /// Begins to count for a connection with these limits.
    ///
    /// A vector that grows may have twice the room that it needs, and a parameter costs four numbers beside its
    /// bytes; so that much is allowed, for the bytes as they came and once more as they were understood.
    pub fn new(limits: Limits) -> Self {
        Self { before: held(), more: 4 * limits.params_bytes + 128 * limits.params + READ }
    }

    /// Checks the bound, `besides` being bytes that the caller holds for himself.
    pub fn check(&self, besides: usize) {
        let held = held() - self.before;
        let allowed = (self.more + besides) as isize;
        assert!(held <= allowed, "{held} bytes are held where {allowed} are allowed");
    }
}
