//! The agent's configuration: Consul's keys from files, fragments and flags, merged as Consul merges them.
//!
//! `table` says of every key of Consul what it is and what becomes of it here. What is read is checked against
//! it at once, so that a mistake is told with file, line and column; who needs a value asks [`Settings`] for it
//! by the key's path. A key gets an effect by its row in the table and by being asked for, nothing else.

mod address_template;
mod definition;
mod flag;
mod key;
mod layer;
mod setting;
mod settings;
mod source;
mod table;
mod watch;

pub use address_template::{interfaces, resolve};
pub use definition::{Definition, Subject, definitions, file_definitions};
pub use key::{Effect, Fine, Key, Kind};
pub use setting::{Block, Entry, Origin, Setting};
pub use settings::Settings;
pub use source::{Format, Source, fragment, sources};
pub use table::keys;
pub use watch::{Watch, WatchHandler, WatchRequest, WatchSubject, watches};

use anyhow::Result;

use crate::flags::Parsed;

/// Everything that an agent's command line names, merged.
pub fn read(flags: &Parsed) -> Result<Settings> {
    let format = flags.text("config-format").filter(|name| !name.is_empty()).map(Format::named).transpose()?;
    let (mut read, mut skipped) = (Vec::new(), Vec::new());
    // Either flag takes either, as in Consul.
    for (_, path) in flags.in_order(&["config-file", "config-dir"]) {
        let found = sources(path.as_ref(), format)?;
        read.extend(found.read);
        skipped.extend(found.skipped);
    }
    let fragments = flags.list("hcl").iter().enumerate().map(|(place, text)| fragment(place, text));
    let fragments = fragments.collect::<Result<Vec<_>>>()?;
    let mut settings = Settings::default();
    settings.skipped = skipped;
    // A flag's list comes before those of the files, its other values after them, and `-hcl` last: as Consul has it.
    settings.lay(flag::lists(flags)?);
    for source in &read {
        settings.lay(layer::read(source)?);
    }
    settings.lay(flag::values(flags)?);
    for fragment in &fragments {
        settings.lay(layer::read(fragment)?);
    }
    Ok(settings)
}

/// Files and directories alone, as `validate` is given them.
pub fn read_paths(paths: &[String], format: Option<Format>) -> Result<Settings> {
    let mut settings = Settings::default();
    for path in paths {
        let found = sources(path.as_ref(), format)?;
        settings.skipped.extend(found.skipped);
        for source in &found.read {
            settings.lay(layer::read(source)?);
        }
    }
    Ok(settings)
}

#[cfg(test)]
mod tests;
