//! Requests whose environ no gateway can be sure of: said once, with the line that settles it.

use crate::log;
use janua_environ::{Doubt, Environ, Refusal, Settings, Undecidable, Witness, build, build_with};
use janua_explain::advise;
use janua_vocabulary::{Params, Protocol};
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

/// Each of a worker's first requests is looked at; they show what the configuration does.
const FIRST: u32 = 1000;

/// Of the later ones one in so many is, a power of two: for a situation that only some rare path brings about.
const ONE_IN: u32 = 16;

/// What a worker has warned of.
#[derive(Debug, Default)]
pub(crate) struct Warned {
    /// A bit for each situation.
    situations: AtomicU8,
    /// How many requests there were. It may wrap around.
    requests: AtomicU32,
}

impl Warned {
    /// Makes the environ of a request, and warns of a situation in which the worker has not been before.
    ///
    /// A program that is started for each request does not come here: it would say the same each time.
    /// `janua explain` says it to whoever asks.
    pub(crate) fn build<'a>(
        &self,
        params: &'a Params,
        protocol: Protocol,
        settings: &Settings,
    ) -> Result<Environ<'a>, Refusal> {
        if self.looks(settings) {
            build_with(params, protocol, settings, &mut Listener { warned: self, params, protocol })
        } else {
            build(params, protocol, settings)
        }
    }

    /// Whether the next request is looked at.
    ///
    /// To look takes up to 200 ns (`ns_per_witness` in src/explain/examples), which is a hundredth of the shortest
    /// request. Looking at few makes that a thousandth, which cannot be measured. With `script_name` nothing is
    /// left to doubt, and a worker that has been in every situation has nothing more to say.
    fn looks(&self, settings: &Settings) -> bool {
        if settings.script_name.is_some() || self.situations.load(Ordering::Relaxed) == EVERYTHING {
            return false;
        }
        let request = self.requests.fetch_add(1, Ordering::Relaxed);
        request < FIRST || request & (ONE_IN - 1) == 0
    }
}

struct Listener<'a> {
    warned: &'a Warned,
    params: &'a Params,
    protocol: Protocol,
}

impl Witness for Listener<'_> {
    fn undecidable(&mut self, doubt: Doubt<'_>) {
        let bit = bit(doubt.situation);
        if self.warned.situations.fetch_or(bit, Ordering::Relaxed) & bit == 0 {
            let advice = advise(&doubt, self.params, self.protocol);
            log::line(format_args!("{advice} 'janua serve --explain' tells more."));
        }
    }
}

const EVERYTHING: u8 = (1 << Undecidable::ALL.len()) - 1;

fn bit(situation: Undecidable) -> u8 {
    let place = Undecidable::ALL.iter().position(|one| *one == situation);
    place.map_or(0, |place| 1 << place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_situation_has_a_bit_of_its_own() {
        let bits = Undecidable::ALL.map(bit);
        assert_eq!(bits.iter().fold(0, |all, bit| all | bit), EVERYTHING);
        assert!(bits.iter().all(|bit| bit.count_ones() == 1));
    }

    #[test]
    fn a_situation_is_marked_once_and_only_without_script_name() {
        let sent = [("REQUEST_METHOD", "GET"), ("SERVER_SOFTWARE", "nginx"), ("SCRIPT_NAME", "/app/x")];
        let params: Params = sent.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
        let warned = Warned::default();
        let mut settings = Settings::default();
        settings.set("script_name", "/app").unwrap();
        warned.build(&params, Protocol::FastCgi, &settings).unwrap();
        assert_eq!(warned.situations.load(Ordering::Relaxed), 0);
        for _ in 0..2 {
            warned.build(&params, Protocol::FastCgi, &Settings::default()).unwrap();
            assert_eq!(warned.situations.load(Ordering::Relaxed), bit(Undecidable::MountNotSent));
        }
    }

    #[test]
    fn later_requests_are_looked_at_now_and_then() {
        let (warned, settings) = (Warned::default(), Settings::default());
        assert_eq!((0..FIRST).filter(|_| warned.looks(&settings)).count(), FIRST as usize);
        assert_eq!((0..10 * ONE_IN).filter(|_| warned.looks(&settings)).count(), 10);
    }
}
