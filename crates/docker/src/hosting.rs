//! What is asked of an engine that is to run machines: containers, networks and volumes to be made.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// A container to be made, not started.
#[derive(Debug, Clone, Default)]
pub struct NewContainer {
    /// Its name.
    pub name: String,
    /// What it is made from.
    pub image: String,
    /// Its host name.
    pub hostname: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its environment, `NAME=value`.
    pub environment: Vec<String>,
    /// What it may do.
    pub privileges: Privileges,
    /// The network of its first interface; none: the engine's default.
    pub network: Option<String>,
    /// Named volumes and where they are mounted.
    pub volumes: Vec<(String, String)>,
    /// Directories in memory with their mount options.
    pub memory_directories: Vec<(String, String)>,
    /// Memory in bytes; 0: no limit.
    pub memory_bytes: i64,
    /// Thousand-millionths of a CPU; 0: no limit.
    pub nano_cpus: i64,
    /// Name servers instead of the engine's.
    pub name_servers: Vec<String>,
}

/// What a container may do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Privileges {
    /// What every container may.
    #[default]
    Usual,
    /// All that the engine can give.
    Privileged,
    /// As near to that as can be where the engine itself lacks capabilities: all others, every device, nothing masked.
    AllCapabilitiesBut(Vec<String>),
}

/// An image to be built.
#[derive(Debug, Clone)]
pub struct NewImage {
    /// Its name with its tag.
    pub name: String,
    /// Values for its Dockerfile's arguments.
    pub arguments: BTreeMap<String, String>,
    /// Its Dockerfile, and what that copies.
    pub context: Vec<NewFile>,
}

/// A bridge network to be made.
#[derive(Debug, Clone)]
pub struct NewNetwork {
    /// Its name.
    pub name: String,
    /// Its subnet, `ADDRESS/LENGTH`.
    pub subnet: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
}

/// A file to be put into a container.
#[derive(Debug, Clone)]
pub struct NewFile {
    /// Its path, from the root, without the leading slash.
    pub path: String,
    /// Its permission bits. It belongs to root.
    pub mode: u32,
    /// What is in it.
    pub content: Vec<u8>,
}

/// A container as found by label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labelled {
    /// Its ID.
    pub id: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
}

/// An address on a network for a container.
#[derive(Debug, Clone)]
pub struct Attachment {
    /// The network's name.
    pub network: String,
    /// The address there.
    pub address: Ipv4Addr,
}

/// The files as a tar archive whose root is `/`. Their paths are ours: relative, without `..`.
pub fn archive(files: &[NewFile]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for file in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(file.content.len() as u64);
        header.set_mode(file.mode);
        header.set_uid(0);
        header.set_gid(0);
        let appended = archive.append_data(&mut header, &file.path, file.content.as_slice());
        appended.expect("memory takes every write, and every path of ours fits into GNU's header");
    }
    archive.into_inner().expect("memory takes every write")
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn files_go_into_the_archive_as_roots_with_their_mode() {
        let file = NewFile { path: "etc/docker/key.pem".to_owned(), mode: 0o600, content: b"secret".to_vec() };
        let bytes = archive(&[file]);
        let mut archive = tar::Archive::new(bytes.as_slice());
        let mut entry = archive.entries().unwrap().next().unwrap().unwrap();
        assert_eq!(entry.path().unwrap().to_str(), Some("etc/docker/key.pem"));
        assert_eq!((entry.header().mode().unwrap(), entry.header().uid().unwrap()), (0o600, 0));
        let mut content = String::new();
        entry.read_to_string(&mut content).unwrap();
        assert_eq!(content, "secret");
    }
}
