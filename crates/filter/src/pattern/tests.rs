use super::*;

#[test]
fn what_both_write_differently_is_written_anew() {
    let written = |pattern| translation::translate(pattern).unwrap();
    assert_eq!(written(r"^\d+?$"), r"\A(?:[0-9])+?\z");
    assert_eq!(written(r"(?i)a|(?m:^)(?U).*"), r"(?i:a)|(?:(?m:^))(?:[^\n])*?");
    assert_eq!(written(r"\Qa.\E{x"), r"a\x{2E}\x{7B}x");
    assert_eq!(written(r"[\w-]"), r"[[0-9A-Za-z_]\x{2D}]");
}

#[test]
fn a_repetition_makes_a_thousand_copies_at_most() {
    let refused = |pattern| translation::translate(pattern).err().map(|error| error.to_string());
    assert_eq!((refused("x{1000}"), refused("(?:x{10}){100}")), (None, None));
    for pattern in ["x{1001}", "(?:x{10}){101}"] {
        assert!(
            refused(pattern).is_some_and(|text| text.contains("repeat count")),
            "{pattern}: {:?}",
            refused(pattern)
        );
    }
}

#[test]
fn errors_name_the_part_that_is_wrong() {
    let text = |pattern| compile(pattern, 1 << 20).unwrap_err().to_string();
    assert_eq!(text("("), "error parsing regexp: missing closing ): `(`");
    assert_eq!(text("xa**"), "error parsing regexp: invalid nested repetition operator: `**`");
    assert_eq!(text("x{2}{3}"), "error parsing regexp: invalid nested repetition operator: `{2}{3}`");
    assert_eq!(text("ab[z-a]"), "error parsing regexp: invalid character class range: `z-a`");
    assert_eq!(text("a\\"), "error parsing regexp: trailing backslash at end of expression: ``");
}
