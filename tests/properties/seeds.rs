//! Where a search begins: the captured requests and cases, in the form that each property reads.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use janua_environ::Known;
use janua_properties::environ;
use serde_json::Value;

/// A property and where the search for a counterexample begins.
#[allow(dead_code, reason = "who writes the seeds does not try them")]
pub(crate) struct Tried {
    pub(crate) name: &'static str,
    pub(crate) property: fn(&[u8]),
    pub(crate) seeds: fn() -> Vec<Vec<u8>>,
}

/// All of them.
pub(crate) const ALL: &[Tried] = &[
    Tried { name: "cgi", property: janua_properties::cgi::bytes, seeds: cgi },
    Tried { name: "cgi_operations", property: janua_properties::cgi::operations_of, seeds: operations },
    Tried { name: "scgi", property: janua_properties::scgi::bytes, seeds: || headed(&wire("scgi")) },
    Tried { name: "scgi_operations", property: janua_properties::scgi::operations_of, seeds: operations },
    Tried { name: "fastcgi", property: janua_properties::fastcgi::bytes, seeds: || headed(&wire("fastcgi")) },
    Tried {
        name: "fastcgi_operations",
        property: janua_properties::fastcgi::operations_of,
        seeds: operations,
    },
    Tried { name: "fastcgi_shared", property: janua_properties::shared::connection, seeds: operations },
    Tried { name: "http", property: janua_properties::http::bytes, seeds: || headed(&http()) },
    Tried { name: "http_operations", property: janua_properties::http::operations_of, seeds: operations },
    Tried { name: "answers", property: janua_properties::answers::read, seeds: answers },
    Tried { name: "environ", property: environ::builder, seeds: environs },
    Tried { name: "response", property: janua_properties::response::head, seeds: responses },
    #[cfg(feature = "config")]
    Tried { name: "config", property: janua_properties::config::file, seeds: configs },
];

/// The lines of a file of captures. Under miri only the first few: it is slow.
fn lines(text: &'static str) -> impl Iterator<Item = Value> {
    text.lines().take(if cfg!(miri) { 3 } else { usize::MAX }).map(|line| serde_json::from_str(line).unwrap())
}

fn wire(protocol: &str) -> Vec<Vec<u8>> {
    lines(include_str!("../data/wire-captures.jsonl"))
        .filter(|capture| capture["protocol"] == protocol)
        .map(|capture| STANDARD.decode(capture["wire"].as_str().unwrap()).unwrap())
        .collect()
}

/// The bytes that choose limits, policy and cuts, in front of each.
fn headed(wires: &[Vec<u8>]) -> Vec<Vec<u8>> {
    wires
        .iter()
        .enumerate()
        .map(|(number, wire)| {
            [&[0, 0, (number % 4) as u8, number as u8, (number * 3) as u8][..], wire].concat()
        })
        .chain((0..60u8).map(|number| {
            (0..200u8).map(|at| if at == 0 { 3 } else { at.wrapping_mul(number) % 96 }).collect()
        }))
        .collect()
}

/// The captures of HTTP are the requests that were made of the servers in front.
fn http() -> Vec<Vec<u8>> {
    let asked = lines(include_str!("../data/environ-captures.jsonl")).map(|capture| {
        let line = capture["request"].as_str().unwrap().to_owned();
        let target: Vec<u8> = line.chars().map(|c| c as u8).collect();
        [&target[..], b"\r\nHost: example.com\r\nX-Cap: 1\r\nCookie: a=1\r\n\r\n"].concat()
    });
    let bodies = [
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhelloGET /a HTTP/1.1\r\nHost: h\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5;x=\"y\"\r\nworld\r\n0\r\nX: y\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
        "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET http://h:80/x?y HTTP/1.1\r\nHost: z\r\nConnection: close\r\n\r\n",
        "\r\nOPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\nX_Y: 1\r\nProxy: p\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ];
    asked.chain(bodies.into_iter().map(|text| text.as_bytes().to_vec())).collect()
}

/// Answers over each protocol, whole ones and the beginnings of some.
fn answers() -> Vec<Vec<u8>> {
    let document = b"Status: 404 Not Here\r\nContent-Type: text/plain\r\n\r\nnothing";
    let mut records = Vec::new();
    for (kind, content) in
        [(10, &b"\x0f\x01FCGI_MPXS_CONNS0"[..]), (7, b"oh"), (6, document), (6, b""), (3, &[0; 8])]
    {
        let id = if kind == 10 { 0 } else { 1 };
        records.extend([&[1, kind, 0, id, 0, content.len() as u8, 2, 0][..], content, &[0, 0]].concat());
    }
    let http = [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"[..],
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.0 304 Not Modified\r\nX: y\r\n\r\nto the end",
    ];
    let all = [(0, &records[..]), (1, &records), (2, http[0]), (2, http[1]), (2, http[2]), (3, document)];
    all.into_iter()
        .flat_map(|(protocol, bytes)| (0..8).map(move |cut| [&[protocol, cut, cut * 31][..], bytes].concat()))
        .collect()
}

fn cgi() -> Vec<Vec<u8>> {
    (0..80u8)
        .map(|number| (0..120u8).map(|at| at.wrapping_mul(number).wrapping_add(number) % 64).collect())
        .collect()
}

/// Operations have no captures: these are walks through them.
fn operations() -> Vec<Vec<u8>> {
    (0..120u8)
        .map(|number| (0..180u8).map(|at| at.wrapping_mul(number * 2 + 1).wrapping_add(at / 7)).collect())
        .collect()
}

fn environs() -> Vec<Vec<u8>> {
    let captures =
        lines(include_str!("../data/environ-captures.jsonl")).map(|capture| encoded(&capture["params"]));
    let file: Value = serde_json::from_str(include_str!("../data/environ-vectors.json")).unwrap();
    let vectors = file["vectors"].as_array().unwrap().iter();
    let vectors =
        vectors.map(|vector| encoded(vector.get("raw_pairs").unwrap_or(&vector["raw"]))).collect::<Vec<_>>();
    captures.chain(vectors).collect()
}

/// Parameters in the form of [`environ::builder`], behind no settings.
fn encoded(params: &Value) -> Vec<u8> {
    let pairs: Vec<(String, String)> = match params {
        Value::Array(pairs) => pairs
            .iter()
            .map(|pair| (pair[0].as_str().unwrap().into(), pair[1].as_str().unwrap().into()))
            .collect(),
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().into()))
            .collect(),
        other => panic!("parameters of {other}"),
    };
    let mut out = vec![0];
    for (name, value) in pairs {
        match Known::ALL.iter().position(|known| known.name() == name) {
            Some(number) => out.push(number as u8),
            None => out.extend([&[environ::SPELLED, name.len() as u8][..], name.as_bytes()].concat()),
        }
        // One code point of a capture is one byte.
        let value: Vec<u8> = value.chars().map(|c| c as u8).take(255).collect();
        out.push(value.len() as u8);
        out.extend(value);
    }
    out
}

fn responses() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for number in 0..=255u8 {
        let mut seed = vec![number % 3, number, b'O', b'K', 4, 10, 10];
        seed.extend_from_slice(b"text/plain");
        seed.extend([
            0, 2, b'4', b'2', 13, 3, b'a', number, b'b', 255, 3, b'X', b'-', number, 1, b'1', 0, 0, 40, 2,
        ]);
        seeds.push(seed);
    }
    seeds
}

#[cfg(feature = "config")]
fn configs() -> Vec<Vec<u8>> {
    let one: Vec<String> = janua_cli::settings()
        .map(|(_, setting)| format!("{} = \"{}\"\n", setting.name, setting.default.unwrap_or("/x")))
        .collect();
    let all = one.iter().map(String::as_str);
    let all = all.filter(|line| !line.starts_with("config") && !line.starts_with("app")).collect();
    let odd = [
        "threads = 4\nsocket_mode = 0o660\nexplain = false\n",
        "scgi = [\"unix:/run/a.sock\", \"127.0.0.1:9000\"]\n",
        "[server]\nthreads = 4\n",
        "threds = 4\n",
        "threads = 1979-05-27\n",
        "threads = {a = 1}\n",
    ];
    one.into_iter().chain([all]).chain(odd.map(str::to_owned)).map(String::into_bytes).collect()
}
