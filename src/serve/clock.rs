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
    /// What the peer reaches then, if it is told or the log is.
    reached: Option<(Duration, &'static str)>,
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
                Limit { time: left, reached: Some((plan.head_timeout, "head_timeout")) }
            } else {
                Limit {
                    time: plan.progress_timeout,
                    reached: Some((plan.progress_timeout, "progress_timeout")),
                }
            };
        }
        let idle = if plan.idle_timeout.is_zero() { Duration::MAX } else { plan.idle_timeout };
        let time = if may_rest(connection) { idle } else { idle.min(plan.progress_timeout) };
        Limit { time, reached: None }
    }
}

impl Limit {
    /// What is wrong when that time is over; `None` if nothing is.
    pub(crate) fn error(&self, connection: &Connection) -> Option<PeerError> {
        let (time, setting) = self.reached?;
        let reason = format!("no whole request within {} s", time.as_secs_f64());
        let error = if connection.codec.answerable() {
            PeerError::refuse(408, reason)
        } else {
            PeerError::close(reason)
        };
        Some(error.with_setting(setting))
    }
}
