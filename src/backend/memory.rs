//! How much memory a process takes.

use std::fs::read_to_string;

/// What `/proc` says of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// Bytes in memory and in swap. What several processes share, as they do the code of Python's libraries, counts in
    /// each of them in part, so that the sum is what all of them take.
    pub taken: u64,
}

impl Memory {
    /// Of this process. `None` where the system does not tell.
    pub fn own() -> Option<Self> {
        Self::read("/proc/self")
    }

    /// Of this process, what no file backs, with all that it shares in whole: quick to tell, however large the process is.
    pub fn anonymous() -> Option<u64> {
        Self::sum("/proc/self/status", "RssAnon:", "VmSwap:").map(|memory| memory.taken)
    }

    /// Of another process.
    pub fn of(pid: i32) -> Option<Self> {
        Self::read(&format!("/proc/{pid}"))
    }

    fn read(folder: &str) -> Option<Self> {
        // Older kernels do not tell what is shared, and some systems tell it nobody but root.
        let shared = Self::sum(&format!("{folder}/smaps_rollup"), "Pss:", "SwapPss:");
        shared.or_else(|| Self::sum(&format!("{folder}/status"), "VmRSS:", "VmSwap:"))
    }

    fn sum(path: &str, memory: &str, swap: &str) -> Option<Self> {
        let text = read_to_string(path).ok()?;
        let field = |name: &str| -> Option<u64> {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
            kib.checked_mul(1024)
        };
        // Swap may be unknown to the kernel.
        Some(Self { taken: field(memory)?.saturating_add(field(swap).unwrap_or(0)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_is_counted() {
        let before = Memory::own().unwrap().taken;
        let block = vec![1u8; 32 << 20];
        let after = Memory::own().unwrap().taken;
        assert!(block.iter().all(|byte| *byte == 1));
        assert!(after > before + (24 << 20), "{before} {after}");
        assert_eq!(Memory::of(i32::MAX), None);
    }

    #[test]
    fn what_is_shared_is_counted_in_part_and_without_that_figure_in_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        assert_eq!(Memory::read(path), None);
        std::fs::write(folder.path().join("status"), "VmPeak:\t900 kB\nVmRSS:\t 300 kB\nVmSwap:\t 7 kB\n")
            .unwrap();
        assert_eq!(Memory::read(path), Some(Memory { taken: 307 << 10 }));
        let rollup = "55e-7ff ---p 00000000 00:00 0 [rollup]\nRss: 300 kB\nPss: 120 kB\nPss_Anon: 9 kB\nSwapPss: 3 kB\n";
        std::fs::write(folder.path().join("smaps_rollup"), rollup).unwrap();
        assert_eq!(Memory::read(path), Some(Memory { taken: 123 << 10 }));
    }
}
