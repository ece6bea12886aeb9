//! `janua serve --explain`: what becomes of each request, told to whoever sends it.

use crate::connection::Connection;
use crate::refusal;
use janua_environ::Settings;
use janua_explain::explain;
use janua_response::{HeadError, Response, ResponseHead};
use janua_vocabulary::Request;

/// Puts the explanation of a request on its way, in the place of the app's answer. The status is 200 whatever the
/// verdict: a web server may put a page of its own in the place of an error.
pub(crate) fn answer(connection: &mut Connection, request: &Request, settings: &Settings) {
    let explanation = explain(&request.params, connection.codec.protocol(), settings);
    let (kind, body) = if wants_json(request) {
        ("application/json", explanation.json())
    } else {
        ("text/plain; charset=utf-8", explanation.to_string())
    };
    let method = request.params.get(b"REQUEST_METHOD").unwrap_or_default();
    let Ok(mut response) = head(method, kind) else { return refusal::answer(connection, method, 500) };
    response.set_length_if_absent(body.len() as u64);
    let Connection { codec, out, .. } = connection;
    out.head(codec.as_mut(), &response.head());
    if !response.head().bodiless {
        out.copy(codec.as_mut(), body.as_bytes());
    }
    out.append(|out| codec.finish(out));
}

fn head(method: &[u8], kind: &str) -> Result<Response, HeadError> {
    let mut head = ResponseHead::new(method, b"200 OK")?;
    head.field(b"Content-Type", kind.as_bytes())?;
    // What a client sent stands in the text; no browser may take it for a page.
    head.field(b"X-Content-Type-Options", b"nosniff")?;
    head.field(b"Cache-Control", b"no-store")?;
    Ok(Response::new(head))
}

/// `Accept: application/json`, or `format=json` in the query.
fn wants_json(request: &Request) -> bool {
    let value = |name| request.params.get(name).unwrap_or_default();
    // Without QUERY_STRING the query stands behind the path.
    let target = value(b"REQUEST_URI").splitn(2, |byte| *byte == b'?').nth(1).unwrap_or_default();
    let asked = |query: &[u8]| query.split(|byte| *byte == b'&').any(|pair| pair == b"format=json");
    let accepted = value(b"HTTP_ACCEPT").split(|byte| *byte == b',').any(|kind| {
        kind.split(|byte| *byte == b';').next().is_some_and(|kind| kind.trim_ascii() == b"application/json")
    });
    accepted || asked(value(b"QUERY_STRING")) || asked(target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use janua_vocabulary::{BodyLength, Role};

    #[test]
    fn json_is_given_to_whoever_asks_for_it() {
        for (name, value, expected) in [
            ("HTTP_ACCEPT", "application/json", true),
            ("HTTP_ACCEPT", "text/html, application/json;q=0.9", true),
            ("HTTP_ACCEPT", "text/html,*/*", false),
            ("QUERY_STRING", "a=1&format=json", true),
            ("QUERY_STRING", "xformat=json", false),
            ("REQUEST_URI", "/x?format=json", true),
            ("REQUEST_URI", "/format=json", false),
        ] {
            let params = [(name.as_bytes(), value.as_bytes())].into_iter().collect();
            assert_eq!(
                wants_json(&Request { params, body: BodyLength::ToEnd, role: Role::Responder }),
                expected,
                "{name}={value}"
            );
        }
    }
}
