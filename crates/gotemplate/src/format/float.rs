//! Floating-point numbers.

use super::value::Printer;

/// From this exponent on, the shortest form has an exponent. (JSON's limit is another: 21.)
const SHORTEST_LIMIT: i32 = 6;

/// How the digits are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// `1.5e+06`.
    Exponent,
    /// `1500000`.
    Fixed,
    /// Whichever suits.
    General,
}

impl Printer<'_> {
    pub(super) fn float(&mut self, value: f64, verb: char) {
        let text = match verb {
            'v' | 'g' | 'G' => self.number_text(value, Layout::General, None),
            'e' | 'E' => self.number_text(value, Layout::Exponent, Some(6)),
            'f' | 'F' => self.number_text(value, Layout::Fixed, Some(6)),
            'b' | 'x' | 'X' if !value.is_finite() => self.number_text(value, Layout::General, None),
            'b' => binary(value),
            'x' | 'X' => hexadecimal(value, self.flags.precision),
            _ => return self.bad_verb(verb),
        };
        let text = if matches!(verb, 'E' | 'G' | 'X') { upper(text) } else { text };
        self.signed_number(text, value, verb);
    }

    pub(super) fn complex(&mut self, real: f64, imaginary: f64, verb: char) {
        if !matches!(verb, 'v' | 'b' | 'g' | 'G' | 'x' | 'X' | 'f' | 'F' | 'e' | 'E') {
            return self.bad_verb(verb);
        }
        let plus = self.flags.plus;
        self.out.push(b'(');
        self.float(real, verb);
        self.flags.plus = true;
        self.float(imaginary, verb);
        self.out.extend_from_slice(b"i)");
        self.flags.plus = plus;
    }

    /// The magnitude without its sign.
    fn number_text(&self, value: f64, layout: Layout, default_precision: Option<usize>) -> String {
        if !value.is_finite() {
            return if value.is_nan() { "NaN" } else { "Inf" }.to_owned();
        }
        let magnitude = value.abs();
        match (layout, self.flags.precision.or(default_precision)) {
            (Layout::Exponent, Some(precision)) => exponent_text(&format!("{magnitude:.precision$e}")),
            (Layout::Fixed, Some(precision)) => format!("{magnitude:.precision$}"),
            (_, None) => {
                let (digits, exponent) = shortest(magnitude);
                general(&digits, exponent, SHORTEST_LIMIT)
            }
            (Layout::General, Some(precision)) => {
                let precision = precision.max(1);
                let (digits, exponent) = split(&format!("{magnitude:.*e}", precision - 1));
                general(&digits, exponent, precision as i32)
            }
        }
    }

    fn signed_number(&mut self, mut text: String, value: f64, verb: char) {
        let flags = self.flags;
        if !value.is_finite() {
            // An infinity has its sign always, what is no number only on request.
            let sign = match (value.is_nan(), value < 0.0) {
                (false, true) => "-",
                _ if flags.plus => "+",
                _ if flags.space => " ",
                (false, false) => "+",
                _ => "",
            };
            return self.padded_with_spaces(format!("{sign}{text}").as_bytes());
        }
        if flags.sharp && verb != 'b' {
            text = with_point(&text, verb, flags.precision);
        }
        let negative = value.is_sign_negative();
        let sign = match (negative, flags.plus, flags.space) {
            (true, ..) => "-",
            (_, true, _) => "+",
            (_, _, true) => " ",
            _ => "",
        };
        let length = sign.len() + text.len();
        if !sign.is_empty() && flags.zero && !flags.minus && flags.width.is_some_and(|width| width > length) {
            // The sign comes before the zeros.
            self.out.extend_from_slice(sign.as_bytes());
            self.pad_with(flags.width.unwrap_or(0) - length);
            self.out.extend_from_slice(text.as_bytes());
            return;
        }
        self.padded(format!("{sign}{text}").as_bytes());
    }
}

/// Upper-case letters, but not those of infinities.
fn upper(text: String) -> String {
    if text.starts_with(['I', 'N']) { text } else { text.to_ascii_uppercase() }
}

/// The fewest digits that read back as the same number, and the exponent of the first.
fn shortest(magnitude: f64) -> (String, i32) {
    split(&format!("{magnitude:e}"))
}

/// Digits without point and exponent.
fn split(scientific: &str) -> (String, i32) {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    (mantissa.replace('.', ""), exponent.parse().unwrap_or(0))
}

/// Rust's `1.5e6` as Go's `1.5e+06`.
fn exponent_text(scientific: &str) -> String {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// `%g`: with an exponent if it is below -4 or not below `limit`.
fn general(digits: &str, exponent: i32, limit: i32) -> String {
    let digits = match digits.trim_end_matches('0') {
        "" => "0",
        digits => digits,
    };
    if exponent < -4 || exponent >= limit {
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        return exponent_text(&format!("{first}{point}{rest}e{exponent}"));
    }
    if exponent < 0 {
        return format!("0.{}{digits}", "0".repeat((-exponent - 1) as usize));
    }
    let whole = exponent as usize + 1;
    if digits.len() <= whole {
        return format!("{digits}{}", "0".repeat(whole - digits.len()));
    }
    format!("{}.{}", &digits[..whole], &digits[whole..])
}

/// `%b`: the mantissa as an integer and a power of two.
fn binary(value: f64) -> String {
    let (mantissa, exponent) = parts(value);
    format!("{mantissa}p{exponent:+}")
}

/// The mantissa with its hidden bit, and the exponent that makes it the magnitude.
fn parts(value: f64) -> (u64, i32) {
    let bits = value.abs().to_bits();
    let (exponent, fraction) = ((bits >> 52) as i32, bits & ((1 << 52) - 1));
    if exponent == 0 { (fraction, -1074) } else { (fraction | 1 << 52, exponent - 1075) }
}

/// `%x`: `0x1.8p+01`.
fn hexadecimal(value: f64, precision: Option<usize>) -> String {
    let (mut mantissa, mut exponent) = parts(value);
    if mantissa == 0 {
        exponent = 0;
    } else {
        let shift = mantissa.leading_zeros() as i32 - 11;
        mantissa <<= shift;
        exponent += 52 - shift;
    }
    if let Some(precision) = precision.filter(|&precision| precision < 13) {
        let cut = 52 - 4 * precision as u32;
        let (kept, lost, half) = (mantissa >> cut, mantissa & ((1 << cut) - 1), 1u64 << (cut - 1));
        let kept = kept + u64::from(lost > half || (lost == half && kept & 1 == 1));
        mantissa = kept << cut;
        if mantissa >> 53 != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let digits = format!("{:013x}", mantissa & ((1 << 52) - 1));
    let fraction = match precision {
        None => digits.trim_end_matches('0').to_owned(),
        Some(precision) => format!("{digits:0<precision$}")[..precision].to_owned(),
    };
    let point = if fraction.is_empty() { "" } else { "." };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("0x{}{point}{fraction}p{sign}{:02}", mantissa >> 52, exponent.abs())
}

/// The flag `#`: a point always, and for `%g` the zeros that were cut off.
fn with_point(text: &str, verb: char, precision: Option<usize>) -> String {
    let hex = matches!(verb, 'x' | 'X');
    let tail_at = text.find(if hex { ['p', 'P'] } else { ['e', 'E'] }).unwrap_or(text.len());
    let (number, tail) = text.split_at(tail_at);
    let mut missing = match verb {
        'v' | 'g' | 'G' | 'x' => precision.unwrap_or(6) as i64,
        _ => 0,
    };
    let significant = number.trim_start_matches(['0', '.']);
    missing -= significant.chars().filter(|&c| c != '.').count() as i64;
    let point = if number.contains('.') { "" } else { "." };
    if point == "." && number == "0" {
        missing -= 1;
    }
    format!("{number}{point}{}{tail}", "0".repeat(missing.max(0) as usize))
}
