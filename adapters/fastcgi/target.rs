//! The record that is being read.

/// What is missing of a record whose header was read.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) target: Target,
    pub(crate) content: usize,
    pub(crate) padding: usize,
}

/// Where the content of a record goes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target {
    /// Collected until it is whole: it begins the request of this id.
    Begin(u16),
    /// Collected until it is whole: it asks for values.
    Values,
    Params,
    /// A piece of the body, or of the file of a filter.
    Stream,
    Nowhere,
}
