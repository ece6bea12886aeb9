//! Everything that was settled before the app is loaded.

use crate::Verb;
use crate::message::Problem;
use crate::source::Given;
use janua_serve::{Address, Listen, Plan};
use janua_vocabulary::Protocol;
use std::path::PathBuf;

/// Where `janua serve` listens if nobody says otherwise.
const DEVELOPMENT: (&str, u16) = ("127.0.0.1", 8000);

/// What all sources together say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The app as it was written; empty if Python hands over the app itself.
    pub app: String,
    /// The configuration file that was read.
    pub config: Option<PathBuf>,
    /// How to run. With [`Verb::Cgi`] and [`Verb::Run`] nothing is listened on by these options.
    pub plan: Plan,
    /// What the app is told about a request.
    pub environ: janua_environ::Settings,
    /// Lines to print at start: what was decided without being asked for.
    pub notices: Vec<String>,
}

impl Options {
    /// Applies what was given, the weakest source first, and checks that it goes together.
    pub(crate) fn assemble(verb: Verb, given: &[Given]) -> Result<Self, Problem> {
        let mut options = Self::default();
        // A value that is overridden is applied all the same: a mistake in a file shows at once, not on the day
        // when the option that hid it is taken away.
        for given in given {
            given.apply(&mut options)?;
        }
        options.check_addresses()?;
        if verb == Verb::Serve && options.plan.listen.is_empty() {
            options.listen_for_development();
        }
        Ok(options)
    }

    fn check_addresses(&self) -> Result<(), Problem> {
        let listen = &self.plan.listen;
        for (index, one) in listen.iter().enumerate() {
            // The kernel finds a port of its own for every 0.
            let shared = |other: &&Listen| {
                other.address == one.address && !matches!(one.address, Address::Tcp { port: 0, .. })
            };
            if let Some(other) = listen.iter().skip(index + 1).find(shared) {
                return Err(Problem::SameAddress {
                    one: one.protocol.name(),
                    other: other.protocol.name(),
                    address: one.address.to_string(),
                });
            }
        }
        Ok(())
    }

    fn listen_for_development(&mut self) {
        let (host, port) = DEVELOPMENT;
        let address = Address::Tcp { host: host.to_owned(), port };
        self.notices.push(format!(
            "no address was given, so HTTP is spoken on {address}, for development \
             (choose with --http, --scgi or --fastcgi)"
        ));
        self.plan.listen.push(Listen { protocol: Protocol::Http, address });
    }
}
