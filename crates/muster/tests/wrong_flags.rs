//! Wrong command lines of every program: one line, the program's exit code, nothing made.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

/// The program's name, the words up to its flags, and the code that a wrong command line ends it with.
const PROGRAMS: [(&str, &[&str], i32); 17] = [
    ("muster", &["agent"], 1),
    ("muster", &["up"], 1),
    ("muster", &["registrator"], 2),
    ("muster", &["template"], 13),
    ("muster", &["validate"], 1),
    ("muster", &["version"], 1),
    ("muster", &["members"], 1),
    ("muster", &["kv", "get"], 1),
    ("muster", &["snapshot", "save"], 1),
    ("muster", &["services", "register"], 1),
    ("muster", &["machine", "ls"], 1),
    ("muster", &["machine", "create"], 1),
    ("muster", &["swarm"], 1),
    ("consul", &["agent"], 1),
    ("consul", &["kv", "put"], 1),
    ("registrator", &[], 2),
    ("consul-template", &[], 13),
];

/// What it ends with and says first; it must say nothing else that a user has to sort out, and make nothing.
fn refused(program: &str, words: &[&str], last: &OsStr) -> (i32, String) {
    let directory = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_muster"))
        .arg0(program)
        .args(words)
        .arg(last)
        .env_clear()
        .env("HOME", directory.path())
        .current_dir(directory.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.stdout.is_empty() && !told.contains("panicked"), "{program} {words:?} {last:?}: {told}");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "{program} {words:?} {last:?} made something");
    let mut lines = told.lines();
    let line = lines.next().unwrap_or_default().to_owned();
    // How to find the right one may follow, and nothing else about this one.
    assert!(lines.all(|line| !line.contains("nonsense")), "{program} {words:?} {last:?}: {told}");
    (output.status.code().unwrap(), line)
}

#[test]
fn a_flag_that_there_is_not_is_told_by_every_program() {
    for (program, words, code) in PROGRAMS {
        let (ended, line) = refused(program, words, OsStr::new("-nonsense"));
        assert!(line.contains("nonsense"), "{program} {words:?}: {line}");
        assert_eq!(ended, code, "{program} {words:?}: {line}");
    }
}

#[test]
fn a_word_that_is_no_text_is_told_by_every_program() {
    for (program, words, _) in PROGRAMS {
        for bytes in [&b"-x\xff"[..], b"\xff", b"-http-port=\xc3"] {
            let (ended, line) = refused(program, words, &OsString::from_vec(bytes.to_vec()));
            let place = words.len() + 1;
            assert!(line.starts_with(&format!("argument {place} is ")), "{program} {words:?}: {line}");
            assert!(line.ends_with("UTF-8 would be right") && ended == 1, "{program} {words:?}: {ended} {line}");
        }
    }
}

#[test]
fn a_word_too_many_is_told_by_programs_that_take_none() {
    for (program, words) in [("muster", "agent"), ("consul", "agent"), ("muster", "up"), ("muster", "version")] {
        let (code, line) = refused(program, &[words], OsStr::from_bytes(b"surplus"));
        assert!(code == 1 && line.contains("surplus"), "{program} {words}: {code} {line}");
    }
}
