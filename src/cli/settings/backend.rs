//! The backends of `janua-cgi`.

use super::{Setting, Topic, set};
use crate::Verb;
use crate::values::{count, duration, size};
use std::time::Duration;

pub(super) static TOPIC: Topic = Topic {
    title: "Apps that janua-cgi keeps",
    about: "JANUA_* variables and `# janua:` lines of the script set them",
    verbs: &[Verb::Run],
    settings: &[
        Setting::one(
            "cgi_idle_timeout",
            "TIME",
            Some("300s"),
            "Time without a request after which an app is no longer kept",
            |options, text| {
                let time = duration(text)?;
                if time == Duration::ZERO {
                    return Err(format!("'{text}' would keep nothing (write 300s or more, or run 'janua cgi')"));
                }
                options.plan.backend.idle_timeout = time;
                Ok(())
            },
        ),
        Setting::one(
            "cgi_threads",
            "N",
            Some("1"),
            "Threads of a kept app, in place of workers and threads",
            |options, text| set(&mut options.plan.backend.threads, count(text, 1..=1000)),
        )
        .details(
            "Under plain CGI every request had a process to itself, so no CGI script was ever asked to be safe for \
             threads. With 1, requests for one script are answered one after the other, and a slow one makes the \
             others wait; who has waited for some seconds behind one request gets another process, and scripts do \
             not wait for each other. Raise it if the app is safe for threads, as most frameworks are. \
             `wsgi.multithread` tells the app.",
        ),
        Setting::one(
            "cgi_max_requests",
            "N",
            Some("0"),
            "Requests after which a kept app is loaded anew; 0: any number",
            |options, text| set(&mut options.plan.backend.max_requests, count(text, 0..=1_000_000_000)),
        )
        .details("Those that wait at that moment are still answered, so it may become a few more."),
        Setting::one(
            "cgi_max_memory",
            "SIZE",
            Some("0"),
            "Memory above which a kept app is loaded anew; 0: any amount",
            |options, text| {
                let bytes = if text == "0" { Ok(0) } else { size(text).map(|bytes| bytes as u64) };
                set(&mut options.plan.backend.max_memory, bytes)
            },
        )
        .details(
            "RAM and swap of its process are counted, what it shares with others in part, within a second after a request \
             and never in the middle of one. `janua cgi-status` shows the same figure.",
        ),
        Setting::many(
            "cgi_reload",
            "script|off|FILE",
            "Files whose change has a kept app loaded anew; repeatable",
            |options, texts| {
                let reload = &mut options.plan.backend.reload;
                reload.code = !texts.contains(&"off");
                if !reload.code && texts.contains(&"script") {
                    return Err("'script' and 'off' exclude each other".to_owned());
                }
                let files = texts.iter().filter(|text| !matches!(**text, "script" | "off"));
                reload.files = files.map(Into::into).collect();
                Ok(())
            },
        )
        .default("script")
        .details(
            "The request after the change is the first to find the new code. `script` stands for the script and the modules that were loaded from its folder, without those of \
             installed packages; `off` leaves them out. FILE is watched in addition to them, from the folder of the \
             script; it need not be there yet: `off, tmp/restart.txt` reloads at a touch of that file alone. A folder \
             stands for the modules that were loaded from it. A changed `# janua:` line of the script counts in any case.",
        ),
        Setting::one(
            "cgi_folder",
            "DIR",
            None,
            "Folder for the sockets of kept apps; nobody but the user may get at it",
            |options, text| {
                if text.is_empty() {
                    return Err("'' is no folder".to_owned());
                }
                options.plan.backend.folder = Some(text.into());
                Ok(())
            },
        )
        .details(
            "Without it they are in `$XDG_RUNTIME_DIR/janua`, or in `/tmp/janua-UID` if there is no such folder. It \
             is made with mode 0700; one that is a symbolic link, belongs to another user or is open to others is \
             refused. Beside its socket a kept app has a log for what it prints or logs by itself; `janua cgi-status` shows \
             where. At 1 MiB what is in it is put aside, under the same name with `.1` behind it in the place of what \
             was put aside before.",
        ),
        Setting::many(
            "cgi_environment",
            "NAME",
            "More variables that a kept app has in os.environ; repeatable",
            |options, texts| {
                let between = |sign: char| sign == ',' || sign.is_whitespace();
                let names = texts.iter().flat_map(|text| text.split(between));
                let names: Vec<_> = names.filter(|name| !name.is_empty()).map(str::to_owned).collect();
                if let Some(name) = names.iter().find(|name| name.contains('=')) {
                    return Err(format!("'{name}' is no name of a variable"));
                }
                options.plan.backend.environment = names;
                Ok(())
            },
        )
        .details(
            "An app that is kept serves many requests, so `os.environ` holds what does not change with the request: \
             `PATH`, `HOME`, `USER`, `LOGNAME`, `SHELL`, `LANG`, `LANGUAGE`, `LC_*`, `TZ`, `TMPDIR`, `LD_*`, \
             `PYTHON*`, `VIRTUAL_ENV`, `JANUA_*`, `XDG_RUNTIME_DIR` and these. Whatever the server sets is in the \
             environ of each request. A request that comes with other values of these variables gets another \
             process; so names of what changes with the request, such as `REQUEST_URI`, are refused.",
        ),
    ],
};

#[cfg(test)]
mod tests {
    use crate::Options;
    use crate::settings::find;

    fn applied(name: &str, texts: &[&str]) -> Result<Options, String> {
        let (_, setting) = find(name).unwrap();
        let texts: Vec<_> = texts.iter().map(|text| (*text).to_owned()).collect();
        let mut options = Options::default();
        setting.apply(&mut options, &texts).map(|()| options)
    }

    #[test]
    fn what_is_watched_is_the_code_files_or_both() {
        let reload = |texts: &[&str]| {
            let reload = applied("cgi_reload", texts).unwrap().plan.backend.reload;
            (reload.code, reload.files.into_iter().map(|file| file.display().to_string()).collect::<Vec<_>>())
        };
        assert_eq!(reload(&["script"]), (true, vec![]));
        assert_eq!(reload(&["off"]), (false, vec![]));
        assert_eq!(reload(&["a.html, b.html"]), (true, vec!["a.html".to_owned(), "b.html".to_owned()]));
        assert_eq!(reload(&["off", "restart.txt"]), (false, vec!["restart.txt".to_owned()]));
        assert!(applied("cgi_reload", &["script", "off"]).is_err());
    }

    #[test]
    fn names_of_variables_may_be_divided_by_spaces_and_commas() {
        let options = applied("cgi_environment", &["DB_URL SECRET", "OTHER,MORE, LAST"]).unwrap();
        assert_eq!(options.plan.backend.environment, ["DB_URL", "SECRET", "OTHER", "MORE", "LAST"]);
        assert!(applied("cgi_environment", &["A=b"]).is_err());
    }

    #[test]
    fn no_limit_is_zero() {
        assert_eq!(applied("cgi_max_memory", &["0"]).unwrap().plan.backend.max_memory, 0);
        assert_eq!(applied("cgi_max_memory", &["256MiB"]).unwrap().plan.backend.max_memory, 256 << 20);
        assert!(applied("cgi_idle_timeout", &["0"]).is_err());
    }
}
