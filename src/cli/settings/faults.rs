//! Looking into what a web server sends.

use super::{Setting, Topic};
use crate::Verb;

pub(super) static TOPIC: Topic = Topic {
    title: "Finding faults",
    about: "",
    verbs: &[Verb::Serve],
    settings: &[Setting::switch(
        "explain",
        "off",
        "Answer every request with what becomes of it, and why; no APP",
        |options, on| options.plan.explain = on,
    )
    .everyday()
    .details(
        "Put in the place of the app, it shows what the web server in front sends and which rule makes what of it. \
         The answer is text, or JSON for `Accept: application/json` and for `?format=json`. Passwords and cookies \
         are left out; all the rest is shown to whoever can reach the service. `janua explain` does the same with \
         a request from a file.",
    )],
};
