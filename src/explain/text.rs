//! An explanation for people.

use crate::explanation::{Explanation, Outcome, Refused};
use crate::hearing::{Changed, Step};
use crate::sent::Fact;
use crate::{Advice, Note, show};
use janua_environ::Rule;
use janua_vocabulary::{BodyLength, Protocol};
use std::fmt::{self, Display, Formatter};

/// Columns of the text, where what was sent leaves the choice.
const COLUMNS: usize = 100;

/// Columns of the names of variables.
const NAME: usize = 16;

/// The explanation in plain words, on one screen for a usual request. Ends in a newline.
impl Display for Explanation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.title(f)?;
        f.write_str("\nThe server sent:\n")?;
        let sent = &self.sent;
        let facts = [&sent.path, &sent.scheme, &sent.length, &sent.authorization].into_iter().flatten();
        let width = facts.clone().map(|fact| fact.name.len()).max().unwrap_or(0);
        for fact in facts {
            write_fact(f, fact, width)?;
        }
        if sent.others > 0 {
            let (many, have) = if sent.others == 1 { ("", "has") } else { ("s", "have") };
            writeln!(f, "  and {} other parameter{many} that {have} no say in this", sent.others)?;
        }
        f.write_str("\nWhat was decided, and by which rule:\n")?;
        if !self.steps.iter().any(Step::is_about_path) {
            f.write_str("  SCRIPT_NAME and PATH_INFO stay as they were sent\n")?;
        }
        let (first, besides): (Vec<_>, Vec<_>) = self.steps.iter().partition(|step| step.matters());
        for step in first {
            write_step(f, step)?;
        }
        if !besides.is_empty() {
            f.write_str("  besides:\n")?;
        }
        for step in besides {
            step.changes.iter().try_for_each(|change| write_change(f, change, Some(step.rule)))?;
        }
        match &self.outcome {
            Ok(outcome) => write_outcome(f, outcome)?,
            Err(refused) => write_refused(f, refused)?,
        }
        for doubt in &self.doubts {
            write_doubt(f, doubt)?;
        }
        for note in self.outcome.iter().flat_map(|outcome| &outcome.notes) {
            write_note(f, note)?;
        }
        Ok(())
    }
}

impl Explanation {
    fn title(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let method = if self.method.is_empty() { "A request".to_owned() } else { show::bytes(&self.method) };
        let target = self.sent.path.iter().find(|fact| fact.name == "REQUEST_URI");
        let target =
            target.and_then(|fact| fact.values.last()).map(|target| format!(" {}", show::bytes(target)));
        let server = match &self.outcome {
            Ok(outcome) if outcome.server.name() != "generic" => format!(" from {}", outcome.server.name()),
            _ => String::new(),
        };
        let protocol = match self.protocol {
            Protocol::Cgi => "CGI",
            Protocol::Scgi => "SCGI",
            Protocol::FastCgi => "FastCGI",
            Protocol::Http => "HTTP",
        };
        let verdict = match self.verdict() {
            "undecidable" => "cannot be decided from this request alone; see below",
            "refused" => "refused",
            _ => "decided",
        };
        writeln!(f, "{method}{}, over {protocol}{server}: {verdict}", target.unwrap_or_default())
    }
}

fn write_fact(f: &mut Formatter<'_>, fact: &Fact, width: usize) -> fmt::Result {
    if fact.values.is_empty() {
        return writeln!(f, "  {:width$} (not sent)", fact.name);
    }
    fact.values
        .iter()
        .try_for_each(|value| writeln!(f, "  {:width$} {}", fact.name, show::value(Some(value))))
}

fn write_step(f: &mut Formatter<'_>, step: &Step) -> fmt::Result {
    writeln!(f, "  {}", step.rule.name())?;
    paragraph(f, "      ", step.rule.reason())?;
    step.changes.iter().try_for_each(|change| write_change(f, change, None))
}

/// A line of its own, with the rule at its end where that is named nowhere else.
fn write_change(f: &mut Formatter<'_>, change: &Changed, rule: Option<Rule>) -> fmt::Result {
    let after = change.after.as_deref();
    write!(f, "      {:NAME$} ", show::bytes(&change.name))?;
    match change.before.as_deref() {
        _ if change.name == b"wsgi.url_scheme" => f.write_str(&show::value(after)),
        before if before == after => write!(f, "{}, as it was", show::value(after)),
        before => {
            let after = if after.is_none() { "(left out)".to_owned() } else { show::value(after) };
            write!(f, "{} -> {after}", show::value(before))
        }
    }?;
    match rule {
        Some(rule) => writeln!(f, "  ({})", rule.name()),
        None => f.write_str("\n"),
    }
}

fn write_outcome(f: &mut Formatter<'_>, outcome: &Outcome) -> fmt::Result {
    let body = match outcome.body {
        BodyLength::Exactly(0) => "none".to_owned(),
        BodyLength::Exactly(bytes) => format!("{bytes} bytes"),
        BodyLength::ToEnd => "whatever comes, to its end".to_owned(),
    };
    f.write_str("\nThe app gets:\n")?;
    for (name, value, meaning) in [
        ("SCRIPT_NAME", show::value(Some(&outcome.script_name)), "the path at which the app begins"),
        ("PATH_INFO", show::value(Some(&outcome.path_info)), "the rest of the path, which the app looks at"),
        ("QUERY_STRING", show::value(Some(&outcome.query_string)), "what stands behind the question mark"),
        ("wsgi.url_scheme", outcome.scheme.to_owned(), ""),
        ("the body", body, ""),
        ("its own address", outcome.url.clone(), ""),
    ] {
        writeln!(f, "{}", format!("  {name:NAME$} {value:24} {meaning}").trim_end())?;
    }
    Ok(())
}

fn write_refused(f: &mut Formatter<'_>, refused: &Refused) -> fmt::Result {
    f.write_str("\nThe app is not asked:\n")?;
    paragraph(f, "  ", &format!("The answer is {}, because {}.", refused.status, refused.reason))?;
    match refused.setting {
        Some("on_mismatch") => paragraph(
            f,
            "  ",
            "If something in front takes the prefix off the path, so that it never arrives, write on janua's \
             command line:",
        )
        .and_then(|()| f.write_str("      --on-mismatch=pass\n")),
        Some(setting) => writeln!(f, "  The setting {setting} would change that."),
        None => f.write_str("  No setting would change that.\n"),
    }
}

fn write_doubt(f: &mut Formatter<'_>, doubt: &Advice) -> fmt::Result {
    writeln!(f, "\nWhat no gateway can know ({}):", doubt.situation.name())?;
    paragraph(f, "  ", &doubt.unknown)?;
    let mut case = "";
    for fix in &doubt.fixes {
        if fix.when == case {
            paragraph(f, "  ", &format!("or, {}:", fix.place))?;
        } else {
            paragraph(f, "  ", &format!("If {}, write {}:", fix.when, fix.place))?;
        }
        case = &fix.when;
        fix.lines.iter().try_for_each(|line| writeln!(f, "      {line}"))?;
    }
    Ok(())
}

fn write_note(f: &mut Formatter<'_>, note: &Note) -> fmt::Result {
    f.write_str("\nNote:\n")?;
    paragraph(f, "  ", note.text)?;
    match note.line {
        Some((place, line)) => writeln!(f, "  The line for it, {place}:\n      {line}"),
        None => Ok(()),
    }
}

/// `text` in lines of at most [`COLUMNS`], each with `indent` in front.
fn paragraph(f: &mut Formatter<'_>, indent: &str, text: &str) -> fmt::Result {
    let mut column = 0;
    for word in text.split_whitespace() {
        let width = word.chars().count();
        if column > 0 && column + 1 + width <= COLUMNS {
            write!(f, " {word}")?;
            column += 1 + width;
        } else {
            let newline = if column > 0 { "\n" } else { "" };
            write!(f, "{newline}{indent}{word}")?;
            column = indent.len() + width;
        }
    }
    f.write_str("\n")
}
