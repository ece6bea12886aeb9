//! Why a request was no success, and the exit status that says so.

/// Every way for a request to end other than well. The statuses are those of curl where it has one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// The arguments contradict each other or the protocol.
    #[error("{0}")]
    Usage(String),
    /// Nobody could be reached.
    #[error("{0}")]
    Unreachable(String),
    /// The answer's status is 400 or more.
    #[error("the answer is {0}")]
    Status(String),
    /// The answer is whole, but the application says that something went wrong.
    #[error("{0}")]
    Ended(String),
    /// The answer, or what belongs to it, did not come in time.
    #[error("{0}")]
    Timeout(String),
    /// Not a byte came.
    #[error("{0}")]
    NoAnswer(String),
    /// The answer is cut or malformed.
    #[error("{0}")]
    Broken(String),
    /// What came cannot be written.
    #[error("cannot write the answer: {0}")]
    Output(String),
    /// Whoever read our output has read enough.
    #[error("nobody reads the answer any more")]
    OutputClosed,
}

impl Failure {
    /// The exit status of the command.
    pub(crate) fn exit_status(&self) -> i32 {
        match self {
            Self::Ended(_) => 1,
            Self::Usage(_) => 2,
            Self::Unreachable(_) => 7,
            Self::Status(_) => 22,
            Self::Output(_) | Self::OutputClosed => 23,
            Self::Timeout(_) => 28,
            Self::NoAnswer(_) => 52,
            Self::Broken(_) => 56,
        }
    }
}
