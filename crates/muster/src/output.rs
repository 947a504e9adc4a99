//! Standard output and standard error, whose readers may go away (`muster members | head`) and whose disk may be full.
//!
//! std's own macros panic then. Here a reader that went away is nobody's error, and what else keeps output from being
//! written is the program's failure at its end.

use std::fmt::Arguments;
use std::io::{self, Write};
use std::sync::OnceLock;

/// Why something of the output is not written.
static FAILED: OnceLock<io::Error> = OnceLock::new();

/// Text on standard output.
macro_rules! out {
    ($($text:tt)*) => { $crate::output::write(format_args!($($text)*)) };
}

/// A line on standard output.
macro_rules! outln {
    ($($text:tt)*) => { $crate::output::write(format_args!("{}\n", format_args!($($text)*))) };
}

/// A line on standard error. Where that is gone, there is nobody to tell.
macro_rules! errln {
    ($($text:tt)*) => { $crate::output::tell(format_args!("{}\n", format_args!($($text)*))) };
}

pub fn write(text: Arguments<'_>) {
    if let Err(error) = io::stdout().write_fmt(text) {
        note(error);
    }
}

pub fn tell(text: Arguments<'_>) {
    let _ = io::stderr().write_fmt(text);
}

/// Whether all of the output is where it was to go.
///
/// # Errors
/// What kept the first of it from being written.
pub fn finish() -> Result<(), &'static io::Error> {
    if let Err(error) = io::stdout().flush() {
        note(error);
    }
    FAILED.get().map_or(Ok(()), Err)
}

fn note(error: io::Error) {
    if error.kind() != io::ErrorKind::BrokenPipe {
        let _ = FAILED.set(error);
    }
}
