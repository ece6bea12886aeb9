//! An explanation for machines.

use crate::explanation::{Explanation, Outcome};
use crate::hearing::{Changed, Step};
use crate::sent::Fact;
use crate::show::latin1;
use crate::{Advice, Fix, Note};
use janua_vocabulary::BodyLength;
use serde_json::{Value, json};

impl Explanation {
    /// The explanation as one JSON object with a newline behind it.
    ///
    /// Its shape is part of janua's interface: keys are added, never changed or taken away. Bytes are strings as in
    /// WSGI, one character each. Values that were not sent are `null`.
    ///
    /// ```json
    /// {
    ///   "verdict": "decided | undecidable | refused",
    ///   "protocol": "cgi | scgi | fastcgi | http", "method": "GET", "server": "nginx",
    ///   "sent": {"path": [["SCRIPT_NAME", "/app/x"]], "scheme": [], "length": [], "authorization": [], "others": 9},
    ///   "decisions": [{"rule": "unsplit", "reason": "...",
    ///                  "changes": [{"name": "PATH_INFO", "before": "", "after": "/app/x"}]}],
    ///   "environ": {"SCRIPT_NAME": "", "PATH_INFO": "/app/x", "QUERY_STRING": "", "wsgi.url_scheme": "http"},
    ///   "url": "http://example.org/app/x",
    ///   "body": 0,
    ///   "refusal": {"status": 404, "reason": "...", "setting": "on_mismatch"},
    ///   "undecidable": [{"situation": "mount-not-sent", "setting": "script_name", "text": "...",
    ///                    "fixes": [{"when": "...", "configuration": "nginx", "place": "...", "lines": ["..."]}]}],
    ///   "notes": [{"name": "authorization-hidden", "text": "...", "place": "...", "line": "CGIPassAuth On"}]
    /// }
    /// ```
    ///
    /// `environ`, `url`, `body` and `server` are `null` for a request that is refused, `refusal` for any other; `body`
    /// is a number of bytes, or `null` if the body runs to its end.
    pub fn json(&self) -> String {
        let outcome = self.outcome.as_ref().ok();
        let refusal = self.outcome.as_ref().err().map(
            |refused| json!({"status": refused.status, "reason": refused.reason, "setting": refused.setting}),
        );
        let notes = outcome.map(|outcome| outcome.notes.iter().map(note).collect::<Vec<_>>());
        let object = json!({
            "verdict": self.verdict(),
            "protocol": self.protocol.name(),
            "method": latin1(&self.method),
            "server": outcome.map(|outcome| outcome.server.name()),
            "sent": {
                "path": facts(&self.sent.path),
                "scheme": facts(&self.sent.scheme),
                "length": facts(&self.sent.length),
                "authorization": facts(&self.sent.authorization),
                "others": self.sent.others,
            },
            "decisions": self.steps.iter().map(step).collect::<Vec<_>>(),
            "environ": outcome.map(environ),
            "url": outcome.map(|outcome| &outcome.url),
            "body": outcome.and_then(|outcome| match outcome.body {
                BodyLength::Exactly(bytes) => Some(bytes),
                BodyLength::ToEnd => None,
            }),
            "refusal": refusal,
            "undecidable": self.doubts.iter().map(doubt).collect::<Vec<_>>(),
            "notes": notes.unwrap_or_default(),
        });
        format!("{object:#}\n")
    }
}

fn facts(facts: &[Fact]) -> Vec<Value> {
    let pairs = |fact: &Fact| -> Vec<Value> {
        match &*fact.values {
            [] => vec![json!([fact.name, null])],
            values => values.iter().map(|value| json!([fact.name, latin1(value)])).collect(),
        }
    };
    facts.iter().flat_map(pairs).collect()
}

fn step(step: &Step) -> Value {
    let changes: Vec<_> = step.changes.iter().map(change).collect();
    json!({"rule": step.rule.name(), "reason": step.rule.reason(), "changes": changes})
}

fn change(change: &Changed) -> Value {
    let value = |value: &Option<Vec<u8>>| value.as_deref().map(latin1);
    json!({"name": latin1(&change.name), "before": value(&change.before), "after": value(&change.after)})
}

fn environ(outcome: &Outcome) -> Value {
    json!({
        "SCRIPT_NAME": latin1(&outcome.script_name),
        "PATH_INFO": latin1(&outcome.path_info),
        "QUERY_STRING": latin1(&outcome.query_string),
        "wsgi.url_scheme": outcome.scheme,
    })
}

fn doubt(doubt: &Advice) -> Value {
    let fix = |fix: &Fix| json!({"when": fix.when, "configuration": fix.configuration, "place": fix.place, "lines": fix.lines});
    json!({
        "situation": doubt.situation.name(),
        "setting": doubt.situation.setting(),
        "text": doubt.unknown,
        "fixes": doubt.fixes.iter().map(fix).collect::<Vec<_>>(),
    })
}

fn note(note: &Note) -> Value {
    let (place, line) = note.line.unzip();
    json!({"name": note.name, "text": note.text, "place": place, "line": line})
}
