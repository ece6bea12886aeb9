//! A part of a request's body that had to be taken from the peer before the app asked for it.

use rustix::fs::{FallocateFlags, fallocate};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// How much of the file is read before its space is given back.
const HOLE: u64 = 8 * 1024 * 1024;

/// A queue of bytes, in memory up to a limit and in an unnamed temporary file beyond it.
#[derive(Debug, Default)]
pub(crate) struct Spool {
    memory: Vec<u8>,
    taken: usize,
    file: Option<Overflow>,
}

#[derive(Debug)]
struct Overflow {
    file: File,
    read: u64,
    written: u64,
    /// Up to where the file takes no more space.
    freed: u64,
}

impl Spool {
    /// Appends bytes, holding at most `limit` of them in memory.
    ///
    /// # Errors
    /// The temporary file could not be made or written: the disk is full, or the folder for temporary files
    /// (environment variable TMPDIR) cannot be written to.
    pub(crate) fn push(&mut self, bytes: &[u8], limit: usize) -> io::Result<()> {
        if self.file.is_none() && self.memory.len() - self.taken + bytes.len() <= limit {
            if self.taken >= self.memory.len() / 2 {
                self.memory.drain(..self.taken);
                self.taken = 0;
            }
            self.memory.extend_from_slice(bytes);
            return Ok(());
        }
        let overflow = match &mut self.file {
            Some(overflow) => overflow,
            none => none.insert(Overflow { file: tempfile::tempfile()?, read: 0, written: 0, freed: 0 }),
        };
        overflow.file.write_all_at(bytes, overflow.written)?;
        overflow.written += bytes.len() as u64;
        Ok(())
    }

    /// Takes bytes out in order. 0 if there are none.
    ///
    /// # Errors
    /// The temporary file could not be read.
    pub(crate) fn take(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let rest = self.memory.get(self.taken..).unwrap_or_default();
        if !rest.is_empty() {
            let count = rest.len().min(into.len());
            into.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
            self.taken += count;
            return Ok(count);
        }
        let Some(overflow) = &mut self.file else { return Ok(0) };
        let count = overflow.file.read_at(into, overflow.read)?;
        overflow.read += count as u64;
        if overflow.read == overflow.written {
            // Read to its end, the file can go; what comes later begins in memory again.
            *self = Self::default();
        } else if overflow.read - overflow.freed >= HOLE {
            // Who is always a little behind would else fill the disk. Where the file system knows no holes, it does.
            let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
            let _ = fallocate(&overflow.file, flags, overflow.freed, overflow.read - overflow.freed);
            overflow.freed = overflow.read;
        }
        Ok(count)
    }

    /// How many bytes are held.
    pub(crate) fn len(&self) -> u64 {
        let filed = self.file.as_ref().map_or(0, |overflow| overflow.written - overflow.read);
        (self.memory.len() - self.taken) as u64 + filed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(spool: &mut Spool, step: usize) -> Vec<u8> {
        let mut all = Vec::new();
        let mut part = vec![0; step];
        loop {
            match spool.take(&mut part).unwrap() {
                0 => return all,
                count => all.extend_from_slice(&part[..count]),
            }
        }
    }

    #[test]
    fn bytes_come_out_in_order_across_memory_and_file() {
        let mut spool = Spool::default();
        let bytes: Vec<u8> = (0..5_000u32).map(|n| (n % 251) as u8).collect();
        for chunk in bytes.chunks(700) {
            spool.push(chunk, 1_000).unwrap();
        }
        assert!(spool.file.is_some() && spool.memory.len() <= 1_000);
        assert_eq!(spool.len(), 5_000);
        assert_eq!(drain(&mut spool, 333), bytes);
        assert_eq!(spool.len(), 0);
    }

    #[test]
    fn a_file_that_is_never_read_to_its_end_gives_its_space_back() {
        use std::os::unix::fs::MetadataExt;
        let mut spool = Spool::default();
        let part: Vec<u8> = (0..1024 * 1024u32).map(|n| (n % 251) as u8).collect();
        let mut into = vec![0; part.len()];
        spool.push(&part, 0).unwrap();
        for _ in 0..40 {
            spool.push(&part, 0).unwrap();
            assert_eq!(spool.take(&mut into).unwrap(), part.len());
            assert_eq!(into, part);
        }
        let space = spool.file.as_ref().unwrap().file.metadata().unwrap().blocks() * 512;
        assert!(space < 2 * HOLE, "{space}");
    }

    #[test]
    fn a_spool_that_is_never_quite_empty_does_not_keep_what_was_taken() {
        let mut spool = Spool::default();
        spool.push(&[1; 100], 1_000).unwrap();
        for _ in 0..1_000 {
            spool.push(&[1; 500], 1_000).unwrap();
            assert_eq!(spool.take(&mut [0; 500]).unwrap(), 500);
        }
        assert!(spool.file.is_none() && spool.memory.capacity() <= 4_000, "{}", spool.memory.capacity());
    }

    #[test]
    fn a_spool_that_is_read_as_it_fills_stays_in_memory() {
        let mut spool = Spool::default();
        for _ in 0..100 {
            spool.push(&[1; 900], 1_000).unwrap();
            assert_eq!(drain(&mut spool, 400).len(), 900);
        }
        assert!(spool.file.is_none() && spool.memory.capacity() <= 1_800);
    }
}
