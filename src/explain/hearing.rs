//! The witness: what was decided while an environ was made, kept.

use crate::advice::{Advice, advise};
use crate::show;
use janua_environ::{Change, Decision, Doubt, Paths, Rule, Witness};
use janua_vocabulary::{Params, Protocol};

/// A variable that a rule changed, or only confirmed: then both sides are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Its name. The scheme has the name that it has in the environ, `wsgi.url_scheme`.
    pub name: Vec<u8>,
    /// Its value before; `None` is "not there".
    pub before: Option<Vec<u8>>,
    /// Its value now.
    pub after: Option<Vec<u8>>,
}

/// What one rule did. A rule that was applied to several variables is one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The rule.
    pub rule: Rule,
    /// What it decided about: SCRIPT_NAME and PATH_INFO together, or other variables.
    pub changes: Vec<Changed>,
}

impl Step {
    /// Whether the step is about SCRIPT_NAME and PATH_INFO.
    pub(crate) fn is_about_path(&self) -> bool {
        self.changes.iter().any(|change| change.name == b"PATH_INFO")
    }
}

/// Keeps everything.
pub(crate) struct Hearing<'p> {
    pub(crate) params: &'p Params,
    pub(crate) protocol: Protocol,
    pub(crate) steps: Vec<Step>,
    pub(crate) doubts: Vec<Advice>,
}

impl<'p> Hearing<'p> {
    pub(crate) fn new(params: &'p Params, protocol: Protocol) -> Self {
        Self { params, protocol, steps: Vec::new(), doubts: Vec::new() }
    }
}

impl Witness for Hearing<'_> {
    fn decided(&mut self, decision: Decision<'_>) {
        let rule = decision.rule;
        let changes = match decision.change {
            Change::Variable { name, before, after } => vec![changed(name, before, after)],
            Change::Paths { before, after } => paths(before, after),
            Change::Scheme(scheme) => vec![changed(b"wsgi.url_scheme", None, Some(scheme.name().as_bytes()))],
        };
        match self.steps.last_mut() {
            Some(step) if step.rule == rule && !step.is_about_path() => step.changes.extend(changes),
            _ => self.steps.push(Step { rule, changes }),
        }
    }

    fn undecidable(&mut self, doubt: Doubt<'_>) {
        self.doubts.push(advise(&doubt, self.params, self.protocol));
    }
}

fn paths(before: Paths<'_>, after: Paths<'_>) -> Vec<Changed> {
    vec![
        changed(b"SCRIPT_NAME", Some(before.script_name), Some(after.script_name)),
        changed(b"PATH_INFO", Some(before.path_info), Some(after.path_info)),
    ]
}

fn changed(name: &[u8], before: Option<&[u8]>, after: Option<&[u8]>) -> Changed {
    let kept = |value: Option<&[u8]>| value.map(|value| show::discreet(name, value).into_owned());
    Changed { name: name.to_vec(), before: kept(before), after: kept(after) }
}
