//! The command as a whole.

use crate::Plan;
use crate::connection::Connection;
use crate::exchange::exchange;
use crate::failure::Failure;
use crate::incoming::Incoming;
use crate::outgoing::Outgoing;
use crate::printer::Printer;
use std::io::{Write, stderr, stdout};
use std::time::Instant;

/// Asks what `plan` says, prints the answer to stdout and what went wrong to stderr. Gives the exit status:
///
/// | status | meaning |
/// | --- | --- |
/// | 0 | a whole answer, its status below 400 |
/// | 1 | FastCGI: the application refused the request, or ended it with a status of its own |
/// | 2 | the arguments contradict each other or the protocol |
/// | 7 | nobody could be reached |
/// | 22 | a whole answer, its status 400 or more |
/// | 23 | the answer could not be written; without a word if nobody reads it any more |
/// | 28 | `max_time` has passed |
/// | 52 | no answer |
/// | 56 | an answer that is cut or malformed |
pub fn run(plan: &Plan) -> i32 {
    match ask(plan) {
        Ok(()) => 0,
        Err(failure) => {
            if failure != Failure::OutputClosed {
                say(&format!("janua: {failure}\n"));
            }
            failure.exit_status()
        }
    }
}

fn ask(plan: &Plan) -> Result<(), Failure> {
    let request = Outgoing::new(plan)?;
    if plan.verbose {
        say(&request.shown);
    }
    let deadline = Instant::now() + plan.max_time;
    let connection = Connection::open(&plan.back_end, deadline)?;
    let mut incoming = Incoming::new(plan.back_end.protocol, plan.method());
    let mut printer = Printer::new(stdout().lock(), stderr(), plan.show_head || plan.head_only);
    exchange(&connection, &request, &mut incoming, &mut printer, deadline)?;
    printer.verdict()
}

/// Nobody is left to tell if stderr is closed.
fn say(text: &str) {
    let _ = stderr().write_all(text.as_bytes());
}
