//! How many connections there may be, and for how long.

use super::{Setting, Topic, patience, set};
use crate::Verb;
use crate::values::{count, duration};

pub(super) static TOPIC: Topic = Topic {
    title: "Connections",
    about: "",
    verbs: &[Verb::Serve, Verb::Run],
    settings: &[
        Setting::one(
            "head_timeout",
            "TIME",
            Some("60s"),
            "Time in which the head of a request must be whole",
            |options, text| set(&mut options.plan.head_timeout, patience(text, "60s")),
        )
        .details(
            "However steadily it trickles: from the connection on, or from the first byte of a further request. It is \
             answered with 408. progress_timeout holds besides.",
        ),
        Setting::one(
            "idle_timeout",
            "TIME",
            Some("1h"),
            "Time that a connection is kept without a request; 0: any",
            |options, text| set(&mut options.plan.idle_timeout, duration(text)),
        )
        .details(
            "Up to a quarter of it, or two seconds, may pass before that is noticed. Nothing is logged, as nobody is \
             refused anything. Give it more than the web server keeps its connections: what it sends while one is \
             closed is lost. A client of HTTP is kept for progress_timeout at most.",
        ),
        Setting::one(
            "linger_timeout",
            "TIME",
            Some("30s"),
            "Time to take the last answer of a connection, and to leave",
            |options, text| set(&mut options.plan.linger_timeout, patience(text, "30s")),
        )
        .details(
            "To close a connection while its peer still sends, such as a body that nobody reads, may cost it the answer: so \
             for this time what comes is read and thrown away.",
        ),
        Setting::one(
            "max_connections",
            "N",
            Some("4096"),
            "Connections of a worker whose requests are served",
            |options, text| set(&mut options.plan.max_connections, count(text, 1..=1_000_000)),
        )
        .details(
            "Each worker counts its own. The requests of others are answered with 503, over FastCGI with OVERLOADED besides. Where 64 of these wait \
             to be answered, no more are accepted, and the kernel holds them as backlog says. Connections that the web \
             server keeps, as nginx's `keepalive` does for each of its workers, are counted. Each connection needs a \
             descriptor (`ulimit -n`); if those run out before, connections wait likewise.",
        ),
        Setting::one(
            "max_requests_per_connection",
            "N",
            Some("0"),
            "Requests after which a kept connection is closed; 0: any number",
            |options, text| {
                set(&mut options.plan.max_requests_per_connection, count(text, 0..=1_000_000_000))
            },
        )
        .details(
            "HTTP says so in the last answer (`Connection: close`). FastCGI has no word for it: a request that a web server \
             sends at that moment is lost, and many of them answer with a 502. So there is no limit unless one is set.",
        ),
    ],
};

#[cfg(test)]
mod tests {
    use crate::Options;
    use crate::settings::find;
    use std::time::Duration;

    fn applied(name: &str, text: &str) -> Result<Options, String> {
        let (_, setting) = find(name).unwrap();
        let mut options = Options::default();
        setting.apply(&mut options, &[text.to_owned()]).map(|()| options)
    }

    #[test]
    fn where_zero_means_any_it_can_be_written() {
        assert_eq!(applied("idle_timeout", "0").unwrap().plan.idle_timeout, Duration::ZERO);
        assert_eq!(applied("max_requests_per_connection", "0").unwrap().plan.max_requests_per_connection, 0);
        assert_eq!(applied("max_body_bytes", "0").unwrap().plan.max_body_bytes, 0);
        assert_eq!(applied("max_body_bytes", "10k").unwrap().plan.max_body_bytes, 10 << 10);
    }

    #[test]
    fn where_zero_would_refuse_everything_it_is_refused() {
        for name in ["head_timeout", "linger_timeout", "progress_timeout"] {
            assert!(applied(name, "0").unwrap_err().contains("no time at all"), "{name}");
        }
        for name in ["max_connections", "max_name_bytes"] {
            assert!(applied(name, "0").is_err(), "{name}");
        }
    }
}
