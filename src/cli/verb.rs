//! What janua is asked to do.

/// A command with the settings that mean something to it. Those that run an app have a Python function, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// `janua serve`, `janua.serve()`: a service on sockets of its own.
    Serve,
    /// `janua cgi`, `janua.cgi()`: one request from the environment and stdin.
    Cgi,
    /// `janua FILE`, `janua.run()`: whatever the server that started the process speaks on descriptor 0.
    Run,
    /// `janua explain`: what becomes of a request that is written down.
    Explain,
}

impl Verb {
    /// All of them, in the order in which they are explained.
    pub const ALL: [Verb; 4] = [Verb::Serve, Verb::Cgi, Verb::Run, Verb::Explain];

    /// The name of the Python function, or of the command; where there are both they have the same, but for `run`.
    pub fn name(self) -> &'static str {
        match self {
            Verb::Serve => "serve",
            Verb::Cgi => "cgi",
            Verb::Run => "run",
            Verb::Explain => "explain",
        }
    }

    /// The command as it is typed, without what follows.
    pub fn command(self) -> &'static str {
        match self {
            Verb::Serve => "janua serve",
            Verb::Cgi => "janua cgi",
            Verb::Run => "janua",
            Verb::Explain => "janua explain",
        }
    }

    /// What the command calls its last argument.
    pub(crate) fn operand(self) -> &'static str {
        match self {
            Verb::Serve | Verb::Cgi => "APP",
            Verb::Run | Verb::Explain => "FILE",
        }
    }
}
