//! Base 64.

use base64::DecodeError;
use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD, URL_SAFE};
use muster_gotemplate::{Function, FunctionError, Functions, Signature, Type, Value};

use super::failed;

pub(super) fn add(functions: &mut Functions) {
    for (name, engine) in [("base64Encode", &STANDARD), ("base64URLEncode", &URL_SAFE)] {
        let encode = |arguments: &[Value]| Ok(Value::from(engine.encode(arguments[0].as_bytes().unwrap_or_default())));
        functions.insert(name, Function::new(signature(), encode));
    }
    for (name, engine) in [("base64Decode", &STANDARD), ("base64URLDecode", &URL_SAFE)] {
        let decode = move |arguments: &[Value]| decode(name, engine, arguments[0].as_bytes().unwrap_or_default());
        functions.insert(name, Function::new(signature(), decode));
    }
}

fn signature() -> Signature {
    Signature::new([Type::String], Type::String).fallible()
}

/// Line ends inside are skipped, as Go skips them; the position in the error counts them.
fn decode(name: &str, engine: &GeneralPurpose, text: &[u8]) -> Result<Value, FunctionError> {
    let (at, bare): (Vec<usize>, Vec<u8>) = text
        .iter()
        .enumerate()
        .filter(|(_, byte)| !matches!(byte, b'\r' | b'\n'))
        .map(|(at, byte)| (at, *byte))
        .unzip();
    engine.decode(&bare).map(Value::from).map_err(|error| {
        let offset = match error {
            DecodeError::InvalidByte(offset, _) | DecodeError::InvalidLastSymbol(offset, _) => offset,
            DecodeError::InvalidLength(length) => length - length % 4,
            DecodeError::InvalidPadding => bare.len(),
        };
        let position = at.get(offset).copied().unwrap_or(text.len());
        failed(format!("{name}: illegal base64 data at input byte {position}"))
    })
}
