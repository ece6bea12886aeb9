//! How long a request may take to come.

use crate::Plan;
use crate::connection::Connection;
use crate::farewell::HURRY;
use crate::lobby::{Phase, may_rest};
use janua_vocabulary::PeerError;
use std::time::Duration;
use tokio::time::Instant;

/// The time of one request that is waited for.
pub(crate) struct Clock<'a> {
    plan: &'a Plan,
    phase: Phase,
    /// When its head is to be whole, once it has begun.
    head_end: Option<Instant>,
}

/// How long the peer is waited for now.
pub(crate) struct Limit {
    /// [`Duration::MAX`] if there is no limit.
    pub(crate) time: Duration,
    /// What is wrong then, if the peer is told or the log is.
    reached: Option<Reached>,
}

/// A limit of time.
enum Reached {
    /// The head was to be whole by then.
    Head,
    /// Some of it was to come.
    Progress,
}

impl<'a> Clock<'a> {
    /// To be called when the wait begins. Of a new connection a request is due from then on.
    pub(crate) fn new(plan: &'a Plan, phase: Phase) -> Self {
        let head_end = (phase == Phase::Fresh).then(|| Instant::now() + plan.head_timeout);
        Self { plan, phase, head_end }
    }

    /// How long may pass until the connection's next byte.
    pub(crate) fn limit(&mut self, connection: &Connection, stopping: bool) -> Limit {
        if stopping {
            return Limit { time: HURRY, reached: None };
        }
        let plan = self.plan;
        if self.phase == Phase::Fresh || connection.codec.in_head() {
            let now = Instant::now();
            let end = *self.head_end.get_or_insert_with(|| now + plan.head_timeout);
            let left = end.saturating_duration_since(now);
            return if left < plan.progress_timeout {
                Limit { time: left, reached: Some(Reached::Head) }
            } else {
                Limit { time: plan.progress_timeout, reached: Some(Reached::Progress) }
            };
        }
        let idle = if plan.idle_timeout.is_zero() { Duration::MAX } else { plan.idle_timeout };
        let time = if may_rest(connection) { idle } else { idle.min(plan.progress_timeout) };
        Limit { time, reached: None }
    }
}

impl Limit {
    /// What is wrong when that time is over; `None` if nothing is.
    pub(crate) fn error(&self, plan: &Plan, connection: &Connection) -> Option<PeerError> {
        let (reason, setting) = match self.reached.as_ref()? {
            Reached::Head => {
                (format!("no whole request within {} s", plan.head_timeout.as_secs_f64()), "head_timeout")
            }
            Reached::Progress => {
                (format!("nothing came for {} s", plan.progress_timeout.as_secs_f64()), "progress_timeout")
            }
        };
        let error = if connection.codec.answerable() {
            PeerError::refuse(408, reason)
        } else {
            PeerError::close(reason)
        };
        Some(error.with_setting(setting))
    }
}
