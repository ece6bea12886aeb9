//! The body of the request, from where somebody has it.

use crate::failure::Failure;
use std::ffi::OsStr;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// Where the body comes from. Its bytes go out as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// The argument itself.
    Bytes(Vec<u8>),
    /// A file.
    File(PathBuf),
    /// Standard input up to its end.
    Stdin,
}

impl Data {
    /// Reads `DATA`, `@FILE` or `@-`.
    pub fn new(text: &[u8]) -> Self {
        match text {
            [b'@', b'-'] => Self::Stdin,
            [b'@', path @ ..] => Self::File(PathBuf::from(OsStr::from_bytes(path))),
            bytes => Self::Bytes(bytes.to_vec()),
        }
    }

    /// The bytes, all in memory: SCGI and FastCGI want the length before the first of them.
    ///
    /// # Errors
    /// The file or standard input cannot be read.
    pub(crate) fn read(&self) -> Result<Vec<u8>, Failure> {
        let unreadable = |what: &dyn std::fmt::Display, error: io::Error| {
            Failure::Usage(format!("-d: cannot read {what}: {error}"))
        };
        match self {
            Self::Bytes(bytes) => Ok(bytes.clone()),
            Self::File(path) => {
                std::fs::read(path).map_err(|error| unreadable(&format_args!("'{}'", path.display()), error))
            }
            Self::Stdin => {
                let mut bytes = Vec::new();
                match io::stdin().lock().read_to_end(&mut bytes) {
                    Ok(_) => Ok(bytes),
                    Err(error) => Err(unreadable(&"standard input", error)),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn data_is_sent_as_it_is_wherever_it_stands() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"a\r\n\0b\n").unwrap();
        let argument = [b"@", file.path().as_os_str().as_bytes()].concat();
        assert_eq!(Data::new(&argument).read().unwrap(), b"a\r\n\0b\n");
        assert_eq!(Data::new(b"a=@b").read().unwrap(), b"a=@b");
        assert_eq!(Data::new(b"@-"), Data::Stdin);
    }

    #[test]
    fn a_file_that_is_not_there_is_blamed_on_the_option() {
        let message = Data::new(b"@/no/such").read().unwrap_err().to_string();
        assert!(message.starts_with("-d: cannot read '/no/such': "), "{message}");
    }
}
