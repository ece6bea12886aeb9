//! What a web server may do with a FastCGI connection.

use super::{Setting, Topic, set};
use crate::Verb;
use crate::values::{count, size};
use janua_serve::Multiplex;

pub(super) static TOPIC: Topic = Topic {
    title: "FastCGI",
    about: "",
    verbs: &[Verb::Serve, Verb::Run],
    settings: &[
        Setting::one(
            "fastcgi_multiplex",
            "auto|on|off",
            Some("auto"),
            "Several requests at a time on one FastCGI connection",
            |options, text| set(&mut options.plan.fastcgi_multiplex, multiplex(text)),
        )
        .details(
            "auto: on the connections of a web server that asks with FCGI_GET_VALUES whether it may, as HAProxy does with \
             `option get-values`. on: on every connection, for one that does not ask. off: a second request is refused \
             with CANT_MPX_CONN. A request on a connection of its own is cheaper.",
        ),
        Setting::one(
            "fastcgi_max_open",
            "N",
            Some("100"),
            "Requests that may be open at once on such a connection",
            |options, text| set(&mut options.plan.fastcgi_max_open, count(text, 1..=65535)),
        )
        .details("The next is refused with OVERLOADED. A web server that asks is told the number as FCGI_MAX_REQS."),
        Setting::one(
            "fastcgi_spill",
            "SIZE",
            Some("1GiB"),
            "File space for a body that others of its connection overtake",
            |options, text| set(&mut options.plan.fastcgi_spill, size(text)),
        )
        .details(
            "So much more than body_memory may wait for an app that does not read. Beyond it the app is given what has \
             come, then an error.",
        ),
    ],
};

fn multiplex(text: &str) -> Result<Multiplex, String> {
    match text.to_ascii_lowercase().as_str() {
        "auto" => Ok(Multiplex::WhenAsked),
        "on" | "yes" | "true" | "1" => Ok(Multiplex::Always),
        "off" | "no" | "false" | "0" => Ok(Multiplex::Never),
        _ => Err(format!("'{text}' is none of auto, on and off")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multiplexing_is_automatic_on_or_off() {
        for (text, expected) in
            [("auto", Multiplex::WhenAsked), ("On", Multiplex::Always), ("off", Multiplex::Never)]
        {
            assert_eq!(multiplex(text), Ok(expected));
        }
        assert_eq!(multiplex("maybe"), Err("'maybe' is none of auto, on and off".to_owned()));
    }
}
