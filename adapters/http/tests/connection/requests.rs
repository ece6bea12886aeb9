//! What becomes of a request: its parameters, its body, and when it is refused.

use crate::support::{Seen, answer, codec, feed, ok, refusal, request, serve};
use janua_http::{Ends, HttpCodec};
use janua_vocabulary::{Answer, BodyLength, Codec, Event, Limits, Params};

fn status_of(bytes: &[u8]) -> Option<u16> {
    refusal(bytes).answer.status()
}

fn get(line: &str, fields: &str) -> Seen {
    request(format!("{line}\r\nHost: example.org:8000\r\n{fields}\r\n").as_bytes())
}

fn names(params: &Params) -> Vec<String> {
    params.iter().map(|(name, _)| String::from_utf8(name.to_vec()).unwrap()).collect()
}

#[test]
fn a_request_has_the_parameters_of_cgi() {
    let seen = get("GET /a%20b/c?x=%20&y HTTP/1.1", "Accept: */*\r\n");
    let expected: &[(&str, &str)] = &[
        ("GATEWAY_INTERFACE", "CGI/1.1"),
        ("SERVER_SOFTWARE", concat!("janua/", env!("CARGO_PKG_VERSION"))),
        ("SERVER_PROTOCOL", "HTTP/1.1"),
        ("REQUEST_METHOD", "GET"),
        ("REQUEST_SCHEME", "http"),
        ("REQUEST_URI", "/a%20b/c?x=%20&y"),
        ("SCRIPT_NAME", ""),
        ("PATH_INFO", "/a b/c"),
        ("QUERY_STRING", "x=%20&y"),
        ("SERVER_NAME", "example.org"),
        ("SERVER_ADDR", "127.0.0.1"),
        ("SERVER_PORT", "8000"),
        ("REMOTE_ADDR", "127.0.0.2"),
        ("REMOTE_PORT", "40000"),
        ("HTTP_HOST", "example.org:8000"),
        ("HTTP_ACCEPT", "*/*"),
    ];
    let expected: Params = expected.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
    assert_eq!(seen.params.iter().collect::<Vec<_>>(), expected.iter().collect::<Vec<_>>());
}

#[test]
fn content_type_and_length_are_parameters_of_their_own() {
    let seen = request(
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nContent-Length: 005\r\n\r\nhello",
    );
    assert_eq!(seen.param("CONTENT_TYPE").as_deref(), Some("text/plain"));
    assert_eq!(seen.param("CONTENT_LENGTH").as_deref(), Some("5"));
    assert_eq!(seen.body, b"hello");
    assert!(!names(&seen.params).iter().any(|name| name.starts_with("HTTP_CONTENT")));
}

#[test]
fn a_chunked_body_has_no_length() {
    let mut codec = codec();
    feed(&mut codec, b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    let Ok(Event::Request(request)) = codec.poll() else { panic!("no request") };
    assert_eq!(request.body, BodyLength::ToEnd);
    assert_eq!(request.params.get(b"CONTENT_LENGTH"), None);
    assert_eq!(request.params.get(b"HTTP_TRANSFER_ENCODING"), None);
}

#[test]
fn a_request_without_length_has_an_empty_body() {
    let mut codec = codec();
    feed(&mut codec, b"POST / HTTP/1.1\r\nHost: h\r\n\r\n");
    let Ok(Event::Request(request)) = codec.poll() else { panic!("no request") };
    assert_eq!(request.body, BodyLength::Exactly(0));
    assert!(matches!(codec.poll(), Ok(Event::BodyEnd)));
    assert!(matches!(codec.poll(), Ok(Event::NeedBytes)));
}

#[test]
fn header_fields_keep_their_order_and_repeats() {
    let seen = get("GET / HTTP/1.1", "Cookie: a\r\nX-A: 1\r\ncookie: b\r\nX-A:  2 \r\nX-Latin: \u{e9}\r\n");
    let fields: Vec<_> = seen.params.iter().filter(|(name, _)| name.starts_with(b"HTTP_")).skip(1).collect();
    let expected: [(&[u8], &[u8]); 5] = [
        (b"HTTP_COOKIE", b"a"),
        (b"HTTP_X_A", b"1"),
        (b"HTTP_COOKIE", b"b"),
        (b"HTTP_X_A", b"2"),
        (b"HTTP_X_LATIN", "\u{e9}".as_bytes()),
    ];
    assert_eq!(fields, expected);
}

#[test]
fn a_field_with_an_underscore_cannot_pass_for_one_with_a_hyphen() {
    let seen = get("GET / HTTP/1.1", "X_Under: evil\r\nX-Under: good\r\nContent_Length: 5\r\nX.Y: 1\r\n");
    assert_eq!(seen.param("HTTP_X_UNDER").as_deref(), Some("good"));
    assert_eq!(names(&seen.params).iter().filter(|name| name.contains("UNDER")).count(), 1);
    assert_eq!(seen.param("HTTP_CONTENT_LENGTH"), None);
    assert_eq!(seen.param("HTTP_X.Y"), None);
}

#[test]
fn fields_about_the_connection_are_passed() {
    let seen = get("GET / HTTP/1.1", "Connection: close\r\nProxy: x\r\n");
    assert_eq!(seen.param("HTTP_CONNECTION").as_deref(), Some("close"));
    assert_eq!(
        seen.param("HTTP_PROXY").as_deref(),
        Some("x"),
        "the environ builder drops it, for all protocols"
    );
}

#[test]
fn the_authority_of_an_absolute_target_is_the_host() {
    let seen = get("GET http://other.example:81/a?b HTTP/1.1", "");
    assert_eq!(seen.param("HTTP_HOST").as_deref(), Some("other.example:81"));
    assert_eq!(seen.param("SERVER_NAME").as_deref(), Some("other.example"));
    assert_eq!(seen.param("SERVER_PORT").as_deref(), Some("8000"));
    assert_eq!(seen.param("REQUEST_URI").as_deref(), Some("http://other.example:81/a?b"));
    assert_eq!(seen.param("PATH_INFO").as_deref(), Some("/a"));
    assert_eq!(names(&seen.params).iter().filter(|name| *name == "HTTP_HOST").count(), 1);
}

#[test]
fn an_asterisk_has_no_path() {
    let seen = get("OPTIONS * HTTP/1.1", "");
    assert_eq!(seen.param("PATH_INFO").as_deref(), Some(""));
    assert_eq!(seen.param("REQUEST_URI").as_deref(), Some("*"));
}

#[test]
fn without_a_host_the_server_is_known_by_its_address() {
    let name = |server_addr: &str| {
        let mut codec =
            HttpCodec::new(Limits::default(), Ends { server_addr: server_addr.into(), ..Ends::default() });
        feed(&mut codec, b"GET / HTTP/1.0\r\n\r\n");
        let Ok(Event::Request(request)) = codec.poll() else { panic!("no request") };
        (request.params.get(b"SERVER_NAME").unwrap().to_vec(), names(&request.params))
    };
    assert_eq!(name("127.0.0.1").0, b"127.0.0.1");
    assert_eq!(name("::1").0, b"[::1]");
    let (unix, names) = name("");
    assert_eq!(unix, b"localhost");
    assert!(
        !names
            .iter()
            .any(|name| name.starts_with("REMOTE") || name == "SERVER_PORT" || name == "SERVER_ADDR")
    );
}

#[test]
fn smuggling_is_refused() {
    let with = |fields: &str| format!("POST / HTTP/1.1\r\nHost: h\r\n{fields}\r\n0\r\n\r\n");
    let bad = [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: +5\r\n",
        "Content-Length : 5\r\n",
        "X: 1\r\n Content-Length: 5\r\n",
        "X: 1\nContent-Length: 5\r\n",
        "X: 1\rContent-Length: 5\r\n",
        "X: 1\0\r\n",
        "Host: h2\r\n",
    ];
    for bad in bad {
        assert_eq!(status_of(with(bad).as_bytes()), Some(400), "{bad:?}");
    }
    for bad in ["Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: xchunked\r\n"] {
        assert_eq!(status_of(with(bad).as_bytes()), Some(501), "{bad:?}");
    }
    assert_eq!(status_of(b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), Some(400));
}

#[test]
fn a_bad_first_line_is_refused() {
    for bad in [
        "GET /",
        "GET  / HTTP/1.1",
        "GET / HTTP/1.1 ",
        "G@T / HTTP/1.1",
        "GET /%zz HTTP/1.1",
        "GET a HTTP/1.1",
    ] {
        assert_eq!(status_of(format!("{bad}\r\nHost: h\r\n\r\n").as_bytes()), Some(400), "{bad:?}");
    }
    assert_eq!(status_of(b"GET / HTTP/1.1\r\n\r\n"), Some(400), "no Host");
    assert_eq!(status_of(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), Some(505));
    assert_eq!(status_of(b"CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n"), Some(501));
    assert_eq!(status_of(b"\x16\x03\x01\x02\x00"), Some(400), "TLS");
}

#[test]
fn one_empty_line_before_a_request_is_skipped() {
    let (seen, error) = serve([&b"\r"[..], b"\nGET / HTTP/1.0\r\n\r\n"]);
    assert_eq!((seen.len(), error), (1, None));
    assert_eq!(status_of(b"\r\n\r\nGET / HTTP/1.0\r\n\r\n"), Some(400));
}

#[test]
fn limits_are_kept_and_named() {
    let refusal = |limits: Limits| {
        let mut codec = HttpCodec::new(limits, Ends::default());
        feed(&mut codec, b"GET / HTTP/1.1\r\nHost: h\r\nX: 1\r\n\r\n");
        codec.poll().map(drop).map_err(|error| (error.answer, error.setting.unwrap()))
    };
    assert_eq!(refusal(Limits { params_bytes: 33, params: 2, ..Limits::default() }), Ok(()));
    let too_large = (Answer::Status(431), "max_params_bytes");
    assert_eq!(refusal(Limits { params_bytes: 32, params: 2, ..Limits::default() }), Err(too_large));
    assert_eq!(
        refusal(Limits { params_bytes: 33, params: 1, ..Limits::default() }),
        Err((Answer::Status(431), "max_params"))
    );
    let too_long = (Answer::Status(431), "max_name_bytes");
    assert_eq!(refusal(Limits { name_bytes: 3, ..Limits::default() }), Err(too_long));
    assert_eq!(refusal(Limits { name_bytes: 4, ..Limits::default() }), Ok(()));
}

#[test]
fn a_refused_request_can_be_answered_and_ends_the_connection() {
    let mut codec = codec();
    feed(
        &mut codec,
        b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nnonsense\r\n\r\nGET / HTTP/1.0\r\n\r\n",
    );
    assert!(matches!(codec.poll(), Ok(Event::Request(_))));
    assert!(matches!(codec.poll(), Ok(Event::BodyEnd)));
    answer(&mut codec);
    assert!(codec.poll().is_err());
    let out = String::from_utf8(answer(&mut codec)).unwrap();
    assert!(out.contains("\r\nConnection: close\r\n"), "{out}");
    assert!(!codec.reusable());
    assert!(matches!(codec.poll(), Ok(Event::Closed)));
}

#[test]
fn a_client_that_leaves_within_a_request_is_reported() {
    assert_eq!(refusal(b"GET / HT").answer, Answer::Close);
    let (_, error) = serve([&b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 12\r\n\r\nhello"[..]]);
    assert!(error.unwrap().reason.contains("7 bytes short of Content-Length 12"));
    let (_, error) =
        serve([&b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"[..]]);
    assert_eq!(error.unwrap().answer, Answer::Close);
    assert_eq!(serve([]), (vec![], None));
}

#[test]
fn a_bad_chunk_is_refused() {
    let (seen, error) =
        serve([&b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"[..]]);
    assert_eq!((seen.len(), error.unwrap().answer), (1, Answer::Status(400)));
}

#[test]
fn a_client_that_expects_it_is_told_to_continue_when_the_body_is_asked_for() {
    let mut codec = codec();
    feed(&mut codec, b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    assert!(matches!(codec.poll(), Ok(Event::Request(_))));
    assert!(matches!(codec.poll(), Ok(Event::Reply(bytes)) if bytes == b"HTTP/1.1 100 Continue\r\n\r\n"));
    assert!(matches!(codec.poll(), Ok(Event::NeedBytes)), "told once");
    feed(&mut codec, b"ab");
    assert!(matches!(codec.poll(), Ok(Event::Body(b"ab"))));
    assert!(matches!(codec.poll(), Ok(Event::BodyEnd)));
    answer(&mut codec);
    assert!(codec.reusable());
}

#[test]
fn a_client_that_did_not_wait_is_not_told_to_continue() {
    let head = "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n";
    for rest in
        ["Content-Length: 2\r\n\r\na", "Content-Length: 0\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n2"]
    {
        let mut codec = codec();
        feed(&mut codec, format!("{head}{rest}").as_bytes());
        assert!(matches!(codec.poll(), Ok(Event::Request(_))));
        while let event = codec.poll().unwrap()
            && !matches!(event, Event::NeedBytes)
        {
            assert!(!matches!(event, Event::Reply(_)), "{rest:?}");
        }
    }
}

#[test]
fn an_answer_before_continue_closes_the_connection() {
    let mut codec = codec();
    feed(&mut codec, b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    assert!(matches!(codec.poll(), Ok(Event::Request(_))));
    let out = String::from_utf8(answer(&mut codec)).unwrap();
    assert!(out.contains("\r\nConnection: close\r\n"), "{out}");
    assert!(matches!(codec.poll(), Ok(Event::Closed)), "not waiting for a body that may never come");
    assert!(!codec.reusable());
}

#[test]
fn a_client_is_not_told_to_continue_once_the_answer_has_begun() {
    let mut codec = codec();
    feed(&mut codec, b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    assert!(matches!(codec.poll(), Ok(Event::Request(_))));
    codec.respond(&ok(None), &mut Vec::new());
    assert!(matches!(codec.poll(), Ok(Event::NeedBytes)));
}

#[test]
fn an_answer_before_the_body_was_asked_for_keeps_the_connection_if_the_body_is_coming() {
    let mut codec = codec();
    feed(&mut codec, b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\na");
    assert!(matches!(codec.poll(), Ok(Event::Request(_))));
    answer(&mut codec);
    assert!(matches!(codec.poll(), Ok(Event::Body(b"a"))));
    feed(&mut codec, b"b");
    assert!(matches!(codec.poll(), Ok(Event::Body(b"b"))));
    assert!(matches!(codec.poll(), Ok(Event::BodyEnd)));
    assert!(codec.reusable());
}

#[test]
fn requests_sent_ahead_wait_for_the_answer() {
    let mut codec = codec();
    feed(
        &mut codec,
        b"POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nabGET /2 HTTP/1.1\r\nHost: h\r\n\r\n",
    );
    assert!(matches!(codec.poll(), Ok(Event::Request(_))));
    assert!(matches!(codec.poll(), Ok(Event::Body(b"ab"))));
    assert!(matches!(codec.poll(), Ok(Event::BodyEnd)));
    assert!(matches!(codec.poll(), Ok(Event::NeedBytes)));
    answer(&mut codec);
    let Ok(Event::Request(request)) = codec.poll() else { panic!("no second request") };
    assert_eq!(request.params.get(b"PATH_INFO"), Some(&b"/2"[..]));
}

#[test]
fn an_unread_body_is_drained_before_the_next_request() {
    for body in
        ["Content-Length: 5\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"]
    {
        let mut codec = codec();
        feed(&mut codec, format!("POST /1 HTTP/1.1\r\nHost: h\r\n{body}GET /2 HTTP/1.0\r\n\r\n").as_bytes());
        assert!(matches!(codec.poll(), Ok(Event::Request(_))));
        answer(&mut codec);
        assert!(!codec.reusable());
        assert!(matches!(codec.poll(), Ok(Event::Body(b"hello"))));
        assert!(matches!(codec.poll(), Ok(Event::BodyEnd)));
        assert!(codec.reusable());
        assert!(matches!(codec.poll(), Ok(Event::Request(_))));
        assert!(!codec.reusable());
    }
}

#[test]
fn a_time_limit_applies_while_a_head_is_incomplete() {
    let mut codec = codec();
    assert!(!codec.in_head());
    feed(&mut codec, b"GET / HTTP/1.1\r\nHo");
    assert!(matches!(codec.poll(), Ok(Event::NeedBytes)));
    assert!(codec.in_head());
    feed(&mut codec, b"st: h\r\n\r\n");
    assert!(matches!(codec.poll(), Ok(Event::Request(_))));
    assert!(!codec.in_head());
}

#[test]
fn a_stream_means_the_same_wherever_it_is_cut() {
    let stream = b"\r\nPOST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello\
        PUT /2?x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n\
        GET /3 HTTP/1.0\r\n\r\nignored";
    let whole = serve([&stream[..]]);
    assert_eq!(whole.0.iter().map(|seen| &seen.body[..]).collect::<Vec<_>>(), [&b"hello"[..], b"abcde", b""]);
    for cut in 0..stream.len() {
        assert_eq!(serve([&stream[..cut], &stream[cut..]]), whole, "cut at {cut}");
    }
    assert_eq!(serve(stream.chunks(1)), whole);
}

#[test]
fn an_error_is_the_same_wherever_the_stream_is_cut() {
    let streams = [
        &b"GET / HTTP/1.1\r\nHost: h\r\nX: 1\n\r\n"[..],
        b"GET / HTTP/1.1\r\nHost: h\r\nX: 1\r\n 2\r\n\r\n",
        b"GET / HTTP/1.1\r\nX Y: 1\r\n\r\n",
        b"GET / HTTP/3.0\r\n\r\n",
        b"\r\n\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX",
    ];
    for stream in streams {
        let whole = serve([stream]).1.expect("no error");
        for cut in 0..stream.len() {
            let error = serve([&stream[..cut], &stream[cut..]]).1;
            assert_eq!(error.as_ref(), Some(&whole), "{} cut at {cut}", stream.escape_ascii());
        }
    }
}
