//! What Apache's mod_proxy makes of SCRIPT_FILENAME.

use crate::url;
use std::borrow::Cow;

/// `proxy:scheme://backend/path`, taken apart.
pub(super) struct Proxied<'a> {
    scheme: &'a [u8],
    /// The path that the backend was asked for, decoded and in normal form.
    pub(super) path: Cow<'a, [u8]>,
}

impl<'a> Proxied<'a> {
    /// `file` taken apart, if it is such a name. The path is encoded again in it, and a query may be glued to
    /// it.
    pub(super) fn of(file: &'a [u8]) -> Option<Self> {
        let backend = file.strip_prefix(b"proxy:")?;
        let end = backend.windows(3).position(|three| three == b"://")?;
        // A socket may stand first: `unix:/run/app.sock|fcgi`.
        let scheme = backend.get(..end)?.rsplit(|byte| *byte == b'|').next()?;
        let path = url::target_path(backend)?;
        Some(Self { scheme, path: url::normalise(url::decode(path)) })
    }

    /// True if mod_proxy_uwsgi wrote it.
    pub(super) fn is_uwsgi(&self) -> bool {
        self.scheme == b"uwsgi"
    }
}

/// The path that a backend was asked for, where mod_proxy_fcgi wrote nothing else (ProxyFCGIBackendType
/// GENERIC).
pub(super) fn bare_path(file: &[u8]) -> Option<Cow<'_, [u8]>> {
    let end = memchr::memchr(b'?', file).unwrap_or(file.len());
    file.starts_with(b"/").then(|| url::normalise(url::decode(file.get(..end).unwrap_or(file))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_the_backend_is_decoded_and_without_query() {
        for (file, path) in [
            ("proxy:fcgi://127.0.0.1:4000/a%20b?x=1", "/a b"),
            ("proxy:fcgi://localhost//srv/app.fcgi", "/srv/app.fcgi"),
            ("proxy:unix:/run/a.sock|fcgi://localhost/srv/app.py", "/srv/app.py"),
            ("proxy:balancer://pool/x/", "/x/"),
            ("proxy:scgi://127.0.0.1:4000", "/"),
        ] {
            assert_eq!(Proxied::of(file.as_bytes()).map(|proxied| proxied.path.to_vec()), Some(path.into()));
        }
        assert!(Proxied::of(b"/srv/app.fcgi").is_none());
        assert!(Proxied::of(b"proxy:x").is_none());
        assert!(Proxied::of(b"proxy:unix:/a|uwsgi://h/").is_some_and(|proxied| proxied.is_uwsgi()));
    }
}
