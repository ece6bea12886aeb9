//! The parts of a request's way.

use crate::exchange::{Bodiless, Connection, Nowhere, Wire};
use crate::request;
use janua_app::{App, AppSpec, Exchange, Mode, Thread};
use janua_environ::{Settings, build};
use janua_vocabulary::{Codec, Params, Protocol};
use std::fmt;
use std::hint::black_box;
use std::sync::Arc;

/// What one request costs a part: to be called once for each.
pub type Work = Box<dyn FnMut(Thread<'_>)>;

/// A part that can be measured by itself.
#[derive(Clone, Copy)]
pub struct Part {
    /// What it is called in tables.
    pub name: &'static str,
    /// What it costs depends on the Python that it runs in.
    pub python: bool,
    make: fn(Thread<'_>) -> Work,
}

impl Part {
    /// Prepares the part to be run again and again.
    pub fn prepare(&self, thread: Thread<'_>) -> Work {
        (self.make)(thread)
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name)
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// All parts, in the order of a request's way.
pub const PARTS: &[Part] = &[
    native("decode cgi", |_| {
        let environment = request::environment();
        Box::new(move |_| drop(black_box(request::opening(&mut request::cgi_codec(&environment)))))
    }),
    native("decode scgi", |_| {
        let bytes = request::scgi();
        Box::new(move |_| drop(black_box(request::decode(&mut request::scgi_codec(), &bytes))))
    }),
    native("decode fastcgi", |_| {
        let bytes = request::fastcgi(false);
        Box::new(move |_| drop(black_box(request::decode(&mut request::fastcgi_codec(), &bytes))))
    }),
    native("decode fastcgi, kept", |_| {
        let mut codec = request::fastcgi_codec();
        let bytes = request::fastcgi(true);
        let mut out = Vec::new();
        Box::new(move |_| {
            drop(black_box(request::decode(&mut codec, &bytes)));
            request::body_end(&mut codec);
            codec.finish(&mut out);
            out.clear();
        })
    }),
    native("decode http", |_| {
        let bytes = request::http();
        Box::new(move |_| drop(black_box(request::decode(&mut request::http_codec(), &bytes))))
    }),
    native("environ", |_| environ(request::params(), &[])),
    native("environ, script_name", |_| environ(request::params(), &[("script_name", "/news")])),
    native("environ, escapes", |_| {
        let (path, target) = ("/a b/c", "/a%20b//c?q");
        let changes = [("REQUEST_URI", target), ("SCRIPT_NAME", path), ("DOCUMENT_URI", path)];
        environ(request::params_with(&changes), &[])
    }),
    native("environ, 200 parameters", |_| {
        let mut params = request::params();
        (params.len()..200).for_each(|number| params.push(format!("HTTP_X_{number}").as_bytes(), b"v"));
        environ(params, &[])
    }),
    in_python("call and collect", |thread| {
        let app = hello(thread);
        let params: &'static Params = Box::leak(Box::new(request::params()));
        let environ = build(params, Protocol::FastCgi, &Settings::default()).expect("a usual request");
        Box::new(move |thread| app.call(thread, &environ, Arc::new(Bodiless(Nowhere))))
    }),
    in_python("environ, call and collect", |thread| call(thread, request::params())),
    in_python("environ, call and collect, few parameters", |thread| call(thread, request::few_params())),
    in_python("whole request, scgi", |thread| {
        let app = hello(thread);
        let settings = Settings::default();
        let bytes = request::scgi();
        Box::new(move |thread| {
            let connection = Connection { codec: Box::new(request::scgi_codec()), out: Vec::new() };
            black_box(answer(thread, &app, &settings, connection, &bytes));
        })
    }),
    in_python("whole request, fastcgi, kept", |thread| {
        let app = hello(thread);
        let settings = Settings::default();
        let bytes = request::fastcgi(true);
        let mut kept = Some(Connection { codec: Box::new(request::fastcgi_codec()), out: Vec::new() });
        Box::new(move |thread| {
            let connection = kept.take().expect("it was put back");
            let mut connection = answer(thread, &app, &settings, connection, &bytes);
            request::body_end(connection.codec.as_mut());
            assert!(connection.codec.reusable());
            connection.out.clear();
            kept = Some(connection);
        })
    }),
];

const fn native(name: &'static str, make: fn(Thread<'_>) -> Work) -> Part {
    Part { name, python: false, make }
}

const fn in_python(name: &'static str, make: fn(Thread<'_>) -> Work) -> Part {
    Part { name, python: true, make }
}

fn hello(thread: Thread<'_>) -> App {
    let spec = AppSpec::file(concat!(env!("CARGO_MANIFEST_DIR"), "/hello.py"));
    let mode = Mode { multithread: false, multiprocess: false, run_once: false };
    App::load(thread, &spec, mode).expect("the app can be loaded")
}

fn environ(params: Params, changes: &[(&str, &str)]) -> Work {
    let mut settings = Settings::default();
    changes.iter().for_each(|(name, value)| settings.set(name, value).expect("a setting"));
    Box::new(move |_| drop(black_box(build(black_box(&params), Protocol::FastCgi, &settings))))
}

fn call(thread: Thread<'_>, params: Params) -> Work {
    let app = hello(thread);
    let settings = Settings::default();
    Box::new(move |thread| {
        let environ = build(&params, Protocol::FastCgi, &settings).expect("a usual request");
        app.call(thread, &environ, Arc::new(Bodiless(Nowhere)));
    })
}

/// From the bytes of a request to those of its answer.
fn answer(
    thread: Thread<'_>,
    app: &App,
    settings: &Settings,
    mut connection: Connection,
    bytes: &[u8],
) -> Connection {
    let request = request::decode(connection.codec.as_mut(), bytes);
    let environ = build(&request.params, connection.codec.protocol(), settings).expect("a usual request");
    let wire = Arc::new(Bodiless(Wire::new(connection)));
    let exchange: Arc<dyn Exchange> = wire.clone();
    app.call(thread, &environ, exchange);
    let connection = wire.0.take();
    assert!(connection.out.len() > 70, "an answer is missing");
    connection
}
