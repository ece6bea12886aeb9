//! What a peer may ask for.

use super::{Setting, Topic, patience, set};
use crate::Verb;
use crate::values::{count, size};

pub(super) static TOPIC: Topic = Topic {
    title: "Limits",
    about: "",
    verbs: &[Verb::Serve, Verb::Cgi, Verb::Run],
    settings: &[
        Setting::one(
            "progress_timeout",
            "TIME",
            Some("60s"),
            "Time that a peer may go without sending or taking a byte",
            |options, text| set(&mut options.plan.progress_timeout, patience(text, "60s")),
        )
        .everyday()
        .details("It runs only while the peer is expected to do something, never while the app works."),
        Setting::one(
            "body_memory",
            "SIZE",
            Some("1MiB"),
            "Memory for a request's body; the rest goes to a temporary file",
            |options, text| set(&mut options.plan.body_memory, size(text)),
        ),
        Setting::one(
            "max_body_bytes",
            "SIZE",
            Some("1GiB"),
            "Bytes of a request's body; 0: any number",
            |options, text| {
                let bytes = if text == "0" { 0 } else { size(text)? as u64 };
                options.plan.max_body_bytes = bytes;
                Ok(())
            },
        )
        .details(
            "A body that is announced to be longer is refused with 413, and the app is not called. One that comes without \
             its length is counted as it comes: beyond the limit the app's `read` raises OSError, and the client gets 413 \
             if the app ends by that and has not begun a response. The file of a FastCGI filter counts as part of the \
             body.",
        ),
        Setting::one(
            "max_params_bytes",
            "SIZE",
            Some("1MiB"),
            "Bytes of all parameters or headers of a request together",
            |options, text| set(&mut options.plan.limits.params_bytes, size(text)),
        ),
        Setting::one(
            "max_params",
            "N",
            Some("1000"),
            "Number of parameters or headers of a request",
            |options, text| set(&mut options.plan.limits.params, count(text, 1..=1_000_000)),
        ),
        Setting::one(
            "max_name_bytes",
            "SIZE",
            Some("1KiB"),
            "Bytes of the name of one parameter or header",
            |options, text| set(&mut options.plan.limits.name_bytes, size(text)),
        ),
    ],
};
