//! What a container machine can be asked to be.

use serde::{Deserialize, Serialize};

/// Debian's current stable, with Engine 26.1.
pub const DEFAULT_IMAGE: &str = "muster/machine:trixie";

/// How to make a container machine. Kept in its configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ContainerOptions {
    /// The engine that runs it; empty: Docker's usual socket.
    pub engine: String,
    /// What it is made from.
    pub image: String,
    /// CPUs; -1: as many as there are.
    #[serde(rename = "CPU")]
    pub cpu_count: i64,
    /// Memory in MB; 0: no limit.
    pub memory: i64,
    /// Disk for the engine's data in MB; 0: no limit.
    pub disk_size: i64,
    /// What marks its container and volume on that engine.
    #[serde(rename = "MachineID")]
    pub machine_id: String,
}

impl Default for ContainerOptions {
    fn default() -> Self {
        Self {
            engine: String::new(),
            image: DEFAULT_IMAGE.to_owned(),
            cpu_count: -1,
            memory: 0,
            disk_size: 0,
            machine_id: uuid::Uuid::new_v4().simple().to_string(),
        }
    }
}

/// Less is refused: dockerd would not start, or no image would fit.
const LEAST_MEMORY_MB: i64 = 128;
const LEAST_DISK_MB: i64 = 256;

/// A value that no machine can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOption {
    /// CPUs.
    #[error("--container-cpu-count is {0}: a number of CPUs, or -1 for all of them, would be right")]
    Cpu(i64),
    /// Memory.
    #[error("--container-memory is {}: at least {} (MB), or 0 for no limit, would be right", .0, LEAST_MEMORY_MB)]
    Memory(i64),
    /// Disk.
    #[error("--container-disk-size is {}: at least {} (MB), or 0 for no limit, would be right", .0, LEAST_DISK_MB)]
    Disk(i64),
}

impl ContainerOptions {
    /// Whether a machine can be so.
    pub fn validate(&self) -> Result<(), InvalidOption> {
        if self.cpu_count == 0 || self.cpu_count < -1 || self.cpu_count > 4096 {
            return Err(InvalidOption::Cpu(self.cpu_count));
        }
        let fits = |megabytes: i64, least: i64| megabytes == 0 || (least..1 << 30).contains(&megabytes);
        if !fits(self.memory, LEAST_MEMORY_MB) {
            return Err(InvalidOption::Memory(self.memory));
        }
        if !fits(self.disk_size, LEAST_DISK_MB) {
            return Err(InvalidOption::Disk(self.disk_size));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_sizes_are_refused_and_named() {
        let with = |change: fn(&mut ContainerOptions)| {
            let mut options = ContainerOptions::default();
            change(&mut options);
            options.validate()
        };
        assert_eq!(with(|_| {}), Ok(()));
        assert_eq!(with(|o| (o.cpu_count, o.memory, o.disk_size) = (2, 2048, 50_000)), Ok(()));
        assert_eq!(with(|o| o.cpu_count = 0), Err(InvalidOption::Cpu(0)));
        assert_eq!(with(|o| o.memory = 64), Err(InvalidOption::Memory(64)));
        assert_eq!(with(|o| o.disk_size = -1), Err(InvalidOption::Disk(-1)));
    }
}
