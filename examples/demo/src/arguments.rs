//! The command line.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Parser;

/// Plays muster's demo on the local Docker engine: an application behind nginx, changed step by step, each step proved.
#[derive(Debug, Parser)]
#[command(name = "muster-demo")]
pub(crate) struct Arguments {
    /// Play these steps only, separated by commas (see --list).
    #[arg(long, value_delimiter = ',', value_name = "STEP")]
    pub steps: Vec<String>,
    /// List the steps and end.
    #[arg(long)]
    pub list: bool,
    /// Remove what a crashed run left, and end.
    #[arg(long)]
    pub clean: bool,
    /// Build the images and end.
    #[arg(long)]
    pub images: bool,
    /// End after the last step on a terminal too.
    #[arg(long)]
    pub exit: bool,
    /// Where the base image's archive, logs and data are kept.
    #[arg(long, value_name = "DIR", default_value = ".cache")]
    pub cache: PathBuf,
    /// Where muster and muster-example-web are, both linked statically [default: beside this program].
    #[arg(long, value_name = "DIR")]
    pub binaries: Option<PathBuf>,
    /// The Debian suite in the images [default: this machine's, or the newest one known to work].
    #[arg(long, value_name = "SUITE")]
    pub suite: Option<String>,
    /// The load balancer's port on 127.0.0.1.
    #[arg(long, value_name = "PORT", default_value_t = 18480)]
    pub lb_port: u16,
    /// The registry's port on 127.0.0.1 and on docker0's gateway.
    #[arg(long, value_name = "PORT", default_value_t = 18500)]
    pub registry_port: u16,
}

impl Arguments {
    /// The demo's own directory in the cache.
    pub(crate) fn directory(&self) -> PathBuf {
        self.cache.join("demo")
    }

    /// Where the load balancer answers.
    pub(crate) fn lb(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.lb_port).into()
    }

    /// Where the registry answers the host.
    pub(crate) fn registry(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.registry_port).into()
    }

    /// One of the programs that go into images.
    pub(crate) fn binary(&self, name: &str) -> anyhow::Result<PathBuf> {
        let own = std::env::current_exe().context("cannot tell where this program is")?;
        let directory = self.binaries.as_deref().or(own.parent()).unwrap_or(Path::new("."));
        let path = directory.join(name);
        anyhow::ensure!(path.is_file(), "{} is not there; `make demo` builds it", path.display());
        Ok(path)
    }
}
