//! Step 7: SCRIPT_NAME and PATH_INFO.
//!
//! What goes in is a claim (what the server sent in these two) and [`Facts`] (what else it sent that bears on
//! them). The claim passes through five stages. Each is a short list of rules; a rule looks at facts and claim
//! and either has nothing to say or answers with a better claim.
//!
//! 1. [`undivided`]: the server handed over a path that it did not divide, or divided in the wrong place.
//! 2. [`shape`]: slashes where PEP 3333 wants them, and habits of single servers.
//! 3. [`relation`]: how the claim relates to the URL that the client sees.
//! 4. [`mount`]: what follows from that, and from a mount that somebody named.
//! 5. [`finish`]: settings of taste.

mod doubt;
mod facts;
mod finish;
mod mount;
mod proxied;
mod relation;
mod shape;
mod split;
mod undivided;

use crate::vars::Vars;
use crate::witness::{Change, Decision, Witness};
use crate::{Known, Refusal, Rule, ServerKind, Settings};
use facts::Facts;
use split::Split;

/// A rule: what it makes of the claim, or `None` if it does not apply.
type Apply = for<'a> fn(&Facts<'a, '_>, &Split<'a>) -> Option<Split<'a>>;

/// Sets SCRIPT_NAME and PATH_INFO.
///
/// # Errors
/// The path contains an encoded NUL, or lies outside the mount that the settings name.
pub(crate) fn settle<W: Witness>(
    vars: &mut Vars<'_>,
    server: ServerKind,
    settings: &Settings,
    witness: &mut W,
) -> Result<(), Refusal> {
    let facts = Facts::gather(vars, server, settings)?;
    let mut split = Split::sent(vars);
    if let Some((rule, better)) = first(undivided::RULES, &facts, &split) {
        told(rule, &mut split, better, witness);
    }
    each(shape::RULES, &facts, &mut split, witness);
    mount::settle(&facts, &mut split, witness)?;
    each(finish::RULES, &facts, &mut split, witness);
    if split.has_nul() {
        return Err(Refusal::NulInPath);
    }
    if W::LISTENS {
        doubt::report(&facts, &split, witness);
    }
    vars.set(Known::ScriptName, split.script_name);
    vars.set(Known::PathInfo, split.path_info);
    Ok(())
}

/// The first rule that applies.
fn first<'a>(rules: &[(Rule, Apply)], facts: &Facts<'a, '_>, split: &Split<'a>) -> Option<(Rule, Split<'a>)> {
    rules.iter().find_map(|(rule, apply)| Some((*rule, apply(facts, split)?)))
}

/// Every rule that applies, each to what the one before it left.
fn each<'a>(
    rules: &[(Rule, Apply)],
    facts: &Facts<'a, '_>,
    split: &mut Split<'a>,
    witness: &mut impl Witness,
) {
    for (rule, apply) in rules {
        if let Some(better) = apply(facts, split) {
            told(*rule, split, better, witness);
        }
    }
}

/// Puts a better claim in place of another, and tells the witness.
fn told<'a>(rule: Rule, split: &mut Split<'a>, better: Split<'a>, witness: &mut impl Witness) {
    witness.decided(Decision { rule, change: Change::Paths { before: split.lend(), after: better.lend() } });
    *split = better;
}

#[cfg(test)]
mod tests {
    use crate::testing::{params, settings};
    use crate::{Change, Decision, Rule, Witness};
    use janua_vocabulary::Protocol;

    #[derive(Default)]
    struct Heard(Vec<(Rule, String)>);

    impl Witness for Heard {
        fn decided(&mut self, decision: Decision<'_>) {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            if let Change::Paths { after, .. } = decision.change {
                self.0
                    .push((decision.rule, format!("{} {}", text(after.script_name), text(after.path_info))));
            }
        }
    }

    fn heard(pairs: &[(&str, &str)], settings_text: &[(&str, &str)]) -> Vec<(Rule, String)> {
        let sent = [&[("REQUEST_METHOD", "GET")], pairs].concat();
        let mut heard = Heard::default();
        crate::build_with(&params(&sent), Protocol::FastCgi, &settings(settings_text), &mut heard).unwrap();
        heard.0
    }

    #[test]
    fn a_witness_hears_which_rule_made_what_of_the_path() {
        let stripped =
            [("SERVER_SOFTWARE", "nginx/1.22"), ("SCRIPT_NAME", "/x/"), ("REQUEST_URI", "/app/x/")];
        assert_eq!(
            heard(&stripped, &[]),
            [(Rule::Unsplit, " /x/".to_owned()), (Rule::PrefixStripped, "/app /x/".to_owned())]
        );
        assert_eq!(
            heard(&stripped, &[("script_name", "/app")]),
            [(Rule::Unsplit, " /x/".to_owned()), (Rule::MountConfigured, "/app /x/".to_owned())]
        );
        let hidden = [("SCRIPT_NAME", "/index.fcgi/"), ("PATH_INFO", "x"), ("REQUEST_URI", "/x")];
        assert_eq!(
            heard(&hidden, &[]),
            [(Rule::Slashes, "/index.fcgi /x".to_owned()), (Rule::ScriptHidden, " /x".to_owned())]
        );
        assert_eq!(
            heard(&[("SCRIPT_NAME", "/app"), ("PATH_INFO", "/x"), ("REQUEST_URI", "/app/x")], &[]),
            []
        );
    }
}
