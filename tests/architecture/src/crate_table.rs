//! The table of crates in ARCHITECTURE.md.

use std::path::Path;

/// One row: a crate as the document describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrateRow {
    /// The package's name.
    pub name: String,
    /// What it is for, in one sentence.
    pub purpose: String,
    /// The packages of ours that it may use, `all` for whatever there is.
    pub may_use: Vec<String>,
}

/// The rows between the markers `<!-- crates -->` and `<!-- end -->`; none if they are not there.
pub fn crate_table(document: &Path) -> std::io::Result<Vec<CrateRow>> {
    let text = std::fs::read_to_string(document)?;
    let table = text.split_once("<!-- crates -->").and_then(|(_, rest)| rest.split_once("<!-- end -->"));
    Ok(table.map_or_else(Vec::new, |(table, _)| table.lines().filter_map(row).collect()))
}

/// A row whose first cell is a crate in backquotes; head and rule are not.
fn row(line: &str) -> Option<CrateRow> {
    let mut cells = line.strip_prefix('|')?.strip_suffix('|')?.splitn(3, " | ").map(str::trim);
    let folder = cells.next()?.strip_prefix('`')?.strip_suffix('`')?;
    let purpose = cells.next()?.to_owned();
    let may_use = cells.next()?.split(", ").filter(|name| *name != "–").map(package_name);
    Some(CrateRow { name: package_name(folder), purpose, may_use: may_use.collect() })
}

/// A crate's folder and what the table calls it is its package's name without the prefix.
fn package_name(short: &str) -> String {
    if matches!(short, "muster" | "all") { short.to_owned() } else { format!("muster-{short}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_and_heads_are_not() {
        assert_eq!(row("| crate | purpose | may use |"), None);
        assert_eq!(row("|---|---|---|"), None);
        let read = row("| `wire` | JSON; to and from model. | model, catalog |").unwrap();
        assert_eq!((read.name.as_str(), read.purpose.as_str()), ("muster-wire", "JSON; to and from model."));
        assert_eq!(read.may_use, ["muster-model", "muster-catalog"]);
        assert!(row("| `model` | Values. | – |").unwrap().may_use.is_empty());
    }
}
