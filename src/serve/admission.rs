//! Who may connect where a web server said so when it started the process (FastCGI 1.0, section 3.2).

use std::net::{IpAddr, SocketAddr};

/// The variable of the environment that says so.
const VARIABLE: &str = "FCGI_WEB_SERVER_ADDRS";

/// The addresses from which connections are taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Admission {
    addresses: Vec<IpAddr>,
}

impl Admission {
    /// What this process was told when it was started, if it was.
    pub(crate) fn of_environment() -> Option<Self> {
        std::env::var_os(VARIABLE).map(|list| Self::parse(&list.to_string_lossy()))
    }

    /// A list of addresses with commas between them. What is no address stands for nobody.
    fn parse(list: &str) -> Self {
        Self { addresses: list.split(',').filter_map(|address| address.trim().parse().ok()).collect() }
    }

    /// Whether a connection from there is taken. Who does not come over TCP is on no list.
    pub(crate) fn admits(&self, from: Option<SocketAddr>) -> bool {
        from.is_some_and(|from| {
            let address = from.ip().to_canonical();
            self.addresses.iter().any(|allowed| allowed.to_canonical() == address)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_is_on_the_list_is_admitted() {
        let admission = Admission::parse("199.170.183.28, 127.0.0.1,::1");
        for (from, admitted) in [
            ("127.0.0.1:5000", true),
            ("[::ffff:127.0.0.1]:5000", true),
            ("[::1]:1", true),
            ("127.0.0.2:5000", false),
            ("[::2]:1", false),
        ] {
            assert_eq!(admission.admits(from.parse().ok()), admitted, "{from}");
        }
        assert!(!admission.admits(None));
    }

    #[test]
    fn a_list_that_cannot_be_read_admits_nobody() {
        for list in ["", "localhost", "127.0.0.1:80", "127.0.0"] {
            assert!(!Admission::parse(list).admits("127.0.0.1:80".parse().ok()), "{list}");
        }
    }
}
