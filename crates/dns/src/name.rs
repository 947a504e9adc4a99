//! Names in wire form (RFC 1035 §3.1): labels, each behind its length, then a zero.

/// The longest name, its last zero included.
pub const MAX_NAME: usize = 255;
/// The longest label.
pub const MAX_LABEL: usize = 63;

/// Where the name at `start` ends, if it is one without compression.
pub fn end_of_name(packet: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        let length = usize::from(*packet.get(at)?);
        at += 1 + length;
        if length > MAX_LABEL || at - start > MAX_NAME {
            return None;
        }
        if length == 0 {
            return Some(at);
        }
    }
}

/// Where the name at `start` ends in the packet, compressed or not. What a pointer leads to is not looked at.
pub fn skip_name(packet: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        let length = usize::from(*packet.get(at)?);
        match length >> 6 {
            0 => at += 1 + length,
            3 => return packet.get(at + 1).map(|_| at + 2),
            _ => return None,
        }
        if length == 0 {
            return Some(at);
        }
        if at - start > MAX_NAME {
            return None;
        }
    }
}

/// The name at `start` with its pointers followed.
pub fn expanded(packet: &[u8], start: usize) -> Option<Vec<u8>> {
    let mut name = Vec::new();
    let mut at = start;
    // A pointer leads backwards, so each is below the last: no loop.
    let mut below = packet.len();
    loop {
        let length = usize::from(*packet.get(at)?);
        match length >> 6 {
            0 => {
                name.extend_from_slice(packet.get(at..at + 1 + length)?);
                if name.len() > MAX_NAME {
                    return None;
                }
                if length == 0 {
                    return Some(name);
                }
                at += 1 + length;
            }
            3 => {
                let target = (length & 0x3f) << 8 | usize::from(*packet.get(at + 1)?);
                if target >= below.min(at) {
                    return None;
                }
                (below, at) = (target, target);
            }
            _ => return None,
        }
    }
}

/// Appends the labels of `text`, without the last zero. False, and nothing appended: it is no name.
pub fn push_labels(text: &str, wire: &mut Vec<u8>) -> bool {
    let before = wire.len();
    let text = text.strip_suffix('.').unwrap_or(text);
    for label in text.split('.') {
        let Ok(length) = u8::try_from(label.len()) else {
            wire.truncate(before);
            return false;
        };
        if length == 0 || usize::from(length) > MAX_LABEL {
            wire.truncate(before);
            return false;
        }
        wire.push(length);
        wire.extend_from_slice(label.as_bytes());
    }
    if wire.len() - before > MAX_NAME - 1 {
        wire.truncate(before);
        return false;
    }
    true
}

/// The name's labels, without the last zero.
pub fn labels(name: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = name;
    std::iter::from_fn(move || {
        let (length, after) = rest.split_first()?;
        if *length == 0 {
            return None;
        }
        let (label, after) = after.split_at_checked(usize::from(*length))?;
        rest = after;
        Some(label)
    })
}

/// The name as people write it, with a last dot. Bytes that are no printable ASCII become `\DDD`.
pub fn to_text(name: &[u8]) -> String {
    let mut text = String::new();
    for label in labels(name) {
        for byte in label {
            match byte {
                b'!'..=b'~' => text.push(char::from(*byte)),
                _ => text.push_str(&format!("\\{byte:03}")),
            }
        }
        text.push('.');
    }
    if text.is_empty() { ".".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_labels_and_comes_back() {
        let mut wire = Vec::new();
        assert!(push_labels("n.dot.node.", &mut wire));
        wire.push(0);
        assert_eq!(wire, b"\x01n\x03dot\x04node\0");
        assert_eq!(end_of_name(&wire, 0), Some(wire.len()));
        assert_eq!(to_text(&wire), "n.dot.node.");
        assert_eq!(to_text(b"\0"), ".");
    }

    #[test]
    fn what_is_no_name_is_refused_and_leaves_nothing() {
        let long = "a".repeat(64);
        let many = ["a"; 128].join(".");
        for text in ["", ".", "a..b", ".a", long.as_str(), many.as_str()] {
            let mut wire = vec![7];
            assert!(!push_labels(text, &mut wire), "{text:?}");
            assert_eq!(wire, [7]);
        }
    }

    #[test]
    fn pointers_lead_backwards_only() {
        // "web" at 0, then a pointer to it, then pointers to themselves and forwards.
        let packet = b"\x03web\0\xc0\x00\xc0\x07\xc0\x0b\0";
        assert_eq!(expanded(packet, 5).as_deref(), Some(&b"\x03web\0"[..]));
        assert_eq!(skip_name(packet, 5), Some(7));
        assert_eq!(expanded(packet, 7), None);
        assert_eq!(expanded(packet, 9), None);
        assert_eq!(end_of_name(packet, 5), None);
        assert_eq!(expanded(b"\x40a", 0), None);
    }
}
