//! Base 64.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use muster_gotemplate::{Function, FunctionError, Functions, Signature, Type, Value};

use super::failed;

pub(super) fn add(functions: &mut Functions) {
    for (name, engine) in [("base64Encode", &STANDARD), ("base64URLEncode", &URL_SAFE)] {
        let encode = |arguments: &[Value]| Ok(Value::from(engine.encode(arguments[0].as_bytes().unwrap_or_default())));
        functions.insert(name, Function::new(signature(), encode));
    }
    for (name, others) in [("base64Decode", *b"+/"), ("base64URLDecode", *b"-_")] {
        let decode = move |arguments: &[Value]| {
            let text = arguments[0].as_bytes().unwrap_or_default();
            decode(text, others).map(Value::from).map_err(|at| illegal(name, at))
        };
        functions.insert(name, Function::new(signature(), decode));
    }
}

fn signature() -> Signature {
    Signature::new([Type::String], Type::String).fallible()
}

fn illegal(name: &str, at: usize) -> FunctionError {
    failed(format!("{name}: illegal base64 data at input byte {at}"))
}

/// Decodes as Go does: line ends are skipped, padding must be there, bits left over are ignored. The
/// error is where Go finds it. The crate is stricter and finds it elsewhere.
fn decode(text: &[u8], others: [u8; 2]) -> Result<Vec<u8>, usize> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let mut group: (u32, usize) = (0, 0);
    let mut at = 0;
    while at < text.len() {
        let byte = text[at];
        at += 1;
        match (digit(byte, others), byte) {
            (Some(digit), _) => {
                group = (group.0 << 6 | u32::from(digit), group.1 + 1);
                if group.1 == 4 {
                    out.extend_from_slice(&group.0.to_be_bytes()[1..]);
                    group = (0, 0);
                }
            }
            (None, b'\r' | b'\n') => {}
            (None, b'=') => {
                padding(text, at, group.1)?;
                let bytes = (group.0 << (6 * (4 - group.1))).to_be_bytes();
                out.extend_from_slice(&bytes[1..group.1]);
                return Ok(out);
            }
            (None, _) => return Err(at - 1),
        }
    }
    if group.1 > 0 { Err(at - group.1) } else { Ok(out) }
}

fn digit(byte: u8, others: [u8; 2]) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        _ => others.iter().position(|&other| other == byte).map(|at| at as u8 + 62),
    }
}

/// One padding character is past, after `digits` digits; a second one may be due, and then the end.
fn padding(text: &[u8], mut at: usize, digits: usize) -> Result<(), usize> {
    let skip_lines = |mut at: usize| {
        while matches!(text.get(at), Some(b'\r' | b'\n')) {
            at += 1;
        }
        at
    };
    if digits < 2 {
        return Err(at - 1);
    }
    at = skip_lines(at);
    if digits == 2 {
        match text.get(at) {
            None => return Err(text.len()),
            Some(b'=') => at = skip_lines(at + 1),
            Some(_) => return Err(at - 1),
        }
    }
    if at < text.len() { Err(at) } else { Ok(()) }
}
