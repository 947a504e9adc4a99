//! `?pretty`.

/// Sets compact JSON out over lines with four spaces a level, as Consul's `?pretty` does. `compact` must be JSON without spaces between its parts.
pub fn pretty(compact: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(compact.len() * 2);
    let (mut depth, mut in_string, mut at) = (0usize, false, 0);
    while at < compact.len() {
        let byte = compact[at];
        if in_string {
            out.push(byte);
            match byte {
                b'\\' => {
                    at += 1;
                    out.extend(compact.get(at));
                }
                b'"' => in_string = false,
                _ => {}
            }
        } else {
            match byte {
                b'{' | b'[' => {
                    out.push(byte);
                    if let Some(close @ (b'}' | b']')) = compact.get(at + 1) {
                        out.push(*close);
                        at += 1;
                    } else {
                        depth += 1;
                        line(&mut out, depth);
                    }
                }
                b'}' | b']' => {
                    depth = depth.saturating_sub(1);
                    line(&mut out, depth);
                    out.push(byte);
                }
                b',' => {
                    out.push(byte);
                    line(&mut out, depth);
                }
                b':' => out.extend(b": "),
                _ => {
                    in_string = byte == b'"';
                    out.push(byte);
                }
            }
        }
        at += 1;
    }
    out
}

fn line(out: &mut Vec<u8>, depth: usize) {
    out.push(b'\n');
    out.resize(out.len() + depth * 4, b' ');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_out_as_gos_marshal_indent() {
        let text = pretty(br#"[{"a":{},"b":[],"c,\"{":[1,"x"]},null]"#);
        let expected = "[\n    {\n        \"a\": {},\n        \"b\": [],\n        \"c,\\\"{\": [\n            1,\n            \"x\"\n        ]\n    },\n    null\n]";
        assert_eq!(String::from_utf8(text).unwrap(), expected);
    }
}
