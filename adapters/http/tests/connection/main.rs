//! Whole connections, seen from outside: an owner with bytes instead of a socket, and the client of this crate.

#[cfg(test)]
mod identity;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod responses;
#[cfg(test)]
mod support;
