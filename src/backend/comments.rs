//! The settings in the comment lines of a script: `# janua: name = value`.

/// How much of a script is looked at, in bytes. Settings stand at its top.
pub const TOP: usize = 8 * 1024;

/// The settings in the first bytes of a script, each with the number of its line: what follows `# janua:`, before the
/// first line that is neither a comment nor blank.
pub fn settings(top: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    lines(top)
        .take_while(|(_, line)| is_comment(line))
        .filter_map(|(number, line)| Some((number, setting(line)?)))
}

/// What to say of a line that looks like a setting and stands where none is read. `None` if there is none in the
/// `script`, which may be more of it than its top.
pub fn misplaced(script: &[u8]) -> Option<String> {
    // The line that the limit cuts is read as far as it goes.
    let limit = lines(script.get(..TOP - 1).unwrap_or(script)).count();
    let code = lines(script).find(|(_, line)| !is_comment(line)).map(|(number, _)| number);
    let (end, why) = match code.filter(|code| *code <= limit) {
        Some(code) => (code, format!("line {code}, which is no comment")),
        None => (limit, format!("the first {} KiB", TOP / 1024)),
    };
    let mut below = lines(script)
        .filter(|(number, _)| *number > end)
        .filter_map(|(number, line)| Some((number, setting(line).filter(|text| is_pair(text))?)));
    let (number, text) = below.next()?;
    let more = match below.count() {
        0 => String::new(),
        more => format!(", like {more} more,"),
    };
    Some(format!(
        "line {number}: '# janua: {}'{more} is not read, because it stands below {why}; a setting stands above the code \
         and the docstring, so move it up",
        text.escape_ascii()
    ))
}

fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    // An encoding mark in front of the first line is no code.
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    (1..).zip(text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii))
}

fn is_comment(line: &[u8]) -> bool {
    line.is_empty() || line.starts_with(b"#")
}

fn setting(line: &[u8]) -> Option<&[u8]> {
    Some(line.strip_prefix(b"#")?.trim_ascii_start().strip_prefix(b"janua:")?.trim_ascii())
}

/// True for `name = value`, which nobody writes by accident.
fn is_pair(text: &[u8]) -> bool {
    let Some(end) = text.iter().position(|byte| *byte == b'=') else { return false };
    let name = text.get(..end).unwrap_or_default().trim_ascii_end();
    !name.is_empty()
        && name.iter().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'0'..=b'9'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_stand_before_the_first_line_of_code() {
        let top = "#!/bin/janua-cgi\n#janua: a = 1\r\n\n  #  janua:b=2\n# Janua: c\n# janua\nimport x\n# janua: d = 4\n";
        assert!(settings(top.as_bytes()).eq([(2, &b"a = 1"[..]), (4, b"b=2")]));
        assert!(settings("\u{feff}# janua: a = 1".as_bytes()).eq([(1, &b"a = 1"[..])]));
    }

    #[test]
    fn a_setting_below_code_or_a_docstring_is_told_with_both_lines() {
        let told =
            misplaced(b"#!/x\n# janua: a = 1\n'''Text.'''\n\n# janua: threads = 2\nimport os\n").unwrap();
        assert!(
            told.starts_with("line 5: '# janua: threads = 2' is not read, because it stands below line 3,"),
            "{told}"
        );
        let told = misplaced(b"import os\n# janua: a = 1\n# janua: b = 1\n  #janua:c=1\n").unwrap();
        assert!(told.starts_with("line 2: '# janua: a = 1', like 2 more, is not read"), "{told}");
        let told = misplaced([&b"#\n".repeat(TOP / 2)[..], b"# janua: a = 1\n"].concat().as_slice()).unwrap();
        assert!(told.contains("below the first 8 KiB"), "{told}");
    }

    #[test]
    fn what_is_no_setting_or_in_its_place_is_not_told() {
        for script in [
            "",
            "# janua: a = 1\nimport os\n",
            "import os\n# janua: it is a gateway\n# janua is = good\n# about janua: a = 1\n",
            "import os\nx = '# janua: a'\n",
        ] {
            assert_eq!(misplaced(script.as_bytes()), None, "{script}");
        }
    }
}
