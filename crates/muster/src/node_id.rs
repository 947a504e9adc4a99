//! This node's ID: given, kept in the data directory, or known to the registry that is there.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use muster_model::{Node, NodeName};
use uuid::Uuid;

/// An ID, and where it is to be kept.
#[derive(Debug, PartialEq, Eq)]
pub struct NodeId {
    text: String,
    /// The directory, if the ID does not stand there yet.
    unwritten: Option<PathBuf>,
}

impl NodeId {
    /// That of a node without a data directory.
    pub fn unkept(given: Option<&str>) -> Self {
        Self { text: given.map_or_else(fresh, str::to_owned), unwritten: None }
    }

    /// That of the node whose data are in `directory`; `announced` are the nodes that servers were with these data. A file
    /// that is gone or damaged is no loss: the registry knows the ID too, and with another one the node would stand there
    /// twice.
    pub fn find<'a>(
        directory: &Path,
        name: &NodeName,
        given: Option<&str>,
        announced: impl Iterator<Item = &'a Arc<Node>>,
    ) -> Result<Self> {
        let kept = read(directory)?;
        let announced: Vec<_> = announced.filter(|node| !node.id.is_empty()).collect();
        let namesake = announced.iter().find(|node| node.name.folded() == name.folded());
        let known = match (namesake, announced.as_slice()) {
            (Some(node), _) => Some(&*node.id),
            (None, [only]) => Some(&*only.id),
            (None, _) => None,
        };
        if let (Some(given), Some(node)) = (given, namesake)
            && !given.eq_ignore_ascii_case(&node.id)
        {
            bail!(
                "-node-id is {given:?}, but the data in {} are of node {name} with ID {}: leave -node-id out, or choose \
                 another -data-dir or -node",
                directory.display(),
                node.id
            );
        }
        let text = match (given, &kept, known) {
            (Some(given), ..) => given.to_owned(),
            (None, Kept::Id(id), _) => id.clone(),
            (None, _, Some(known)) => known.to_owned(),
            (None, Kept::Nothing, None) => fresh(),
            (None, Kept::Damaged, None) => {
                bail!("{} does not hold a UUID: restore it, or remove it to get a new ID", file(directory).display())
            }
        };
        let unwritten = (kept != Kept::Id(text.clone())).then(|| directory.to_owned());
        Ok(Self { text, unwritten })
    }

    /// The ID.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Keeps it for the next start.
    pub fn keep(&self) -> Result<()> {
        let Some(directory) = &self.unwritten else { return Ok(()) };
        let (draft, path) = (directory.join("node-id.new"), file(directory));
        let written = File::create(&draft)
            .and_then(|mut file| writeln!(file, "{}", self.text).and_then(|()| file.sync_all()))
            .and_then(|()| fs::rename(&draft, &path));
        written.with_context(|| format!("cannot write {}", path.display()))
    }
}

/// What the directory says.
#[derive(Debug, PartialEq, Eq)]
enum Kept {
    Nothing,
    Damaged,
    Id(String),
}

fn read(directory: &Path) -> Result<Kept> {
    let path = file(directory);
    match fs::read(&path) {
        Ok(bytes) => {
            let id = String::from_utf8(bytes).ok().and_then(|text| Uuid::parse_str(text.trim()).ok());
            Ok(id.map_or(Kept::Damaged, |id| Kept::Id(id.to_string())))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Kept::Nothing),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

fn file(directory: &Path) -> PathBuf {
    directory.join("node-id")
}

fn fresh() -> String {
    Uuid::new_v4().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "aaaaaaaa-0000-0000-0000-000000000000";
    const B: &str = "bbbbbbbb-0000-0000-0000-000000000000";

    fn node(name: &str, id: &str) -> Arc<Node> {
        let (address, tagged_addresses, meta) = (Arc::from("10.0.0.1"), Default::default(), Default::default());
        Arc::new(Node { name: NodeName::new(name).unwrap(), id: Arc::from(id), address, tagged_addresses, meta })
    }

    /// What is found for node n1, and what stands in the directory once it is kept.
    fn found(kept: Option<&str>, given: Option<&str>, announced: &[Arc<Node>]) -> Result<(String, String), String> {
        let directory = tempfile::tempdir().unwrap();
        if let Some(text) = kept {
            fs::write(file(directory.path()), text).unwrap();
        }
        let name = NodeName::new("n1").unwrap();
        let id = NodeId::find(directory.path(), &name, given, announced.iter());
        let id = id.map_err(|error| {
            let still = fs::read_to_string(file(directory.path())).unwrap_or_default();
            assert_eq!(still, kept.unwrap_or_default(), "a refusal leaves the file alone");
            error.to_string().replace(directory.path().to_str().unwrap(), "DIR")
        })?;
        id.keep().unwrap();
        Ok((id.text().to_owned(), fs::read_to_string(file(directory.path())).unwrap().trim().to_owned()))
    }

    #[test]
    fn what_is_kept_or_given_counts_and_stands_in_the_directory_afterwards() {
        let (fresh, written) = found(None, None, &[]).unwrap();
        assert_eq!(fresh, written);
        assert_ne!(found(None, None, &[]).unwrap().0, fresh);
        assert_eq!(found(Some(A), None, &[]), Ok((A.to_owned(), A.to_owned())));
        assert_eq!(found(Some(A), Some(B), &[]), Ok((B.to_owned(), B.to_owned())));
        assert_eq!(found(Some(A), Some(B), &[node("other", A)]), Ok((B.to_owned(), B.to_owned())));
    }

    #[test]
    fn a_file_that_is_gone_or_damaged_is_made_from_what_the_registry_knows() {
        for kept in [None, Some(""), Some("no UUID")] {
            for announced in [&[node("n1", A)][..], &[node("before", A)], &[node("gone", B), node("N1", A)]] {
                assert_eq!(found(kept, None, announced), Ok((A.to_owned(), A.to_owned())), "{kept:?} {announced:?}");
            }
        }
        let nobody_knows = found(Some("no UUID"), None, &[]).unwrap_err();
        assert_eq!(nobody_knows, "DIR/node-id does not hold a UUID: restore it, or remove it to get a new ID");
    }

    #[test]
    fn another_id_for_the_same_node_is_refused_and_nothing_is_overwritten() {
        let refused = found(Some(A), Some(B), &[node("n1", A)]).unwrap_err();
        assert!(
            refused.starts_with(&format!("-node-id is {B:?}, but the data in DIR are of node n1 with ID {A}")),
            "{refused}"
        );
        assert_eq!(found(Some(A), Some(&A.to_uppercase()), &[node("n1", A)]).unwrap().0, A.to_uppercase());
    }
}
