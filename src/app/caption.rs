//! How the log names a request.

use janua_environ::{Environ, Known};
use std::fmt;

/// A request before a line about it: this process, the method and the path. What is in a query is nobody's business.
#[derive(Clone, Copy)]
pub(crate) struct Caption<'a>(&'a Environ<'a>);

impl<'a> Caption<'a> {
    pub(crate) fn new(environ: &'a Environ<'a>) -> Self {
        Self(environ)
    }
}

impl fmt::Display for Caption<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(environ) = self;
        let method = environ.known(Known::RequestMethod).unwrap_or_default().escape_ascii();
        let (mount, rest) = (environ.script_name().escape_ascii(), environ.path_info().escape_ascii());
        write!(f, "janua[{}]: {method} {mount}{rest}", std::process::id())
    }
}
