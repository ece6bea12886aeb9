//! What of a request's environment a backend is started with. All of it is in the request itself besides.

use janua_backend::BACKEND;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

const NAMES: [&str; 11] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TMPDIR",
    "VIRTUAL_ENV",
    "XDG_RUNTIME_DIR",
];

const BEGINNINGS: [&str; 4] = ["LC_", "LD_", "PYTHON", "JANUA_"];

/// The variables that concern the process rather than the request, in the order of their names. `more` are kept as well
/// (setting `cgi_environment`).
pub(crate) fn kept(
    environment: impl Iterator<Item = (OsString, OsString)>,
    more: &[OsString],
) -> Vec<(OsString, OsString)> {
    let mut kept: Vec<_> = environment
        .filter(|(name, _)| name != BACKEND && (is_kept(name.as_bytes()) || more.contains(name)))
        .collect();
    // A server need not put them in the same order each time.
    kept.sort_unstable();
    kept
}

fn is_kept(name: &[u8]) -> bool {
    NAMES.iter().any(|known| name == known.as_bytes())
        || BEGINNINGS.iter().any(|beginning| name.starts_with(beginning.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_sends_is_never_kept() {
        let environment = [
            ("QUERY_STRING", "a"),
            ("PATH", "/bin"),
            ("HTTP_PROXY", "http://evil"),
            ("LC_ALL", "C"),
            ("JANUA_CGI_BACKEND", "/tmp/x"),
            ("JANUA_THREADS", "2"),
            ("DATABASE", "db"),
            ("PYTHONPATH", "/lib"),
            ("XPYTHON", ""),
        ];
        let environment =
            || environment.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let names = |more: &[OsString]| {
            kept(environment(), more)
                .into_iter()
                .map(|(name, _)| name.into_string().unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&[]), ["JANUA_THREADS", "LC_ALL", "PATH", "PYTHONPATH"]);
        assert_eq!(
            names(&["DATABASE".into()]),
            ["DATABASE", "JANUA_THREADS", "LC_ALL", "PATH", "PYTHONPATH"]
        );
    }
}
