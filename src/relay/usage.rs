//! What people are told.

/// `janua-cgi --help`.
pub(crate) const HELP: &str = "\
janua-cgi: runs a Python WSGI app as a CGI script whose app stays loaded between requests

Usage: as the first line of the script, which defines `application`

    #!/path/to/venv/bin/janua-cgi

or, in a script of another kind, with the app after it

    exec /path/to/venv/bin/janua-cgi APP      (APP is module:callable or path/to/file.py)

The first request starts a backend of the app, later ones find it; it goes when nothing has come for a
while (setting cgi_idle_timeout). A change of the script, or of a module from its folder, counts from the
next request on. Where no backend can be had, the request is answered by 'janua cgi APP' instead.

Settings stand in comments at the top of the script, as '# janua: NAME = VALUE'. Those of a backend:

    cgi_idle_timeout = \"5m\"     time without a request after which it goes
    cgi_threads = 1             threads that call the app
    cgi_max_requests = 0        requests after which the app is loaded anew; 0: any number
    cgi_max_memory = \"0\"        memory above which the app is loaded anew; 0: any amount
    cgi_reload = \"script\"       files whose change has the app loaded anew, or \"off\"
    cgi_folder = \"PATH\"         where the backends' sockets are; a folder of this user's alone
                                (default: $XDG_RUNTIME_DIR/janua, or /tmp/janua-UID)
    cgi_environment = \"A B\"     more variables to start the backend with, beside PATH, HOME, LANG, TZ,
                                PYTHON*, JANUA_* and the like; each value gets a backend of its own

'janua settings' lists all, such as script_name; 'janua settings NAME' explains one. 'janua cgi-status'
shows the backends that run and their logs, and stops them.

Options:
    --help      print this
    --version   print the version
";

/// `janua-cgi --version`.
pub(crate) const VERSION: &str = concat!("janua-cgi ", env!("CARGO_PKG_VERSION"), "\n");

/// Without anything that could be run.
pub(crate) const NOTHING: &str = "the app is missing; janua-cgi is meant for the first line of a CGI script: \
                                  #!/path/to/venv/bin/janua-cgi ('janua-cgi --help' says more)";

/// An option that does not exist.
pub(crate) const OPTION: &str = "there is no such option ('janua-cgi --help' lists them)";

/// As the target of a web server, which gives a query's words as arguments (RFC 3875, section 4.4).
pub(crate) const TARGET: &str = "janua-cgi was started as a CGI script itself, and takes no app from a request; it belongs into the first line of a script";

/// Outside a web server.
pub(crate) const NO_REQUEST: &str =
    "there is no request: this is to be started by a web server, as CGI; to try an app, run: janua serve";
