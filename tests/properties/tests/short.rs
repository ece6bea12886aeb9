//! The properties on stable Rust: the seeds as they are, and damaged, for some seconds. Under miri a few of each.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "../seeds.rs"]
mod seeds;

use janua_properties::Counting;
use janua_properties::mutate::{Dice, damaged};
use seeds::{ALL, Tried};
use std::panic::catch_unwind;
use std::time::{Duration, Instant};

#[global_allocator]
static MEMORY: Counting = Counting;

/// How long each property is tried on damaged seeds.
const TIME: Duration = Duration::from_millis(500);

/// How many cases miri has time for.
const FEW: usize = 2;

fn try_out(name: &str) {
    let tried = ALL.iter().find(|tried| tried.name == name).unwrap();
    let mut seeds = (tried.seeds)();
    if cfg!(miri) {
        let every = seeds.len() / FEW + 1;
        seeds = seeds.into_iter().step_by(every).collect();
        // A walk of a few steps is long enough.
        if name.ends_with("_operations") {
            seeds.iter_mut().for_each(|seed| seed.truncate(60));
        }
    }
    for seed in &seeds {
        holds(tried, seed);
    }
    // The same cases in every run, as many as the time allows.
    let (mut dice, begun, mut cases) = (Dice::new(1), Instant::now(), 0);
    while if cfg!(miri) { cases < FEW } else { begun.elapsed() < TIME } {
        let (one, other) = (dice.below(seeds.len()), dice.below(seeds.len()));
        holds(tried, &damaged(&seeds[one], &seeds[other], &mut dice));
        cases += 1;
    }
}

fn holds(tried: &Tried, case: &[u8]) {
    if catch_unwind(|| (tried.property)(case)).is_err() {
        panic!("{} does not hold for b\"{}\"", tried.name, case.escape_ascii());
    }
}

macro_rules! properties {
    ($($(#[$when:meta])? $name:ident)*) => {
        $($(#[$when])? #[test] fn $name() { try_out(stringify!($name)); })*

        #[test]
        fn every_property_is_tried() {
            let names: Vec<_> = ALL.iter().map(|tried| tried.name).collect();
            assert_eq!(names, [$($(#[$when])? stringify!($name)),*]);
        }
    };
}

properties! {
    cgi
    cgi_operations
    scgi
    scgi_operations
    fastcgi
    fastcgi_operations
    fastcgi_shared
    http
    http_operations
    answers
    environ
    response
    #[cfg(feature = "config")]
    config
}
