//! Where a service listens.

use super::{Setting, Topic, set};
use crate::values::{count, mode, name};
use crate::{Options, Verb};
use janua_serve::{Address, Listen};
use janua_vocabulary::Protocol;

pub(super) static TOPIC: Topic = Topic {
    title: "Listening",
    about: "ADDR is unix:/path, HOST:PORT, [::1]:PORT or fd:N",
    verbs: &[Verb::Serve],
    settings: &[
        Setting::many("fastcgi", "ADDR", "Speak FastCGI here; repeatable", |options, texts| {
            listen(options, Protocol::FastCgi, texts)
        })
        .everyday(),
        Setting::many("scgi", "ADDR", "Speak SCGI here; repeatable", |options, texts| {
            listen(options, Protocol::Scgi, texts)
        })
        .everyday(),
        Setting::many("http", "ADDR", "Speak HTTP here, for development; repeatable", |options, texts| {
            listen(options, Protocol::Http, texts)
        })
        .everyday()
        .details("If no address of any kind is given, janua serve speaks HTTP on 127.0.0.1:8000."),
        Setting::one("socket_mode", "MODE", Some("0660"), "Permissions of unix sockets, octal", |options, text| {
            set(&mut options.plan.access.mode, mode(text))
        })
        .everyday()
        .details(
            "Who may write to the socket may use the app as if it were the web server. In the file the digits are \
             octal with or without a leading 0o; in Python an int is the mode itself, as in `os.chmod`.",
        ),
        Setting::one("socket_owner", "USER", None, "Owner of unix sockets, by name or number", |options, text| {
            set(&mut options.plan.access.owner, name(text).map(Some))
        }),
        Setting::one("socket_group", "GROUP", None, "Group of unix sockets, by name or number", |options, text| {
            set(&mut options.plan.access.group, name(text).map(Some))
        })
        .everyday(),
        Setting::one(
            "backlog",
            "N",
            Some("1024"),
            "Connections that the kernel may hold for each socket",
            |options, text| set(&mut options.plan.backlog, count(text, 1..=65_535)),
        )
        .details("The kernel has a limit of its own, net.core.somaxconn on Linux."),
    ],
};

/// Replaces the addresses of one protocol and leaves those of the others alone.
fn listen(options: &mut Options, protocol: Protocol, texts: &[&str]) -> Result<(), String> {
    options.plan.listen.retain(|listen| listen.protocol != protocol);
    for text in texts {
        let address = text.parse::<Address>().map_err(|error| error.to_string())?;
        options.plan.listen.push(Listen { protocol, address });
    }
    Ok(())
}
