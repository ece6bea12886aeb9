//! CGI: an environment and a stdin that is read to CONTENT_LENGTH and no further.

use crate::Input;
use crate::codec::{Seen, Story, Wire, bytes_in, cut, operations, watch};
use janua_cgi::{CgiCodec, request_params};
use janua_vocabulary::{Codec, Document, Limits, Params};

/// Any environment and any stdin, or what was meant and must arrive so.
pub fn bytes(data: &[u8]) {
    let mut input = Input::new(data);
    match input.one_in(4) {
        true => round_trip(&mut input),
        false => {
            let params = environment(&mut input);
            bytes_in(&mut input, &Cgi { params });
        }
    }
}

/// Server and owner in any order.
pub fn operations_of(data: &[u8]) {
    let mut input = Input::new(data);
    let params = environment(&mut input);
    operations(&input, [Cgi { params: params.clone() }, Cgi { params }]);
}

struct Cgi {
    params: Params,
}

impl Wire for Cgi {
    fn codec(&self, limits: Limits) -> Box<dyn Codec> {
        Box::new(CgiCodec::new(self.params.clone(), limits))
    }

    fn phrase(&mut self, input: &mut Input<'_>, socket: &mut Vec<u8>) {
        socket.extend_from_slice(&input.block());
    }

    fn check(&self, story: &Story) {
        check_document(story);
    }

    fn room_may_be_empty(&self) -> bool {
        true
    }
}

/// One response, which is a document and nothing else.
pub(crate) fn check_document(story: &Story) {
    assert!(story.answers.len() <= 1, "{} requests on one connection", story.answers.len());
    let Some(answer) = story.answers.first() else {
        assert!(story.out.is_empty());
        return;
    };
    assert_eq!(story.out, answer.document());
    if answer.begun {
        let document = Document::divide(&story.out).expect("a head");
        assert_eq!(document.status().trim_ascii(), answer.status.trim_ascii());
        assert_eq!(document.body, answer.body);
    }
}

fn environment(input: &mut Input<'_>) -> Params {
    let mut pairs: Vec<(Vec<u8>, Vec<u8>)> = vec![(b"REQUEST_METHOD".to_vec(), method(input).to_vec())];
    for _ in 0..input.byte() % 4 {
        match input.byte() % 4 {
            0 => pairs.push((b"CONTENT_LENGTH".to_vec(), input.byte().to_string().into_bytes())),
            1 => pairs.push((b"CONTENT_LENGTH".to_vec(), length(input).to_vec())),
            _ => {
                let name = input.byte() % 16;
                pairs.push((input.take(usize::from(name)).to_vec(), input.block()));
            }
        }
    }
    request_params(pairs)
}

/// Methods of which some mean something to a gateway.
pub(crate) fn method<'a>(input: &mut Input<'a>) -> &'a [u8] {
    input.pick(&[&b"GET"[..], b"POST", b"HEAD", b"OPTIONS", b"GET"])
}

/// Values of CONTENT_LENGTH around which servers differ.
pub(crate) fn length<'a>(input: &mut Input<'a>) -> &'a [u8] {
    input.pick(&[
        &b""[..],
        b"0",
        b"-1",
        b"+5",
        b" 5",
        b"5 ",
        b"05",
        b"5,5",
        b"5, 6",
        b"0x5",
        b"5.0",
        b"9223372036854775807",
        b"9223372036854775808",
        b"18446744073709551616",
        b"five",
        b"\xff",
    ])
}

fn round_trip(input: &mut Input<'_>) {
    let (cutting, seed, counted) = (input.byte(), input.byte(), input.one_in(2));
    let mut pairs = vec![(b"REQUEST_METHOD".to_vec(), b"POST".to_vec())];
    for _ in 0..input.byte() % 6 {
        let name = input.byte() % 16;
        pairs.push(([b"X_", input.take(usize::from(name))].concat(), input.block()));
    }
    let body = input.block();
    if counted {
        pairs.push((b"CONTENT_LENGTH".to_vec(), body.len().to_string().into_bytes()));
    }
    let cgi = Cgi { params: request_params(pairs.iter().map(|(name, value)| (name, value))) };
    let seen = watch(&cgi, cut(&body, cutting, seed));
    let Some((Seen::Request(request), rest)) = seen.split_first() else { panic!("{seen:?}") };
    assert!(request.params.iter().eq(pairs.iter().map(|(name, value)| (&name[..], &value[..]))));
    check_body(rest, &body);
}

/// What follows a request: its body, then the end.
pub(crate) fn check_body(seen: &[Seen], body: &[u8]) {
    match seen {
        [Seen::BodyEnd, Seen::Closed] => assert_eq!(body, b""),
        [Seen::Body(arrived), Seen::BodyEnd, Seen::Closed] => assert_eq!(arrived, body),
        other => panic!("{other:?}"),
    }
}
