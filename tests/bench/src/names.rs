//! DNS questions by Debian's dnsperf, on the core that servers are not on.

use std::io::Write;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use tokio::process::Command;

use crate::load::Sample;
use crate::server::Server;

const CLIENT_CORE: &str = "1";
const SECONDS: &str = "3";

/// One question, again and again: a hundred are always under way, so that no answer is waited for.
pub struct Questions {
    /// Name and type, as dnsperf reads them.
    pub question: &'static str,
    /// With EDNS, for all ten instances; without it for three of them.
    pub edns: bool,
}

impl Questions {
    pub async fn run(&self, server: &Server) -> Result<Sample> {
        let mut file = tempfile::NamedTempFile::new()?;
        writeln!(file, "{}", self.question)?;
        let mut command = Command::new("taskset");
        command.args(["-c", CLIENT_CORE, "dnsperf", "-s", "127.0.0.1", "-p", &server.dns_port, "-l", SECONDS]);
        command.args(["-q", "100", "-c", "16", "-T", "1", "-d"]).arg(file.path());
        if self.edns {
            command.arg("-e");
        }
        let cpu = server.cpu()?;
        let output = command.stdin(Stdio::null()).output().await.context("dnsperf (Debian's package) does not run")?;
        let cpu = server.cpu()? - cpu;
        let text = String::from_utf8_lossy(&output.stdout);
        let number = |name: &str| number(&text, name).with_context(|| format!("dnsperf did not say {name:?}: {text}"));
        let (completed, lost, rate) =
            (number("Queries completed:")?, number("Queries lost:")?, number("Queries per second:")?);
        if lost * 1000.0 > completed || !text.contains("NOERROR") {
            bail!("{} of {} questions were lost:\n{text}", lost, lost + completed);
        }
        Ok(Sample { value: rate, cpu_micros: Some(cpu.as_micros() as f64 / completed), ..Sample::default() })
    }
}

/// The number behind a name.
fn number(text: &str, name: &str) -> Option<f64> {
    text.split(name).nth(1)?.split_whitespace().next()?.parse().ok()
}
