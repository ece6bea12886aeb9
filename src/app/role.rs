//! What a request tells the app that asks for more than an answer (FastCGI 1.0, section 6).

use crate::Exchange;
use crate::input::InputStream;
use janua_vocabulary::{BodyLength, Role};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::sync::Arc;

/// Adds `fastcgi.role` and what belongs to it, unless the app is to answer as it always does.
pub(crate) fn describe(
    py: Python<'_>,
    environ: &Bound<'_, PyDict>,
    exchange: &Arc<dyn Exchange>,
) -> PyResult<()> {
    let key = intern!(py, "fastcgi.role");
    match exchange.role() {
        Role::Responder => Ok(()),
        Role::Authorizer => environ.set_item(key, intern!(py, "authorizer")),
        Role::Filter { length, modified } => {
            environ.set_item(key, intern!(py, "filter"))?;
            let length = match length {
                BodyLength::Exactly(length) => Some(length),
                BodyLength::ToEnd => None,
            };
            environ.set_item(intern!(py, "fastcgi.data_length"), length)?;
            environ.set_item(intern!(py, "fastcgi.data_last_mod"), modified)?;
            let file = Bound::new(py, InputStream::of_file(exchange.clone()))?;
            environ.set_item(intern!(py, "fastcgi.data"), file)
        }
    }
}
