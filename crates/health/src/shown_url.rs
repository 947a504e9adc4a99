//! A URL as an output shows it: without the password, at the place where it stands. The text is not looked for, because
//! a parsed URL spells a password otherwise than it was given.

/// The text with `***` for the password, as Go shows it.
pub(crate) fn shown(text: &str) -> String {
    without_password(text, |rest| rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len()))
}

/// The same of what is no URL, so that nobody knows where a password in it ends: at the last `@`.
pub(crate) fn shown_unread(text: &str) -> String {
    without_password(text, str::len)
}

fn without_password(text: &str, authority: impl Fn(&str) -> usize) -> String {
    let shown = || {
        let start = authority_start(text)?;
        let authority = &text[start..start + authority(&text[start..])];
        let end = start + authority.rfind('@')?;
        let colon = start + text[start..end].find(':')?;
        Some(format!("{}:***{}", &text[..colon], &text[end..]))
    };
    shown().unwrap_or_else(|| text.to_owned())
}

/// Behind the scheme and the slashes, of which a URL may have fewer or more than two; a path has no such place.
fn authority_start(text: &str) -> Option<usize> {
    let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
    let named = !scheme.is_empty() && !scheme.contains(['/', '\\', '?', '#', '@']);
    let after = if named { scheme.len() + 1 } else { 0 };
    let slashes = text[after..].chars().take_while(|c| matches!(c, '/' | '\\' | '\t' | '\r' | '\n')).count();
    (named || slashes >= 2).then_some(after + slashes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_cut_where_it_stands() {
        for (given, expected) in [
            ("http://me:secret@a/", "http://me:***@a/"),
            ("http://me:secret@a", "http://me:***@a"),
            ("http://me:b:c@a:1/x", "http://me:***@a:1/x"),
            ("http://me:p^ss@a/", "http://me:***@a/"),
            ("http://me:p@ss@a/x@y:z", "http://me:***@a/x@y:z"),
            ("http://me:p%40s%3As@a?q", "http://me:***@a?q"),
            ("http://:secret@a/#f@g", "http://:***@a/#f@g"),
            ("http://me:@a/", "http://me:***@a/"),
            ("HTTP:me:secret@a/", "HTTP:me:***@a/"),
            ("http:\\\\me:secret@a\\x", "http:\\\\me:***@a\\x"),
            ("http:///me:secret@a/", "http:///me:***@a/"),
            ("//me:secret@a/x", "//me:***@a/x"),
            ("http://é:ü@a/", "http://é:***@a/"),
        ] {
            assert_eq!(shown(given), expected, "{given}");
        }
    }

    #[test]
    fn what_has_no_password_is_shown_as_it_is() {
        for given in [
            "",
            "http://a:1/x",
            "http://me@a:1/",
            "http://a:1/b:c@d",
            "http://a/?q=x:y@z",
            "http://a#x:y@z",
            "/b:c@d",
            "b/c:d@e",
            "no url",
            ":",
            "http:",
        ] {
            assert_eq!(shown(given), given);
        }
    }

    #[test]
    fn what_is_no_url_may_have_any_sign_in_its_password() {
        for secret in ["a/b", "a?b", "a#b", "a\\b", "a@b", "1:/@x"] {
            assert_eq!(shown_unread(&format!("http://me:{secret}@a:x/")), "http://me:***@a:x/", "{secret}");
        }
        assert_eq!(shown_unread("http://[::1/"), "http://[::1/");
    }
}
