//! Processes and threads.

use super::{Setting, Topic, set};
use crate::Verb;
use crate::values::{count, duration};

pub(super) static TOPIC: Topic = Topic {
    title: "Processes and threads",
    about: "",
    verbs: &[Verb::Serve, Verb::Run],
    settings: &[
        Setting::one("workers", "N", Some("1"), "Processes; one that dies is replaced", |options, text| {
            set(&mut options.plan.workers, count(text, 1..=1000))
        })
        .everyday(),
        Setting::one(
            "threads",
            "N",
            Some("1"),
            "Threads of each process that call the app",
            |options, text| set(&mut options.plan.threads, count(text, 1..=1000)),
        )
        .everyday()
        .details("The app must be safe for threads if this is more than 1; `wsgi.multithread` tells it."),
        Setting::one(
            "stop_timeout",
            "TIME",
            Some("30s"),
            "Time that requests in flight have to finish after SIGTERM or SIGINT",
            |options, text| set(&mut options.plan.stop_timeout, duration(text)),
        )
        .details(
            "Who had connected before is served as well, as far as the time goes. A unix socket that janua made refuses those \
             who come later; on others they wait, for whoever inherits the socket too, or for its end. A second signal \
             ends it at once. SIGHUP to `janua serve` is a reload: new workers load the app anew, and \
             as soon as one answers requests an old one has this time to finish what it has; an app that cannot be \
             loaded leaves the old workers serving. The sockets stay open meanwhile. A connection that a web server \
             keeps brings one more request to the old worker and is closed behind the answer, or after 5 s. What is sent \
             in the very moment of the close is the web server's to repeat; nginx repeats all but a POST. Settings are not \
             read again, and an app that Python code handed over is the same as before.",
        ),
    ],
};
