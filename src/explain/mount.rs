//! The mount that a line of advice is written with.

/// Stands for the mount where nothing better is known.
const EXAMPLE: &str = "/app";

/// The likely mount of an app that was asked for `url`: its first segment.
///
/// What a client asked for ends up in a line that somebody may paste into a configuration. So only names of plain
/// letters and digits are taken, and not what looks like a file (`/favicon.ico`).
pub(crate) fn likely(url: Option<&[u8]>) -> String {
    let segment = |url: &[u8]| {
        let rest = url.strip_prefix(b"/")?;
        let end = rest.iter().position(|byte| *byte == b'/').unwrap_or(rest.len());
        let name = rest.get(..end)?;
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let is_name = !name.is_empty() && name.len() <= 64 && name.iter().all(plain);
        is_name.then(|| format!("/{}", String::from_utf8_lossy(name)))
    };
    url.and_then(segment).unwrap_or_else(|| EXAMPLE.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_segment_is_the_likely_mount_if_it_looks_like_one() {
        for (url, mount) in [
            ("/shop/cart/1", "/shop"),
            ("/shop", "/shop"),
            ("/shop/", "/shop"),
            ("/", "/app"),
            ("/favicon.ico", "/app"),
            ("/a b/c", "/app"),
            ("/x;return 200/y", "/app"),
            ("/$(id)/y", "/app"),
            ("/%{x}", "/app"),
        ] {
            assert_eq!(likely(Some(url.as_bytes())), mount, "{url}");
        }
        assert_eq!(likely(None), "/app");
    }
}
