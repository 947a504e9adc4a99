//! Integers and characters.

use super::value::Printer;
use crate::{quote, rune};

impl Printer<'_> {
    /// An integer by its magnitude and sign.
    pub(super) fn integer(&mut self, value: i128, signed: bool, verb: char) {
        match verb {
            'v' if self.flags.go_syntax && !signed => self.hex_with_prefix(value, true),
            'v' | 'd' => self.digits(value, 10, false, verb),
            'b' => self.digits(value, 2, false, verb),
            'o' | 'O' => self.digits(value, 8, false, verb),
            'x' => self.digits(value, 16, false, verb),
            'X' => self.digits(value, 16, true, verb),
            'c' => {
                let c = character(value);
                self.padded(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            'q' => {
                let c = character(value);
                let quoted = quote::quote_with(c.encode_utf8(&mut [0; 4]).as_bytes(), '\'', self.flags.plus);
                self.padded(quoted.as_bytes());
            }
            'U' => self.code_point(value),
            _ => self.bad_verb(verb),
        }
    }

    pub(super) fn hex_with_prefix(&mut self, value: i128, prefix: bool) {
        let sharp = std::mem::replace(&mut self.flags.sharp, prefix);
        self.digits(value, 16, false, 'v');
        self.flags.sharp = sharp;
    }

    fn digits(&mut self, value: i128, base: u32, upper: bool, verb: char) {
        let negative = value < 0;
        let flags = self.flags;
        if flags.precision == Some(0) && value == 0 {
            let zero = std::mem::replace(&mut self.flags.zero, false);
            self.pad_with(flags.width.unwrap_or(0));
            self.flags.zero = zero;
            return;
        }
        let least = match (flags.precision, flags.width) {
            (Some(precision), _) => precision,
            (None, Some(width)) if flags.zero && !flags.minus => {
                width.saturating_sub(usize::from(negative || flags.plus || flags.space))
            }
            _ => 0,
        };
        let mut digits = in_base(value.unsigned_abs(), base, upper);
        if digits.len() < least {
            digits.insert_str(0, &"0".repeat(least - digits.len()));
        }
        let prefix = match base {
            2 if flags.sharp => "0b",
            8 if flags.sharp && !digits.starts_with('0') => "0",
            16 if flags.sharp && upper => "0X",
            16 if flags.sharp => "0x",
            _ => "",
        };
        let octal = if verb == 'O' { "0o" } else { "" };
        let sign = match (negative, flags.plus, flags.space) {
            (true, ..) => "-",
            (_, true, _) => "+",
            (_, _, true) => " ",
            _ => "",
        };
        self.padded_with_spaces(format!("{sign}{octal}{prefix}{digits}").as_bytes());
    }

    /// `U+0078`, with `#` also the character itself.
    fn code_point(&mut self, value: i128) {
        let code = value as u64;
        let least = self.flags.precision.unwrap_or(0).max(4);
        let mut text = format!("U+{code:0least$X}");
        if self.flags.sharp
            && let Some(c) = u32::try_from(code).ok().and_then(char::from_u32)
            && rune::is_print(c)
        {
            text.push_str(&format!(" '{c}'"));
        }
        self.padded_with_spaces(text.as_bytes());
    }
}

fn character(value: i128) -> char {
    u32::try_from(value as u64).ok().and_then(char::from_u32).unwrap_or(rune::REPLACEMENT)
}

fn in_base(value: u128, base: u32, upper: bool) -> String {
    match (base, upper) {
        (2, _) => format!("{value:b}"),
        (8, _) => format!("{value:o}"),
        (16, true) => format!("{value:X}"),
        (16, false) => format!("{value:x}"),
        _ => value.to_string(),
    }
}
