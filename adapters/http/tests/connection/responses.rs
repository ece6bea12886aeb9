//! What a client sees of a response.

use crate::support::{answer, codec, feed, ok, response};
use janua_http::HttpCodec;
use janua_http::client::ClientError;
use janua_vocabulary::{Codec, Event, Frame, Head};

/// A codec that has read a whole request with that first line.
fn asked(line: &str, fields: &str) -> HttpCodec {
    let mut codec = codec();
    feed(&mut codec, format!("{line}\r\nHost: h\r\n{fields}\r\n").as_bytes());
    assert!(matches!(codec.poll(), Ok(Event::Request(_))));
    assert!(matches!(codec.poll(), Ok(Event::BodyEnd)));
    codec
}

fn respond(codec: &mut HttpCodec, head: &Head<'_>, blocks: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    codec.respond(head, &mut out);
    for block in blocks {
        let frame = codec.frame(block.len());
        assert_eq!(frame.take, block.len());
        out.extend_from_slice(frame.prefix());
        out.extend_from_slice(block);
        out.extend_from_slice(frame.suffix);
    }
    out
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_counted_body_goes_out_as_it_is() {
    let mut codec = asked("GET / HTTP/1.1", "");
    let mut out = respond(&mut codec, &ok(Some(2)), &[b"h", b"i"]);
    codec.finish(&mut out);
    assert_eq!(text(out), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nServer: janua\r\n\r\nhi");
    assert!(codec.reusable());
}

#[test]
fn a_body_without_length_is_chunked() {
    let mut codec = asked("GET / HTTP/1.1", "");
    let mut out = respond(&mut codec, &ok(None), &[b"hello", &[b'x'; 16]]);
    codec.finish(&mut out);
    assert!(codec.reusable());
    assert_eq!(
        text(out),
        "HTTP/1.1 200 OK\r\nServer: janua\r\nTransfer-Encoding: chunked\r\n\r\n\
         5\r\nhello\r\n10\r\nxxxxxxxxxxxxxxxx\r\n0\r\n\r\n"
    );
}

#[test]
fn a_body_without_length_ends_with_the_connection_for_http_1_0() {
    let mut codec = asked("GET / HTTP/1.0", "Connection: keep-alive\r\n");
    let mut out = respond(&mut codec, &ok(None), &[b"hello"]);
    codec.finish(&mut out);
    assert_eq!(text(out), "HTTP/1.1 200 OK\r\nServer: janua\r\nConnection: close\r\n\r\nhello");
    assert!(!codec.reusable());
    assert!(matches!(codec.poll(), Ok(Event::Closed)));
}

#[test]
fn http_1_0_is_kept_when_asked_and_told_so() {
    let mut codec = asked("GET / HTTP/1.0", "Connection: keep-alive\r\n");
    let out = answer(&mut codec);
    assert!(text(out).contains("\r\nConnection: keep-alive\r\n"));
    assert!(codec.reusable());
    let mut codec = asked("GET / HTTP/1.0", "");
    let out = answer(&mut codec);
    assert!(text(out).contains("\r\nConnection: close\r\n"));
    assert!(!codec.reusable());
}

#[test]
fn a_client_that_wants_to_close_is_told_so_too() {
    let mut codec = asked("GET / HTTP/1.1", "Connection: close\r\n");
    assert!(text(answer(&mut codec)).contains("\r\nConnection: close\r\n"));
    assert!(!codec.reusable());
    assert!(matches!(codec.poll(), Ok(Event::Closed)));
}

#[test]
fn a_response_without_a_body_has_no_frame_and_keeps_the_connection() {
    for version in ["HTTP/1.1", "HTTP/1.0"] {
        let mut codec = asked(&format!("HEAD / {version}"), "Connection: keep-alive\r\n");
        let mut out = respond(&mut codec, &Head { bodiless: true, ..ok(None) }, &[]);
        codec.finish(&mut out);
        let out = text(out);
        assert!(!out.contains("Transfer-Encoding") && out.ends_with("\r\n\r\n"), "{out}");
        assert!(codec.reusable());
    }
}

#[test]
fn a_broken_response_shows_where_it_can() {
    for (length, expected) in [(Some(2), "h"), (None, "1\r\nh\r\n")] {
        let mut codec = asked("GET / HTTP/1.1", "");
        let mut out = respond(&mut codec, &ok(length), &[b"h"]);
        codec.truncate(&mut out);
        assert!(!codec.reusable());
        assert!(out.ends_with(format!("\r\n\r\n{expected}").as_bytes()));
        assert_eq!(response("GET", [&out[..]]), Err(ClientError::Incomplete));
        assert!(matches!(codec.poll(), Ok(Event::Closed)));
    }
}

#[test]
fn a_peer_that_has_closed_its_side_is_answered_and_not_kept() {
    let mut codec = asked("GET / HTTP/1.1", "");
    codec.closed();
    assert!(matches!(codec.poll(), Ok(Event::Closed)));
    assert!(text(answer(&mut codec)).ends_with("hi"));
    assert!(!codec.reusable());
}

#[test]
fn the_error_log_is_the_callers() {
    let mut out = Vec::new();
    assert!(!codec().log(b"oops", &mut out));
    assert!(out.is_empty());
    assert_eq!(codec().frame(3), Frame::bare(3));
}

#[test]
fn a_client_reads_a_response_wherever_it_is_cut() {
    let stream = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\nX: \xe9\r\n\r\n\
        5\r\nhello\r\n0\r\n\r\n";
    let whole = response("GET", [&stream[..]]).unwrap();
    assert_eq!(whole.0.iter().map(|head| head.status).collect::<Vec<_>>(), [100, 404]);
    assert_eq!((&whole.0[1].reason[..], whole.0[1].header("x")), (&b"Not Found"[..], Some(&b"\xe9"[..])));
    assert_eq!(whole.1, b"hello");
    for cut in 0..stream.len() {
        assert_eq!(response("GET", [&stream[..cut], &stream[cut..]]).as_ref(), Ok(&whole), "cut at {cut}");
    }
}

#[test]
fn a_client_knows_how_each_body_ends() {
    let body = |method: &str, wire: &str| response(method, [wire.as_bytes()]).map(|(_, body)| text(body));
    assert_eq!(body("GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi there"), Ok("hi".into()));
    assert_eq!(body("GET", "HTTP/1.1 200 OK\r\n\r\nto the end"), Ok("to the end".into()));
    assert_eq!(body("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"), Ok(String::new()));
    assert_eq!(body("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n"), Ok(String::new()));
    assert_eq!(body("GET", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi"), Err(ClientError::Incomplete));
    assert_eq!(body("GET", ""), Err(ClientError::Incomplete));
    assert!(matches!(body("GET", "Status: 200\r\n\r\n"), Err(ClientError::NotHttp(_))));
    assert!(matches!(
        body("GET", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"),
        Err(ClientError::NotHttp(_))
    ));
}

#[test]
fn the_last_request_of_a_connection_is_told_so() {
    let mut codec = asked("GET / HTTP/1.1", "");
    codec.last();
    let mut out = respond(&mut codec, &ok(Some(0)), &[]);
    codec.finish(&mut out);
    assert!(text(out).contains("\r\nConnection: close\r\n"));
    assert!(!codec.reusable());
}

#[test]
fn only_who_asked_for_more_may_be_sending_it_behind_the_last_answer() {
    let peer_sends = |headers, last| {
        let mut codec = asked("GET / HTTP/1.1", headers);
        if last {
            codec.last();
        }
        let _ = respond(&mut codec, &ok(Some(0)), &[]);
        codec.peer_sends()
    };
    assert!(peer_sends("", true));
    assert!(!peer_sends("", false));
    assert!(!peer_sends("Connection: close\r\n", true));
}

#[test]
fn a_head_that_is_not_whole_can_be_answered() {
    let mut codec = codec();
    assert!(!codec.answerable());
    feed(&mut codec, b"GET / HT");
    assert!(matches!(codec.poll(), Ok(Event::NeedBytes)) && codec.answerable());
    codec.last();
    let mut out = respond(&mut codec, &ok(Some(0)), &[]);
    codec.finish(&mut out);
    assert!(text(out).contains("\r\nConnection: close\r\n"));
    assert!(!codec.reusable());
}
