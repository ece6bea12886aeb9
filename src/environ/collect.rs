//! Step 1: ordered parameters with repeats become variables without.

use crate::bytes::has_nul;
use crate::vars::Vars;
use crate::witness::{Witness, tell, tell_known};
use crate::{Known, Refusal, Rule, content_length};
use janua_vocabulary::Params;
use memchr::memchr;

/// The variables that were sent, each once.
///
/// # Errors
/// A NUL byte anywhere, or a variable that decides about trust or framing sent with two values.
pub(crate) fn collect<'a>(params: &'a Params, witness: &mut impl Witness) -> Result<Vars<'a>, Refusal> {
    // A few variables may be added; with room for them the list is allocated once.
    let mut vars = Vars::with_capacity(params.len() + 6);
    let mut others = 0;
    for (name, value) in params.iter() {
        if has_nul(value) {
            return Err(Refusal::NulByte);
        }
        if let Some(known) = Known::of(name) {
            add(&mut vars, known, value, witness)?;
        } else if has_nul(name) {
            return Err(Refusal::NulByte);
        } else if let Some(rule) = fault(name) {
            tell(witness, rule, name, Some(value), None);
        } else {
            vars.push_other(name, value);
            others += 1;
        }
    }
    if others > 1 {
        let between = |name: &[u8]| name.starts_with(b"HTTP_").then_some(&b", "[..]);
        vars.unite(between, |name, before, later| {
            let rule = if between(name).is_some() { Rule::HeaderRepeated } else { Rule::LastWins };
            tell(witness, rule, name, Some(before), Some(later));
        });
    }
    Ok(vars)
}

/// The rule that keeps a name out of the environ.
fn fault(name: &[u8]) -> Option<Rule> {
    const RESERVED: [&[u8]; 4] = [b"wsgi.", b"fastcgi.", b"UWSGI_", b"FCGI_"];
    let is_variable = match name.strip_prefix(b"HTTP_") {
        Some(header) => is_token(header),
        None => !name.is_empty() && memchr(b'=', name).is_none(),
    };
    if !is_variable {
        Some(Rule::NotAVariable)
    } else if RESERVED.iter().any(|prefix| name.starts_with(prefix)) {
        Some(Rule::ReservedName)
    } else {
        None
    }
}

/// True for what may be the name of a header (RFC 9110 section 5.6.2).
fn is_token(name: &[u8]) -> bool {
    let odd = |byte: u8| {
        matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~')
    };
    !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || odd(*byte))
}

/// What a repeat of a known variable means.
enum Repeat {
    /// A list, joined with this.
    Join(&'static [u8]),
    /// The same thing said again, or a contradiction that nobody may profit from.
    Agree,
    /// The same number said again, or a contradiction about where the request ends.
    AgreeAsLength,
    /// The later one was set on purpose.
    LastWins,
}

impl Repeat {
    fn of(known: Known) -> Self {
        match known {
            Known::HttpHost
            | Known::HttpAuthorization
            | Known::HttpXRealIp
            | Known::HttpXForwardedProto
            | Known::HttpXForwardedPrefix
            | Known::HttpXScriptName => Self::Agree,
            Known::ContentLength => Self::AgreeAsLength,
            Known::HttpCookie => Self::Join(b"; "),
            _ if known.name().starts_with("HTTP_") => Self::Join(b", "),
            _ => Self::LastWins,
        }
    }
}

fn add<'a>(
    vars: &mut Vars<'a>,
    known: Known,
    value: &'a [u8],
    witness: &mut impl Witness,
) -> Result<(), Refusal> {
    let Some(before) = vars.get(known) else {
        vars.push_known(known, value);
        return Ok(());
    };
    match Repeat::of(known) {
        Repeat::Join(between) => {
            tell_known(witness, Rule::HeaderRepeated, known, Some(before), Some(value));
            vars.append(known, between, value);
        }
        Repeat::LastWins => {
            tell_known(witness, Rule::LastWins, known, Some(before), Some(value));
            vars.set(known, value);
        }
        Repeat::AgreeAsLength if content_length::agree(before, value) => {
            if !content_length::is_blank(value) {
                vars.set(known, value);
            }
        }
        Repeat::Agree if before == value => {}
        Repeat::Agree | Repeat::AgreeAsLength => return Err(Refusal::Contradiction(known)),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::{environ, refusal};
    use crate::{Known, Refusal};

    #[test]
    fn a_header_sent_twice_is_a_list_and_cookies_have_their_own_comma() {
        let environ = environ(&[
            ("HTTP_X_UNDER", "a"),
            ("HTTP_COOKIE", "a=1"),
            ("HTTP_ACCEPT", "x"),
            ("HTTP_X_UNDER", "b"),
            ("HTTP_COOKIE", "b=2"),
            ("HTTP_ACCEPT", "y"),
            ("HTTP_X_UNDER", "c"),
        ]);
        assert_eq!(environ["HTTP_X_UNDER"], "a, b, c");
        assert_eq!(environ["HTTP_COOKIE"], "a=1; b=2");
        assert_eq!(environ["HTTP_ACCEPT"], "x, y");
    }

    #[test]
    fn anything_else_sent_twice_was_set_the_second_time_on_purpose() {
        let environ = environ(&[
            ("SCRIPT_NAME", "/whole"),
            ("DOCUMENT_ROOT", "/a"),
            ("CAPNAME", "a"),
            ("DOCUMENT_ROOT", "/b"),
            ("CAPNAME", "b"),
            ("SCRIPT_NAME", ""),
            ("PATH_INFO", "/whole"),
        ]);
        assert_eq!((&*environ["SCRIPT_NAME"], &*environ["PATH_INFO"]), ("", "/whole"));
        assert_eq!((&*environ["DOCUMENT_ROOT"], &*environ["CAPNAME"]), ("/b", "b"));
    }

    #[test]
    fn what_decides_about_trust_must_not_be_said_in_two_ways() {
        for known in [
            Known::HttpHost,
            Known::HttpAuthorization,
            Known::HttpXRealIp,
            Known::HttpXForwardedProto,
            Known::HttpXForwardedPrefix,
            Known::HttpXScriptName,
        ] {
            let name = known.name();
            assert_eq!(refusal(&[(name, "a"), (name, "b")]), Some(Refusal::Contradiction(known)));
            assert_eq!(refusal(&[(name, "a"), (name, "a")]), None);
        }
    }

    #[test]
    fn two_lengths_are_one_if_they_agree() {
        assert_eq!(
            refusal(&[("CONTENT_LENGTH", "5"), ("CONTENT_LENGTH", "6")]),
            Some(Refusal::Contradiction(Known::ContentLength))
        );
        for (one, other) in [("5", "5"), ("5", ""), ("", "5"), ("05", "5")] {
            assert_eq!(environ(&[("CONTENT_LENGTH", one), ("CONTENT_LENGTH", other)])["CONTENT_LENGTH"], "5");
        }
    }

    #[test]
    fn names_that_are_no_variables_are_left_out() {
        let environ = environ(&[
            ("", "x"),
            ("A=B", "x"),
            ("wsgi.url_scheme", "javascript"),
            ("UWSGI_FILE", "exec://id"),
            ("FCGI_ROLE", "RESPONDER"),
            ("HTTP_", "x"),
            ("HTTP_A B", "x"),
            ("HTTP_A\u{e9}", "x"),
            ("HTTP_A.B", "kept"),
            ("proxy-nokeepalive", "kept"),
        ]);
        for name in
            ["", "A=B", "wsgi.url_scheme", "UWSGI_FILE", "FCGI_ROLE", "HTTP_", "HTTP_A B", "HTTP_A\u{e9}"]
        {
            assert!(!environ.contains_key(name), "{name}");
        }
        assert_eq!((&*environ["HTTP_A.B"], &*environ["proxy-nokeepalive"]), ("kept", "kept"));
    }

    #[test]
    fn a_nul_is_refused_wherever_it_stands() {
        for (name, value) in
            [("HTTP_X", "a\0b"), ("A\0", ""), ("PATH_INFO", "/a\0"), ("wsgi.\0", ""), ("A=\0", "")]
        {
            assert_eq!(refusal(&[(name, value)]), Some(Refusal::NulByte), "{name:?}");
        }
    }
}
