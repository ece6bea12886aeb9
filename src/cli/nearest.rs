//! What somebody who wrote an unknown name most likely meant.

/// The candidate that looks most like `written`, in its own spelling. There is always one if there is a
/// candidate at all: a poor guess shows at least how names are spelled here.
pub(crate) fn nearest(written: &str, candidates: impl IntoIterator<Item = String>) -> Option<String> {
    let written = written.to_ascii_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (likeness(&written, &candidate.to_ascii_lowercase()), candidate))
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, candidate)| candidate)
}

fn likeness(written: &str, candidate: &str) -> f64 {
    // The first has an eye for letters that changed places, the second for a name that was begun right. Neither
    // knows that `fcgi` is short for `fastcgi` rather than a slip for `scgi`, or `worker_threads` long for `threads`.
    strsim::normalized_damerau_levenshtein(written, candidate)
        + strsim::jaro_winkler(written, candidate)
        + if written.contains(candidate) { 1.0 } else { 0.0 }
        // Of two that are begun alike, the one of which less was left out.
        + if abbreviates(written, candidate) { 1.0 + written.len() as f64 / candidate.len() as f64 } else { 0.0 }
}

/// Whether `short` is left when letters are taken out of `long`.
fn abbreviates(short: &str, long: &str) -> bool {
    let mut letters = long.chars();
    !short.is_empty() && short.chars().all(|letter| letters.any(|other| other == letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_omissions_and_abbreviations_find_what_was_meant() {
        let names = [
            "fastcgi",
            "fastcgi_spill",
            "scgi",
            "http",
            "threads",
            "workers",
            "socket_mode",
            "socket_group",
            "script_name",
        ];
        for (written, meant) in [
            ("fcgi", "fastcgi"),
            ("sgci", "scgi"),
            ("thread", "threads"),
            ("worker_threads", "threads"),
            ("mode", "socket_mode"),
            ("chmod_socket", "socket_mode"),
            ("ScriptName", "script_name"),
            ("https", "http"),
        ] {
            assert_eq!(nearest(written, names.map(str::to_owned)).as_deref(), Some(meant), "{written}");
        }
        assert_eq!(nearest("x", []), None);
    }
}
