//! `snapshot save`, `snapshot restore`, `snapshot inspect`.

use std::convert::Infallible;
use std::fs::{self, File};
use std::io::{BufReader, Write};
use std::path::Path;

use anyhow::{Context, Result};
use muster_wire::snapshot::{Archive, ArchiveMeta, read_archive};

use super::columns::table;
use super::{ClientCommand, ClientCommands, Session, client_flags};
use crate::flags::{Flag, FlagTable, Kind};

pub const SNAPSHOT: ClientCommands = ClientCommands::Several {
    name: "snapshot",
    summary: "the whole registry in a file",
    commands: &[
        ClientCommand {
            name: "inspect",
            summary: "says what is in a file",
            table: FlagTable {
                usage: "muster snapshot inspect [flags] FILE",
                about: "Says of a snapshot's file what it holds, and whether it is whole. Asks no registry.",
                flags: &[
                    Flag::works("format", Kind::Text, "FORMAT", "pretty (the default) or json"),
                    Flag::absent("kvdetails"),
                    Flag::absent("kvdepth"),
                    Flag::absent("kvfilter"),
                ],
            },
            run: inspect,
        },
        ClientCommand {
            name: "restore",
            summary: "puts a file's registry in the place of the one that runs",
            table: FlagTable {
                usage: "muster snapshot restore [flags] FILE",
                about: "Puts the registry of a file in the place of the one that runs. Everything in that one goes.",
                flags: client_flags![],
            },
            run: restore,
        },
        ClientCommand {
            name: "save",
            summary: "saves the registry to a file",
            table: FlagTable {
                usage: "muster snapshot save [flags] FILE",
                about: "Saves the registry to a file, which is checked before it gets its name.",
                flags: client_flags![Flag::absent("append-filename")],
            },
            run: save,
        },
    ],
};

/// What counts here: that it is whole, and how much there is.
#[derive(Default)]
struct Counting {
    chunks: u64,
}

impl Archive for Counting {
    type Refusal = Infallible;

    fn begin(&mut self, _: &ArchiveMeta) -> Result<(), Infallible> {
        Ok(())
    }

    fn chunk(&mut self, _: Vec<u8>) -> Result<(), Infallible> {
        self.chunks += 1;
        Ok(())
    }
}

fn check(path: &Path) -> Result<(ArchiveMeta, Counting)> {
    let file = File::open(path).with_context(|| format!("Error opening snapshot file {}", path.display()))?;
    let mut counting = Counting::default();
    let meta = read_archive(BufReader::new(file), &mut counting)
        .with_context(|| format!("Error verifying snapshot file {}", path.display()))?;
    Ok((meta, counting))
}

fn save(session: &Session) -> Result<()> {
    let path = Path::new(session.argument("Missing FILE argument")?);
    refuse_others(path)?;
    let answer = session.get("/v1/snapshot", &[]).context("Error saving snapshot")?;
    let draft = path.with_extension("unverified");
    let cannot = || format!("Error writing snapshot file {}", path.display());
    let written = File::create(&draft).and_then(|mut file| file.write_all(&answer.body).and_then(|()| file.sync_all()));
    let checked = written.with_context(cannot).and_then(|()| Ok(check(&draft)?.0));
    let meta = match checked {
        Ok(meta) => meta,
        Err(error) => {
            let _ = fs::remove_file(&draft);
            return Err(error);
        }
    };
    fs::rename(&draft, path).with_context(cannot)?;
    outln!("Saved and verified snapshot to index {}", meta.index);
    Ok(())
}

/// What is there and is no file, such as /dev/stdout, would be replaced by one.
fn refuse_others(path: &Path) -> Result<()> {
    match fs::symlink_metadata(path) {
        Ok(there) if !there.is_file() => {
            anyhow::bail!("Error writing snapshot file {}: it is there and is no regular file", path.display())
        }
        _ => Ok(()),
    }
}

fn restore(session: &Session) -> Result<()> {
    let path = Path::new(session.argument("Missing FILE argument")?);
    // A file that is not whole never reaches the registry.
    check(path)?;
    let body = fs::read(path).with_context(|| format!("Error opening snapshot file {}", path.display()))?;
    session.put("/v1/snapshot", &[], body).context("Error restoring snapshot")?;
    outln!("Restored snapshot");
    Ok(())
}

fn inspect(session: &Session) -> Result<()> {
    let path = Path::new(session.argument("Missing FILE argument")?);
    let (meta, counting) = check(path)?;
    match session.parsed.text("format").unwrap_or("pretty") {
        "pretty" => {
            let row = |name: &str, value: String| vec![format!(" {name}"), value];
            let rows = [
                row("ID", meta.id),
                row("Size", meta.size.to_string()),
                row("Index", meta.index.to_string()),
                row("Rules", meta.rules.to_string()),
                row("Chunks", counting.chunks.to_string()),
            ];
            out!("{}", table(&rows));
        }
        "json" => {
            let mut out = Vec::new();
            let mut object = muster_wire::json::ObjectWriter::new(&mut out);
            let mut inner = muster_wire::json::ObjectWriter::new(object.member("Meta"));
            inner.string("ID", &meta.id);
            inner.uint("Size", meta.size);
            inner.uint("Index", meta.index);
            inner.uint("Rules", u64::from(meta.rules));
            inner.end();
            object.end();
            outln!("{}", String::from_utf8_lossy(&out));
        }
        other => anyhow::bail!("-format is {other:?}: pretty or json would be right"),
    }
    Ok(())
}
