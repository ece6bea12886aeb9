//! How much memory a process takes.

use std::fs::read_to_string;

/// What `/proc` says of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// Bytes in memory and in swap.
    pub resident: u64,
}

impl Memory {
    /// Of this process. `None` where the system does not tell.
    pub fn own() -> Option<Self> {
        Self::read("/proc/self/status")
    }

    /// Of another process.
    pub fn of(pid: i32) -> Option<Self> {
        Self::read(&format!("/proc/{pid}/status"))
    }

    fn read(path: &str) -> Option<Self> {
        let text = read_to_string(path).ok()?;
        let field = |name: &str| -> Option<u64> {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
            kib.checked_mul(1024)
        };
        // Swap may be unknown to the kernel.
        Some(Self { resident: field("VmRSS:")?.saturating_add(field("VmSwap:").unwrap_or(0)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_is_counted() {
        let before = Memory::own().unwrap().resident;
        let block = vec![1u8; 32 << 20];
        let after = Memory::own().unwrap().resident;
        assert!(block.iter().all(|byte| *byte == 1));
        assert!(after > before + (24 << 20), "{before} {after}");
        assert_eq!(Memory::of(i32::MAX), None);
    }
}
