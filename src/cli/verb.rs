//! What janua is asked to do with an app.

/// A way to run an app. Each has a command, a Python function and the settings that mean something to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// `janua serve`, `janua.serve()`: a service on sockets of its own.
    Serve,
    /// `janua cgi`, `janua.cgi()`: one request from the environment and stdin.
    Cgi,
    /// `janua FILE`, `janua.run()`: whatever the server that started the process speaks on descriptor 0.
    Run,
}

impl Verb {
    /// Every way, in the order in which they are explained.
    pub const ALL: [Verb; 3] = [Verb::Serve, Verb::Cgi, Verb::Run];

    /// The name of the Python function; with `serve` and `cgi` also that of the command.
    pub fn name(self) -> &'static str {
        match self {
            Verb::Serve => "serve",
            Verb::Cgi => "cgi",
            Verb::Run => "run",
        }
    }

    /// The command as it is typed, without what follows.
    pub fn command(self) -> &'static str {
        match self {
            Verb::Serve => "janua serve",
            Verb::Cgi => "janua cgi",
            Verb::Run => "janua",
        }
    }

    /// What the command calls its last argument.
    pub(crate) fn operand(self) -> &'static str {
        match self {
            Verb::Serve | Verb::Cgi => "APP",
            Verb::Run => "FILE",
        }
    }
}
