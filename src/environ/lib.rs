//! Raw parameters to the environ of PEP 3333, rule by rule.
//!
//! # The idea
//!
//! PATH_INFO is what an app routes on. SCRIPT_NAME is what stands before it in the URL that the client sees.
//! Both together are the decoded path of that URL:
//!
//! ```text
//! SCRIPT_NAME + PATH_INFO  =  decoded, normalised path of the URL
//! ```
//!
//! No server gets this right in every configuration. nginx puts everything into SCRIPT_NAME, Caddy strips a
//! prefix without a word, Apache puts in scripts that no client has ever seen. So what a server sends in the
//! two variables is taken as a claim, and what it sends besides as facts that bear on the claim: REQUEST_URI is
//! what the client asked for, DOCUMENT_URI what nginx made of it, the end of SCRIPT_FILENAME what Apache asked
//! its backend for, REDIRECT_URL what stood there before a rewrite. Every rule restores the equation from them.
//!
//! Four principles keep the rules honest:
//!
//! - The server's decoded path is believed, because its access rules were applied to that one. REQUEST_URI is a
//!   witness for where to divide, and for the path itself only where there is no other.
//! - Paths are compared in one normal form (decoded once, `//` merged, dots resolved) and passed on as they
//!   came.
//! - Paths are divided where a segment ends: `/apple` does not lie under `/app`.
//! - Nothing is decoded twice. What the server decoded stays decoded.
//!
//! Where one request cannot tell, the setting `script_name` does; [`Undecidable`] has the list.
//!
//! # Reading on
//!
//! [`Rule`] is the list of all rules, each with its reason, in the order in which they are asked. [`build`]
//! runs the steps: `collect` (repeats, names that may not pass), `content_length`, `headers`, `scheme`,
//! `server` (name, port, query), `path` (five stages, see there), `redirect`. [`build_with`] does the same
//! before a [`Witness`], who is told every decision.

mod bytes;
mod collect;
mod content_length;
mod environ;
mod headers;
mod known;
mod path;
mod redirect;
mod refusal;
mod rule;
mod scheme;
mod server;
mod server_kind;
mod settings;
#[cfg(test)]
mod testing;
mod url;
mod vars;
mod witness;

pub use environ::Environ;
pub use known::Known;
pub use refusal::Refusal;
pub use rule::Rule;
pub use server_kind::ServerKind;
pub use settings::{
    OnMismatch, PathFrom, QueryFrom, Scheme, ScriptName, SettingError, Settings, Slashes, Switch,
    TrustedProxies,
};
pub use vars::Name;
pub use witness::{Change, Decision, Doubt, Paths, Undecidable, Witness};

use janua_vocabulary::{Params, Protocol};

/// Makes the environ of a request from its parameters.
///
/// The protocol matters for the framing of the body alone: the same parameters give the same variables over
/// each.
///
/// # Errors
/// The request must not reach the app; [`Refusal`] says why and what to answer.
pub fn build<'a>(
    params: &'a Params,
    protocol: Protocol,
    settings: &Settings,
) -> Result<Environ<'a>, Refusal> {
    build_with(params, protocol, settings, &mut ())
}

/// [`build`] before a witness.
///
/// # Errors
/// As for [`build`]. The witness has then been told what was decided up to there.
pub fn build_with<'a>(
    params: &'a Params,
    protocol: Protocol,
    settings: &Settings,
    witness: &mut impl Witness,
) -> Result<Environ<'a>, Refusal> {
    let mut vars = collect::collect(params, witness)?;
    if vars.filled(Known::RequestMethod).is_none() {
        return Err(Refusal::NoMethod);
    }
    let server = ServerKind::detect(&vars, settings);
    let body = content_length::settle(&mut vars, protocol, server, witness)?;
    headers::settle(&mut vars, settings, witness);
    let url_scheme = scheme::settle(&mut vars, settings, witness);
    server::settle(&mut vars, url_scheme, settings, witness);
    path::settle(&mut vars, server, settings, witness)?;
    redirect::settle(&mut vars, settings, witness);
    Ok(Environ { vars, url_scheme, body, server })
}
