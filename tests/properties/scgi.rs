//! SCGI: one netstring, one body, one answer.

use crate::Input;
use crate::cgi::{check_body, check_document, length, method};
use crate::codec::{Seen, Story, Wire, bytes_in, cut, operations, watch};
use janua_scgi::{ScgiCodec, client};
use janua_vocabulary::{Codec, Limits, Params};

/// Any bytes, or a request that must arrive as it was meant.
pub fn bytes(data: &[u8]) {
    let mut input = Input::new(data);
    match input.one_in(4) {
        true => round_trip(&mut input),
        false => bytes_in(&mut input, &Scgi),
    }
}

/// Server and owner in any order.
pub fn operations_of(data: &[u8]) {
    operations(&Input::new(data), [Scgi, Scgi]);
}

struct Scgi;

impl Wire for Scgi {
    fn codec(&self, limits: Limits) -> Box<dyn Codec> {
        Box::new(ScgiCodec::new(limits))
    }

    fn phrase(&mut self, input: &mut Input<'_>, socket: &mut Vec<u8>) {
        match input.byte() % 4 {
            0 => socket.extend_from_slice(&input.block()),
            1 => {
                let digits =
                    input.pick(&[&b"12:"[..], b"0:", b"012:", b":", b"99999999999999999999:", b"300:", b"1"]);
                socket.extend_from_slice(digits);
            }
            _ => {
                let (params, body) = request(input);
                match client::request(&params, &body) {
                    Ok(bytes) => socket.extend_from_slice(&bytes),
                    Err(_) => socket.extend_from_slice(&body),
                }
            }
        }
    }

    fn check(&self, story: &Story) {
        check_document(story);
    }
}

fn request(input: &mut Input<'_>) -> (Params, Vec<u8>) {
    let mut params = Params::new();
    let body = input.block();
    match input.byte() % 8 {
        0 => params.push(b"CONTENT_LENGTH", length(input)),
        1 => {}
        _ => params.push(b"CONTENT_LENGTH", body.len().to_string().as_bytes()),
    }
    params.push(b"SCGI", if input.one_in(8) { b"2" } else { b"1" });
    params.push(b"REQUEST_METHOD", method(input));
    for _ in 0..input.byte() % 6 {
        let name = input.byte() % 16;
        params.push(input.take(usize::from(name)), &input.block());
    }
    (params, body)
}

/// Everything that can be written is read back, unless its length is not the body's.
fn round_trip(input: &mut Input<'_>) {
    let (cutting, seed) = (input.byte(), input.byte());
    let body = input.block();
    let mut params = Params::new();
    params.push(b"CONTENT_LENGTH", body.len().to_string().as_bytes());
    params.push(b"SCGI", b"1");
    for _ in 0..input.byte() % 8 {
        let name = input.byte() % 16;
        params.push(&[b"X", input.take(usize::from(name))].concat(), &input.block());
    }
    let Ok(wire) = client::request(&params, &body) else {
        assert!(params.iter().any(|(name, value)| name.contains(&0) || value.contains(&0)));
        return;
    };
    if wire.len() - body.len() > Limits::default().params_bytes {
        return;
    }
    let seen = watch(&Scgi, cut(&wire, cutting, seed));
    let Some((Seen::Request(request), rest)) = seen.split_first() else { panic!("{seen:?}") };
    assert_eq!(request.params, params);
    check_body(rest, &body);
}
