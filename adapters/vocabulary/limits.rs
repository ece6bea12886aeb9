//! Limits that a codec keeps by itself. Those that need a clock or a count of connections are kept by the server.

/// How much of a request's head a peer may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all parameters of a request together, framing included. Setting `max_params_bytes`.
    pub params_bytes: usize,
    /// Parameters (with HTTP: header lines) of a request. Setting `max_params`.
    pub params: usize,
    /// Bytes of the name of one parameter (with HTTP: of a header's name as it came). Setting `max_name_bytes`.
    pub name_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { params_bytes: 1024 * 1024, params: 1000, name_bytes: 1024 }
    }
}
