//! Source files.

use std::path::{Path, PathBuf};

/// A Rust file with how much of it is production code.
#[derive(Debug)]
pub struct SourceFile {
    /// Where it is.
    pub path: PathBuf,
    /// Lines that are not tests: all above an inline test module; none in a file of tests.
    pub production_lines: usize,
}

/// All Rust files under `folder`, in order.
pub fn rust_files(folder: &Path) -> std::io::Result<Vec<SourceFile>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix(folder).unwrap_or(&path);
                let lines = if is_test(inside) { 0 } else { production_lines(&std::fs::read_to_string(&path)?) };
                files.push(SourceFile { path, production_lines: lines });
            }
        }
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

/// Conventions: tests stand inline, in `tests.rs` or under `tests/`; the binary's tables are held by `docs_tests.rs`.
fn is_test(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests")
        || path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .is_some_and(|stem| stem == "tests" || stem.ends_with("_tests"))
}

fn production_lines(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let module = lines.windows(2).position(|pair| pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod tests {"));
    module.unwrap_or(lines.len())
}

/// The first line of a crate's documentation: its purpose in one sentence.
pub fn purpose(package_folder: &Path) -> std::io::Result<Option<String>> {
    let library = package_folder.join("src/lib.rs");
    let root = if library.exists() { library } else { package_folder.join("src/main.rs") };
    let text = std::fs::read_to_string(root)?;
    Ok(text.lines().next().and_then(|line| line.strip_prefix("//! ")).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inline_test_module_ends_production() {
        assert_eq!(production_lines("a\nb\n#[cfg(test)]\nmod tests {\n    c\n}\n"), 2);
        assert_eq!(production_lines("a\n#[cfg(test)]\nmod tests;\nb\n"), 4);
    }

    #[test]
    fn files_of_tests_are_known_by_name() {
        assert!(is_test(Path::new("state/tests.rs")));
        assert!(is_test(Path::new("redb/tests/damage.rs")));
        assert!(!is_test(Path::new("suite.rs")));
    }
}
