//! Tags.

use std::sync::Arc;

use muster_docker::Protocol;

/// A service's tags: the container's, those of `-tags`, and `udp` for UDP ports.
pub(super) fn all(own: &str, forced: &str, protocol: Protocol) -> Vec<Arc<str>> {
    let udp = (protocol == Protocol::Udp).then(|| "udp".to_owned());
    split(own).into_iter().chain(split(forced)).chain(udp).map(Arc::from).collect()
}

/// The parts between commas in reverse order, as Registrator's recursion leaves them; `\,` is a comma
/// within a part, empty parts are dropped, spaces are kept.
fn split(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut previous = None;
    for c in text.chars() {
        match parts.last_mut() {
            Some(part) if c == ',' && previous == Some('\\') => {
                part.pop();
                part.push(',');
            }
            Some(part) if c != ',' => part.push(c),
            _ => parts.push(String::new()),
        }
        previous = Some(c);
    }
    parts.retain(|part| !part.is_empty());
    parts.reverse();
    parts
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn parts_come_out_reversed_with_escapes_resolved_and_empty_ones_dropped() {
        assert_eq!(split("a,b,c"), ["c", "b", "a"]);
        assert_eq!(split(r"/(;\,:-_)/"), ["/(;,:-_)/"]);
        assert_eq!(split(r"x\,y,z\\,w"), [r"z\,w", "x,y"]);
        assert_eq!(split(r"a\,,b"), ["b", "a,"]);
        assert_eq!(split(r"\,"), [","]);
        assert_eq!(split("a, b ,c"), ["c", " b ", "a"]);
        assert_eq!(split(",a,,b,"), ["b", "a"]);
        assert_eq!(split(""), Vec::<String>::new());
    }
}
