//! What the app is told about the request. What the values mean is known to `janua_environ` alone.

use super::{Setting, Topic};
use crate::{Options, Verb};
use janua_environ::SettingError;

pub(super) static TOPIC: Topic = Topic {
    title: "What the app sees",
    about: "",
    verbs: &Verb::ALL,
    settings: &[
        Setting::one(
            "script_name",
            "PATH",
            None,
            "URL path at which the app is mounted: /app, or / for the root",
            |options, text| set(options, "script_name", text),
        )
        .everyday()
        .details(
            "Most servers tell it or let it be worked out. Set it where the server keeps the mount to itself, such \
             as nginx with its stock parameters under a prefix.",
        ),
        Setting::one(
            "on_mismatch",
            "404|pass",
            Some("404"),
            "A path outside script_name: answer 404, or pass it on below it",
            |options, text| set(options, "on_mismatch", text),
        )
        .details("`pass` is for an outer proxy that strips the prefix from the path."),
        Setting::one(
            "url_scheme",
            "auto|http|https",
            Some("auto"),
            "Scheme of every request, whatever the server says",
            |options, text| set(options, "url_scheme", text),
        )
        .everyday(),
        Setting::many(
            "trusted_proxies",
            "IP",
            "Believe X-Forwarded-Proto and -Prefix from here; repeatable",
            |options, texts| set(options, "trusted_proxies", &texts.join(",")),
        )
        .everyday()
        .details(
            "They are compared with REMOTE_ADDR; `*` stands for every peer. From anybody else these headers, and \
             X-Script-Name, are only headers.",
        ),
        Setting::one(
            "server",
            "NAME",
            Some("auto"),
            "The web server in front, if its SERVER_SOFTWARE does not tell",
            |options, text| set(options, "server", text),
        )
        .details("One of auto, nginx, apache, lighttpd, caddy, haproxy, h2o, iis, hiawatha, go and generic."),
        Setting::one(
            "hide_script",
            "auto|on|off",
            Some("auto"),
            "Replace a rewritten-away script by the prefix that the client sees",
            |options, text| set(options, "hide_script", text),
        )
        .details("`auto` does so only with evidence of a rewrite in the request."),
        Setting::switch(
            "infer_prefix",
            "on",
            "SCRIPT_NAME, if empty, is what REQUEST_URI has in front of PATH_INFO",
            |options, on| options.environ.infer_prefix = on,
        ),
        Setting::one(
            "path_from",
            "server|request-uri",
            Some("server"),
            "Source of PATH_INFO; request-uri keeps doubled slashes",
            |options, text| set(options, "path_from", text),
        )
        .details("The server's own path is the one to which its access rules were applied."),
        Setting::one(
            "slashes",
            "keep|merge",
            Some("keep"),
            "What to do with doubled slashes in PATH_INFO",
            |options, text| set(options, "slashes", text),
        ),
        Setting::switch(
            "port_443_is_https",
            "off",
            "Port 443 means https, without HTTPS and REQUEST_SCHEME",
            |options, on| options.environ.port_443_is_https = on,
        ),
        Setting::switch(
            "auth_fallback",
            "on",
            "Look for HTTP_AUTHORIZATION under the names that Apache hides it by",
            |options, on| options.environ.auth_fallback = on,
        )
        .details(
            "The names are `Authorization` (FcgidPassHeader) and `REDIRECT_HTTP_AUTHORIZATION` (rewrites); no client \
             can send them.",
        ),
        Setting::switch(
            "redirect_remote_user",
            "off",
            "Take REMOTE_USER from REDIRECT_REMOTE_USER if it is absent",
            |options, on| options.environ.redirect_remote_user = on,
        ),
        Setting::one(
            "drop_redirect_url",
            "auto|on|off",
            Some("auto"),
            "Drop SCRIPT_URL and REDIRECT_URL, which Django would go by",
            |options, text| set(options, "drop_redirect_url", text),
        )
        .details("Django works out a SCRIPT_NAME from them. `auto` drops them when it would be another one."),
        Setting::one(
            "query_from_request_uri",
            "absent|empty",
            Some("absent"),
            "When QUERY_STRING is this, take the query from REQUEST_URI",
            |options, text| set(options, "query_from_request_uri", text),
        )
        .details("`empty` holds for an absent one too; 404 handlers of old lighttpd releases need it."),
    ],
};

fn set(options: &mut Options, name: &str, text: &str) -> Result<(), String> {
    options.environ.set(name, text).map_err(|error| match error {
        SettingError::Value { value, takes, .. } => format!("'{value}' will not do; it takes {takes}"),
        error => error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use janua_environ::Settings;
    use std::collections::BTreeSet;

    #[test]
    fn the_topic_has_every_setting_of_the_builder_and_no_other() {
        let here: BTreeSet<_> = TOPIC.settings.iter().map(|setting| setting.name).collect();
        assert_eq!(here, BTreeSet::from(Settings::NAMES));
    }

    #[test]
    fn every_setting_reaches_the_field_of_its_name() {
        let values = [
            ("script_name", "/app"),
            ("server", "caddy"),
            ("hide_script", "off"),
            ("infer_prefix", "off"),
            ("path_from", "request-uri"),
            ("on_mismatch", "pass"),
            ("slashes", "merge"),
            ("url_scheme", "https"),
            ("port_443_is_https", "on"),
            ("trusted_proxies", "127.0.0.1"),
            ("auth_fallback", "off"),
            ("redirect_remote_user", "on"),
            ("drop_redirect_url", "on"),
            ("query_from_request_uri", "empty"),
        ];
        assert_eq!(values.len(), TOPIC.settings.len());
        for (name, value) in values {
            let setting = TOPIC.settings.iter().find(|setting| setting.name == name).unwrap();
            let (mut options, mut expected) = (Options::default(), Settings::default());
            setting.apply(&mut options, &[value.to_owned()]).unwrap();
            expected.set(name, value).unwrap();
            assert_eq!(options.environ, expected, "{name}");
            assert_ne!(expected, Settings::default(), "{name}");
        }
    }
}
