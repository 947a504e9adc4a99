//! The format string.

use super::value::{Flags, Printer};
use crate::{Value, rune};

/// The largest width or precision that Go takes.
const MAX_NUMBER: i64 = 1_000_000;

/// Prints `arguments` as `format` says.
pub(super) fn run(printer: &mut Printer<'_>, format: &[u8], arguments: &[Value]) {
    let mut reader = Reader { format, at: 0, arguments, next: 0, reordered: false, good_index: true };
    while reader.at < format.len() {
        let rest = &format[reader.at..];
        let plain = rest.iter().position(|&byte| byte == b'%').unwrap_or(rest.len());
        printer.out.extend_from_slice(&rest[..plain]);
        reader.at += plain;
        if reader.at == format.len() {
            break;
        }
        reader.at += 1;
        if !reader.verb(printer) {
            break;
        }
    }
    if !reader.reordered && reader.next < arguments.len() {
        printer.flags = Flags::default();
        extra(printer, &arguments[reader.next..]);
    }
}

fn extra(printer: &mut Printer<'_>, arguments: &[Value]) {
    printer.out.extend_from_slice(b"%!(EXTRA ");
    for (index, argument) in arguments.iter().enumerate() {
        if index > 0 {
            printer.out.extend_from_slice(b", ");
        }
        match argument.type_of() {
            None => printer.out.extend_from_slice(b"<nil>"),
            Some(of) => {
                printer.out.extend_from_slice(format!("{of}=").as_bytes());
                printer.argument(argument, 'v');
            }
        }
    }
    printer.out.push(b')');
}

struct Reader<'a> {
    format: &'a [u8],
    at: usize,
    arguments: &'a [Value],
    /// The argument that comes next.
    next: usize,
    /// Some `[n]` was seen, so that arguments may be left over on purpose.
    reordered: bool,
    good_index: bool,
}

impl Reader<'_> {
    fn byte(&self) -> Option<u8> {
        self.format.get(self.at).copied()
    }

    /// One verb after its `%`; false at the end of the format.
    fn verb(&mut self, printer: &mut Printer<'_>) -> bool {
        self.good_index = true;
        printer.flags = Flags::default();
        self.flags(&mut printer.flags);
        let mut after_index = self.index();
        self.width(printer, &mut after_index);
        if self.byte() == Some(b'.') && self.at + 1 < self.format.len() {
            self.precision(printer, &mut after_index);
        }
        if !after_index {
            self.index();
        }
        let Some((verb, width)) = rune::first(&self.format[self.at..]) else {
            printer.out.extend_from_slice(b"%!(NOVERB)");
            return false;
        };
        self.at += width;
        match self.arguments.get(self.next) {
            _ if verb == '%' => printer.out.push(b'%'),
            _ if !self.good_index => bad(printer, verb, b"(BADINDEX)"),
            None => bad(printer, verb, b"(MISSING)"),
            Some(argument) => {
                self.next += 1;
                if verb == 'v' {
                    let flags = &mut printer.flags;
                    (flags.go_syntax, flags.sharp) = (flags.sharp, false);
                    (flags.field_names, flags.plus) = (flags.plus, false);
                }
                printer.argument(argument, verb);
            }
        }
        true
    }

    fn flags(&mut self, flags: &mut Flags) {
        while let Some(byte) = self.byte() {
            match byte {
                b'#' => flags.sharp = true,
                b'0' => flags.zero = true,
                b'+' => flags.plus = true,
                b'-' => flags.minus = true,
                b' ' => flags.space = true,
                _ => break,
            }
            self.at += 1;
        }
    }

    fn width(&mut self, printer: &mut Printer<'_>, after_index: &mut bool) {
        if self.byte() == Some(b'*') {
            self.at += 1;
            match self.number_argument() {
                None => printer.out.extend_from_slice(b"%!(BADWIDTH)"),
                Some(width) => {
                    if width < 0 {
                        printer.flags.minus = true;
                        printer.flags.zero = false;
                    }
                    printer.flags.width = Some(width.unsigned_abs() as usize);
                }
            }
            *after_index = false;
            return;
        }
        printer.flags.width = self.number();
        if *after_index && printer.flags.width.is_some() {
            self.good_index = false;
        }
    }

    /// The point is at hand and something follows it.
    fn precision(&mut self, printer: &mut Printer<'_>, after_index: &mut bool) {
        self.at += 1;
        if *after_index {
            self.good_index = false;
        }
        *after_index = self.index();
        if self.byte() == Some(b'*') {
            self.at += 1;
            match self.number_argument().and_then(|precision| usize::try_from(precision).ok()) {
                None => printer.out.extend_from_slice(b"%!(BADPREC)"),
                precision => printer.flags.precision = precision,
            }
            *after_index = false;
            return;
        }
        printer.flags.precision = Some(self.number().unwrap_or(0));
    }

    /// Digits; too large a number swallows the rest of the format, as in Go.
    fn number(&mut self) -> Option<usize> {
        match digits(self.format, self.at, self.format.len()) {
            Digits::Number { value, end } => {
                self.at = end;
                Some(value)
            }
            Digits::None => None,
            Digits::TooLarge => {
                self.at = self.format.len();
                None
            }
        }
    }

    /// The next argument, for a `*`.
    fn number_argument(&mut self) -> Option<i64> {
        let argument = self.arguments.get(self.next)?;
        self.next += 1;
        let value = match argument.underlying() {
            Value::Int(_, value) => *value,
            Value::Uint(_, value) => i64::try_from(*value).ok()?,
            _ => return None,
        };
        (value.abs() <= MAX_NUMBER).then_some(value)
    }

    /// `[n]`; says whether there was a well-formed one.
    fn index(&mut self) -> bool {
        if self.byte() != Some(b'[') {
            return false;
        }
        self.reordered = true;
        let rest = &self.format[self.at..];
        let Some(close) = rest.iter().position(|&byte| byte == b']').filter(|_| rest.len() >= 3) else {
            self.good_index = false;
            self.at += 1;
            return false;
        };
        self.at += close + 1;
        let index = match digits(rest, 1, close) {
            Digits::Number { value, end } if end == close => value,
            _ => {
                self.good_index = false;
                return false;
            }
        };
        match index.checked_sub(1) {
            Some(index) if index < self.arguments.len() => self.next = index,
            _ => self.good_index = false,
        }
        true
    }
}

enum Digits {
    None,
    Number { value: usize, end: usize },
    TooLarge,
}

fn digits(text: &[u8], start: usize, end: usize) -> Digits {
    let mut value = 0;
    let mut at = start;
    while at < end && text[at].is_ascii_digit() {
        if value > MAX_NUMBER as usize {
            return Digits::TooLarge;
        }
        value = value * 10 + usize::from(text[at] - b'0');
        at += 1;
    }
    if at == start { Digits::None } else { Digits::Number { value, end: at } }
}

fn bad(printer: &mut Printer<'_>, verb: char, what: &[u8]) {
    printer.out.extend_from_slice(b"%!");
    rune::push(printer.out, verb);
    printer.out.extend_from_slice(what);
}
