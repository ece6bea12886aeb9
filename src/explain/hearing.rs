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
    /// Whether the step is about something that can go wrong: the path, the scheme, the length or the user.
    pub(crate) fn matters(&self) -> bool {
        const MATTER: [&[u8]; 4] =
            [b"QUERY_STRING", b"wsgi.url_scheme", b"CONTENT_LENGTH", b"HTTP_AUTHORIZATION"];
        self.is_about_path() || self.changes.iter().any(|change| MATTER.contains(&&*change.name))
    }

    /// Whether the step is about SCRIPT_NAME and PATH_INFO.
    pub(crate) fn is_about_path(&self) -> bool {
        self.changes.iter().any(|change| change.name == b"SCRIPT_NAME" || change.name == b"PATH_INFO")
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
    fn paths(&self, before: Paths<'_>, after: Paths<'_>) -> Vec<Changed> {
        let is_first = !self.steps.iter().any(Step::is_about_path);
        let change = |name: &[u8], before: &[u8], after: &[u8]| {
            let was_sent = !is_first || self.params.get(name).is_some();
            changed(name, was_sent.then_some(before), Some(after))
        };
        vec![
            change(b"SCRIPT_NAME", before.script_name, after.script_name),
            change(b"PATH_INFO", before.path_info, after.path_info),
        ]
    }

    pub(crate) fn new(params: &'p Params, protocol: Protocol) -> Self {
        Self { params, protocol, steps: Vec::new(), doubts: Vec::new() }
    }
}

impl Witness for Hearing<'_> {
    fn decided(&mut self, decision: Decision<'_>) {
        let rule = decision.rule;
        let changes = match decision.change {
            // What is told of a repeat is the one more value, not the list that comes of it.
            Change::Variable { name, before: Some(before), after: Some(more) }
                if rule == Rule::HeaderRepeated =>
            {
                let between: &[u8] = if name == b"HTTP_COOKIE" { b"; " } else { b", " };
                vec![changed(name, Some(before), Some(&[before, between, more].concat()))]
            }
            Change::Variable { name, before, after } => vec![changed(name, before, after)],
            Change::Paths { before, after } => self.paths(before, after),
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

fn changed(name: &[u8], before: Option<&[u8]>, after: Option<&[u8]>) -> Changed {
    let kept = |value: Option<&[u8]>| value.map(|value| show::discreet(name, value).into_owned());
    Changed { name: name.to_vec(), before: kept(before), after: kept(after) }
}
