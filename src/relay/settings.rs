//! The settings in the comment lines of a script: `# janua: name = value`.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// How much of a script is looked at. Settings stand at its top.
pub(crate) const TOP: usize = 8 * 1024;

/// What of a script's settings means something before its backend runs.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Setting `cgi_folder`.
    pub(crate) folder: Option<PathBuf>,
    /// Setting `cgi_environment`: names.
    pub(crate) environment: Vec<OsString>,
}

/// The settings in the first bytes of a script: what follows `# janua:`, before the first line that is neither a comment
/// nor blank.
pub(crate) fn lines(top: &[u8]) -> impl Iterator<Item = &[u8]> {
    top.split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .take_while(|line| line.is_empty() || line.starts_with(b"#"))
        .filter_map(|line| {
            Some(line.strip_prefix(b"#")?.trim_ascii_start().strip_prefix(b"janua:")?.trim_ascii())
        })
}

impl Settings {
    /// The settings in the first bytes of a script and those in the environment, which go before them.
    ///
    /// # Errors
    /// A value is no text in quotes: a sentence that says so.
    pub(crate) fn read(top: &[u8], variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, String> {
        let value = |name: &str| -> Result<Option<OsString>, String> {
            if let Some(value) = variable(&format!("JANUA_{}", name.to_ascii_uppercase())) {
                return Ok(Some(value));
            }
            let mut values = lines(top).filter_map(|line| {
                line.strip_prefix(name.as_bytes())?
                    .trim_ascii_start()
                    .strip_prefix(b"=")
                    .map(<[u8]>::trim_ascii)
            });
            let Some(value) = values.next() else { return Ok(None) };
            text(value).map(|text| Some(OsString::from_vec(text))).ok_or_else(|| {
                format!("{name} in a comment of the script: {} is no text in quotes", value.escape_ascii())
            })
        };
        let environment = value("cgi_environment")?.unwrap_or_default();
        let names = environment.as_bytes().split(u8::is_ascii_whitespace).filter(|name| !name.is_empty());
        let environment: Vec<_> = names.map(|name| OsString::from_vec(name.to_vec())).collect();
        if let Some(name) = environment.iter().find(|name| name.as_bytes().starts_with(b"HTTP_")) {
            // Whoever sends requests could have a backend started with each.
            return Err(format!("cgi_environment: {} comes from the client", name.display()));
        }
        Ok(Self {
            folder: value("cgi_folder")?.filter(|folder| !folder.is_empty()).map(PathBuf::from),
            environment,
        })
    }
}

/// The text that a TOML string means. Of its escapes those of `"` and `\` are known; the others have no place in a path
/// or a name.
fn text(value: &[u8]) -> Option<Vec<u8>> {
    let (quote, rest) = value.split_first().filter(|(quote, _)| matches!(quote, b'"' | b'\''))?;
    let mut text = Vec::new();
    let mut bytes = rest.iter();
    loop {
        match bytes.next()? {
            byte if byte == quote => break,
            b'\\' if *quote == b'"' => text.push(*bytes.next().filter(|byte| matches!(byte, b'"' | b'\\'))?),
            byte => text.push(*byte),
        }
    }
    let after = bytes.as_slice().trim_ascii_start();
    (after.is_empty() || after.starts_with(b"#")).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(top: &str) -> Result<Settings, String> {
        Settings::read(top.as_bytes(), |_| None)
    }

    #[test]
    fn settings_stand_before_the_first_line_of_code() {
        let top = "#!/bin/janua-cgi\n#janua: a = 1\r\n\n  #  janua:b=2\n# Janua: c\n# janua\nimport x\n# janua: d = 4\n";
        assert!(lines(top.as_bytes()).eq([&b"a = 1"[..], b"b=2"]));
    }

    #[test]
    fn the_two_that_matter_here_are_read() {
        let settings = read(
            "# janua: cgi_folder = \"/a \\\"b\\\\\" # why\n# janua: cgi_environment='A  B'\n# janua: cgi_folders=1",
        );
        let wanted =
            Settings { folder: Some(PathBuf::from("/a \"b\\")), environment: vec!["A".into(), "B".into()] };
        assert_eq!(settings, Ok(wanted));
        assert_eq!(read("x = 1"), Ok(Settings::default()));
    }

    #[test]
    fn the_environment_goes_before_the_script() {
        let variable = |name: &str| (name == "JANUA_CGI_FOLDER").then(|| OsString::from("/there"));
        let settings = Settings::read(b"# janua: cgi_folder = '/here'", variable);
        assert_eq!(settings.unwrap().folder, Some(PathBuf::from("/there")));
    }

    #[test]
    fn a_value_that_is_no_text_says_so() {
        for line in ["/tmp", "\"/tmp", "'/tmp' x", "\"\\u0041\"", ""] {
            let error = read(&format!("# janua: cgi_folder = {line}")).unwrap_err();
            assert!(error.starts_with("cgi_folder in a comment"), "{error}");
        }
    }
}
