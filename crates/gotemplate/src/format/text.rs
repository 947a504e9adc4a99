//! Strings, and padding for everything.

use super::value::Printer;
use crate::{quote, rune};

impl Printer<'_> {
    /// Fills up to `width` characters with spaces or zeros.
    pub(super) fn pad_with(&mut self, count: usize) {
        let fill = if self.flags.zero && !self.flags.minus { b'0' } else { b' ' };
        self.out.resize(self.out.len() + count, fill);
    }

    /// The text, padded to the width.
    pub(super) fn padded(&mut self, text: &[u8]) {
        let missing = self.flags.width.unwrap_or(0).saturating_sub(rune::count(text));
        if self.flags.minus {
            self.out.extend_from_slice(text);
            self.pad_with(missing);
        } else {
            self.pad_with(missing);
            self.out.extend_from_slice(text);
        }
    }

    /// The text, padded with spaces whatever the flags say.
    pub(super) fn padded_with_spaces(&mut self, text: &[u8]) {
        let zero = std::mem::replace(&mut self.flags.zero, false);
        self.padded(text);
        self.flags.zero = zero;
    }

    pub(super) fn string(&mut self, text: &[u8], verb: char) {
        match verb {
            'v' if self.flags.go_syntax => self.quoted(text),
            'v' | 's' => self.padded(self.truncated(text)),
            'x' => self.hex_text(text, b"0123456789abcdefx"),
            'X' => self.hex_text(text, b"0123456789ABCDEFX"),
            'q' => self.quoted(text),
            _ => self.bad_verb(verb),
        }
    }

    /// As many characters as the precision says.
    fn truncated<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        let Some(precision) = self.flags.precision else {
            return text;
        };
        let mut end = 0;
        for _ in 0..precision {
            let Some((_, width)) = rune::first(&text[end..]) else {
                break;
            };
            end += width;
        }
        &text[..end]
    }

    pub(super) fn quoted(&mut self, text: &[u8]) {
        let text = self.truncated(text);
        if self.flags.sharp && quote::can_backquote(text) {
            let raw = [b"`", text, b"`"].concat();
            self.padded(&raw);
        } else {
            let quoted = quote::quote_with(text, '"', self.flags.plus);
            self.padded(quoted.as_bytes());
        }
    }

    pub(super) fn hex_text(&mut self, text: &[u8], digits: &[u8; 17]) {
        let text = &text[..text.len().min(self.flags.precision.unwrap_or(usize::MAX))];
        let mut hex = Vec::with_capacity(text.len() * 2 + 2);
        for (index, &byte) in text.iter().enumerate() {
            if self.flags.space && index > 0 {
                hex.push(b' ');
            }
            if self.flags.sharp && (self.flags.space || index == 0) {
                hex.extend([b'0', digits[16]]);
            }
            hex.extend([digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]]);
        }
        self.padded(&hex);
    }
}
