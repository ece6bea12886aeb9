//! The files by which `janua-cgi`, its backends and `janua cgi-status` find each other.
//!
//! A *backend* is a process that keeps one app loaded between CGI requests. All of a user's are in one private
//! [`Folder`]; each has a key, and by that name the few [`Files`] that are explained there. The [`settings`] in a script's
//! comment lines are part of what the key is made of.
//!
//! ```text
//! Folder ─► Files ─┬─► Lock     who may start, replace or take away a backend just now
//!                  ├─► State    what a backend says of itself; Seen: the files that its code came from
//!                  ├─► bound_log  what it and its app print, kept short
//!                  └─► Backend  what can be found out about it ─► Status: as a table or JSON; the order to end it
//! ```

mod comments;
mod files;
mod folder;
mod found;
mod identity;
mod lock;
mod log;
mod memory;
mod peer;
mod report;
mod seen;
mod state;
mod status;

pub use comments::{TOP, misplaced, settings};
pub use files::Files;
pub use folder::{Folder, FolderError};
pub use found::{Backend, Condition, Stopped, list, tidy};
pub use identity::Identity;
pub use lock::Lock;
pub use log::{LOG_BYTES, bound_log};
pub use memory::Memory;
pub use peer::{Peer, is_of_this_user, probe};
pub use report::{json, table};
pub use seen::Seen;
pub use state::State;
pub use status::{Status, Told};

/// The variable that tells a process that it is a backend: the path of its files without their endings.
pub const BACKEND: &str = "JANUA_CGI_BACKEND";
