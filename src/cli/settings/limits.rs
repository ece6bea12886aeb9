//! What a peer may ask for.

use super::{Setting, Topic, set};
use crate::Verb;
use crate::values::{count, duration, size};
use std::time::Duration;

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
            |options, text| {
                let time = duration(text)?;
                if time == Duration::ZERO {
                    return Err(format!("'{text}' would give a peer no time at all (write 60s or more)"));
                }
                options.plan.progress_timeout = time;
                Ok(())
            },
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
    ],
};
