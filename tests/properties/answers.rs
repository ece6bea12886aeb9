//! The clients' halves: what a back end answers is read alike however it is cut. The relay, the backends of a CGI
//! process and `janua request` stand on them.

use crate::Input;
use crate::codec::cut;
use janua_fastcgi::client::{Decoder as Records, Received};
use janua_fastcgi::{Piece, Pieces};
use janua_http::client::{Decoder as Response, Part};
use janua_vocabulary::Document;

/// Any bytes as the answer over one of the protocols.
pub fn read(data: &[u8]) {
    let mut input = Input::new(data);
    let (protocol, cutting, seed) = (input.byte() % 4, input.byte(), input.byte());
    let bytes = input.rest();
    let pieces = cut(bytes, cutting, seed);
    match protocol {
        0 => assert_eq!(lent(&[bytes]), lent(&pieces)),
        1 => assert_eq!(records(&[bytes]), records(&pieces)),
        2 => {
            let method: &[u8] = if seed % 2 == 0 { b"GET" } else { b"HEAD" };
            assert_eq!(response(method, &[bytes]), response(method, &pieces));
        }
        _ => document(bytes, &pieces),
    }
}

/// What was said, with neighbouring bytes of one kind as one.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said(Vec<(String, Vec<u8>)>);

impl Said {
    fn add(&mut self, kind: impl Into<String>, bytes: &[u8]) {
        let kind = kind.into();
        match self.0.last_mut() {
            Some((last, held)) if *last == kind && !bytes.is_empty() && !held.is_empty() => {
                held.extend_from_slice(bytes)
            }
            _ => self.0.push((kind, bytes.to_vec())),
        }
        assert!(self.0.len() < 100_000, "it goes on for ever");
    }
}

fn lent(pieces: &[&[u8]]) -> Said {
    let (mut cursor, mut said) = (Pieces::new(), Said::default());
    for mut piece in pieces.iter().copied() {
        loop {
            match cursor.next(&mut piece) {
                Ok(Some(Piece::Stdout(bytes))) => said.add("stdout", bytes),
                Ok(Some(Piece::Stderr(bytes))) => said.add("stderr", bytes),
                Ok(Some(other)) => said.add(format!("{other:?}"), b""),
                Ok(None) => break,
                Err(error) => {
                    said.add(error.to_string(), b"");
                    return said;
                }
            }
        }
        assert!(piece.is_empty(), "bytes are left");
    }
    said
}

fn records(pieces: &[&[u8]]) -> Said {
    let (mut decoder, mut said) = (Records::new(), Said::default());
    for piece in pieces {
        decoder.feed(piece);
        loop {
            match decoder.poll() {
                Ok(Some(Received::Stdout(id, bytes))) => said.add(format!("stdout {id}"), bytes),
                Ok(Some(Received::Stderr(id, bytes))) => said.add(format!("stderr {id}"), bytes),
                Ok(Some(other)) => said.add(format!("{other:?}"), b""),
                Ok(None) => break,
                Err(error) => {
                    said.add(error.to_string(), b"");
                    return said;
                }
            }
        }
    }
    said
}

fn response(method: &[u8], pieces: &[&[u8]]) -> Said {
    let (mut decoder, mut said) = (Response::new(method), Said::default());
    let mut arriving = pieces.iter().flat_map(|piece| piece.chunks(1_000));
    loop {
        match decoder.poll() {
            Ok(Part::NeedBytes) => match arriving.next() {
                Some(piece) => {
                    decoder.space()[..piece.len()].copy_from_slice(piece);
                    decoder.filled(piece.len());
                }
                None => decoder.closed(),
            },
            Ok(Part::Body(bytes)) => said.add("body", bytes),
            Ok(Part::Head(head)) => said.add(format!("{head:?}"), b""),
            Ok(Part::End) => return said,
            Err(error) => {
                said.add(error.to_string(), b"");
                return said;
            }
        }
    }
}

/// Where a head ends does not change when more comes.
fn document(bytes: &[u8], pieces: &[&[u8]]) {
    let whole = Document::divide(bytes);
    let mut so_far = Vec::new();
    for piece in pieces {
        so_far.extend_from_slice(piece);
        if let Some(part) = Document::divide(&so_far) {
            let whole = whole.expect("a head that was there and is no more");
            assert_eq!(part.head, whole.head);
            assert!(whole.body.starts_with(part.body));
            assert_eq!(part.status(), whole.status());
            assert!(part.fields().all(|(name, value)| !name.contains(&b':') && value.trim_ascii() == value));
        }
    }
}
