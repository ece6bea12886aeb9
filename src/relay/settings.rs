//! Those settings of a script that matter before its backend runs.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// What of a script's settings means something before its backend runs.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Setting `cgi_folder`.
    pub(crate) folder: Option<PathBuf>,
    /// Setting `cgi_environment`: names.
    pub(crate) environment: Vec<OsString>,
}

impl Settings {
    /// The settings in the first bytes of a script and those in the environment, which go before them.
    ///
    /// # Errors
    /// A value is no text in quotes: a sentence that says so.
    pub(crate) fn read(top: &[u8], variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, String> {
        let values = |name: &str| -> Result<Vec<OsString>, String> {
            if let Some(value) = variable(&format!("JANUA_{}", name.to_ascii_uppercase())) {
                return Ok(vec![value]);
            }
            let mut written = janua_backend::settings(top).filter_map(|(_, line)| {
                line.strip_prefix(name.as_bytes())?
                    .trim_ascii_start()
                    .strip_prefix(b"=")
                    .map(<[u8]>::trim_ascii)
            });
            let Some(value) = written.next() else { return Ok(Vec::new()) };
            texts(value).map(|texts| texts.into_iter().map(OsString::from_vec).collect()).ok_or_else(|| {
                format!("{name} in a comment of the script: {} is no text in quotes", value.escape_ascii())
            })
        };
        let names = values("cgi_environment")?;
        // A comma separates, as in every list, and so does a blank.
        let between = |byte: &u8| *byte == b',' || byte.is_ascii_whitespace();
        let names = names.iter().flat_map(|text| text.as_bytes().split(between));
        let names = names.filter(|name| !name.is_empty());
        let environment: Vec<_> = names.map(|name| OsString::from_vec(name.to_vec())).collect();
        if let Some(name) = environment.iter().find(|name| is_of_a_request(name.as_bytes())) {
            // Whoever sends requests could have a backend started with each.
            return Err(format!(
                "cgi_environment: {} may be another with each request, and each would get a process of its own; \
                 the app finds it in the environ that it is called with",
                name.display()
            ));
        }
        let folder = values("cgi_folder")?.into_iter().next().filter(|folder| !folder.is_empty());
        Ok(Self { folder: folder.map(PathBuf::from), environment })
    }
}

/// Variables that a server makes anew for each request (RFC 3875, section 4.1, and what Apache, nginx and lighttpd add).
const OF_A_REQUEST: [&str; 27] = [
    "AUTH_TYPE",
    "CONTENT_LENGTH",
    "CONTENT_TYPE",
    "CONTEXT_DOCUMENT_ROOT",
    "CONTEXT_PREFIX",
    "DOCUMENT_URI",
    "FCGI_ROLE",
    "GATEWAY_INTERFACE",
    "HTTPS",
    "PATH_INFO",
    "PATH_TRANSLATED",
    "QUERY_STRING",
    "REQUEST_ID",
    "REQUEST_METHOD",
    "REQUEST_SCHEME",
    "REQUEST_TIME",
    "REQUEST_URI",
    "SCRIPT_FILENAME",
    "SCRIPT_NAME",
    "SCRIPT_URI",
    "SCRIPT_URL",
    "SERVER_ADDR",
    "SERVER_NAME",
    "SERVER_PORT",
    "SERVER_PROTOCOL",
    "SERVER_SIGNATURE",
    "UNIQUE_ID",
];

/// What the names of further ones begin with.
const OF_REQUESTS: [&str; 4] = ["HTTP_", "REDIRECT_", "REMOTE_", "SSL_"];

/// Where OpenSSL looks for certificates: these begin like those of Apache's mod_ssl, and are the process's own.
const OPENSSL: [&str; 2] = ["SSL_CERT_DIR", "SSL_CERT_FILE"];

fn is_of_a_request(name: &[u8]) -> bool {
    let is = |known: &&str| name == known.as_bytes();
    let begins = |beginning: &&str| name.starts_with(beginning.as_bytes());
    !OPENSSL.iter().any(&is) && (OF_A_REQUEST.iter().any(is) || OF_REQUESTS.iter().any(begins))
}

/// The texts that a TOML string means, or an array of them.
fn texts(value: &[u8]) -> Option<Vec<Vec<u8>>> {
    let Some(mut rest) = value.strip_prefix(b"[") else {
        let (text, rest) = text(value)?;
        return is_end(rest).then(|| vec![text]);
    };
    let mut texts = Vec::new();
    loop {
        rest = rest.trim_ascii_start();
        if let Some(rest) = rest.strip_prefix(b"]") {
            return is_end(rest).then_some(texts);
        }
        let (text, after) = text(rest)?;
        texts.push(text);
        let after = after.trim_ascii_start();
        rest = after.strip_prefix(b",").or(after.starts_with(b"]").then_some(after))?;
    }
}

/// True if nothing but a comment follows.
fn is_end(rest: &[u8]) -> bool {
    let rest = rest.trim_ascii_start();
    rest.is_empty() || rest.starts_with(b"#")
}

/// The text that a TOML string means, and what follows it. Of its escapes those of `"` and `\` are known; the others have no place in a path
/// or a name.
fn text(value: &[u8]) -> Option<(Vec<u8>, &[u8])> {
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
    Some((text, bytes.as_slice()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(top: &str) -> Result<Settings, String> {
        Settings::read(top.as_bytes(), |_| None)
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
        let settings = read("\u{feff}# janua: cgi_environment = [ 'A', \"B C,D\" ,] # these").unwrap();
        assert_eq!(settings.environment, ["A", "B", "C", "D"]);
    }

    #[test]
    fn what_changes_with_the_request_makes_no_process_of_its_own() {
        for name in [
            "HTTP_HOST",
            "REQUEST_URI",
            "QUERY_STRING",
            "REMOTE_PORT",
            "UNIQUE_ID",
            "SSL_SESSION_ID",
            "REDIRECT_X",
        ] {
            let error = read(&format!("# janua: cgi_environment = 'DB_URL {name}'")).unwrap_err();
            assert!(error.starts_with(&format!("cgi_environment: {name} may be another")), "{error}");
        }
        let settings =
            read("# janua: cgi_environment = 'SSL_CERT_FILE SERVER_SECRET DOCUMENT_ROOT'").unwrap();
        assert_eq!(settings.environment.len(), 3);
    }

    #[test]
    fn the_environment_goes_before_the_script() {
        let variable = |name: &str| (name == "JANUA_CGI_FOLDER").then(|| OsString::from("/there"));
        let settings = Settings::read(b"# janua: cgi_folder = '/here'", variable);
        assert_eq!(settings.unwrap().folder, Some(PathBuf::from("/there")));
    }

    #[test]
    fn a_value_that_is_no_text_says_so() {
        for line in ["/tmp", "\"/tmp", "'/tmp' x", "\"\\u0041\"", "", "[", "['a'", "['a' 'b']", "['a'] x"] {
            let error = read(&format!("# janua: cgi_folder = {line}")).unwrap_err();
            assert!(error.starts_with("cgi_folder in a comment"), "{error}");
        }
    }
}
