//! `html`, `js` and `urlquery`.

use std::sync::Arc;

use crate::{Value, format, rune};

/// The arguments as one text, pointers followed.
pub(super) fn joined(arguments: Vec<Value>) -> Vec<u8> {
    let printable: Vec<Value> = arguments
        .into_iter()
        .map(|value| match value {
            Value::Nil => Value::from("<no value>"),
            Value::Pointer(record) => Value::Struct(Arc::clone(&record)),
            other => other,
        })
        .collect();
    format::print(&printable)
}

pub(super) fn html(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for &byte in text {
        match byte {
            0 => out.extend("\u{fffd}".as_bytes()),
            b'"' => out.extend(b"&#34;"),
            b'\'' => out.extend(b"&#39;"),
            b'&' => out.extend(b"&amp;"),
            b'<' => out.extend(b"&lt;"),
            b'>' => out.extend(b"&gt;"),
            other => out.push(other),
        }
    }
    out
}

pub(super) fn js(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((c, width)) = rune::first(rest) {
        match c {
            '\\' => out.extend(br"\\"),
            '\'' => out.extend(br"\'"),
            '"' => out.extend(br#"\""#),
            '<' | '>' | '&' | '=' => out.extend(format!("\\u{:04X}", c as u32).bytes()),
            // A bad byte is put out as it is: Go finds U+FFFD printable.
            c if rune::is_print(c) => out.extend(&rest[..width]),
            c if c.is_ascii() && c >= ' ' => out.extend(&rest[..width]),
            c => out.extend(format!("\\u{:04X}", c as u32).bytes()),
        }
        rest = &rest[width..];
    }
    out
}

pub(super) fn url_query(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for &byte in text {
        match byte {
            b' ' => out.push(b'+'),
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(byte),
            other => out.extend(format!("%{other:02X}").bytes()),
        }
    }
    out
}
