//! `/v1/agent/host`: what Linux says of the machine, in /proc and /etc.

use std::fs;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use muster_wire::answer::{self, AgentHost, Processor};

use crate::Api;
use crate::api_error::ApiError;
use crate::call::Call;
use crate::reply::Reply;

/// Lines of /proc/meminfo, with Consul's names for them.
const MEMORY: [(&str, &str); 6] = [
    ("MemTotal", "total"),
    ("MemAvailable", "available"),
    ("MemFree", "free"),
    ("Buffers", "buffers"),
    ("Cached", "cached"),
    ("SwapTotal", "swapTotal"),
];

pub(crate) async fn about(_: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    call.params()?;
    // Small files that the kernel makes up: nothing to wait for.
    let host = collect(|path| fs::read_to_string(path).unwrap_or_default(), processes());
    let mut body = Vec::new();
    answer::agent_host(&mut body, &host);
    Ok(Reply::json(body))
}

fn processes() -> u64 {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbered =
        entries.filter(|entry| entry.file_name().to_string_lossy().bytes().all(|byte| byte.is_ascii_digit()));
    numbered.count() as u64
}

/// What the files say; one that is not there says nothing.
fn collect(read: impl Fn(&str) -> String, processes: u64) -> AgentHost {
    let memory = read("/proc/meminfo");
    let kibibytes = |name: &str| {
        let line = memory.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok())
    };
    let uptime = read("/proc/uptime").split('.').next().and_then(|text| text.parse().ok()).unwrap_or_default();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let release = read("/etc/os-release");
    let of_release = |name: &str| {
        let value = release.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        value.unwrap_or_default().trim_matches('"').to_owned()
    };
    AgentHost {
        memory: MEMORY.iter().filter_map(|(line, name)| Some((*name, kibibytes(line)? * 1024))).collect(),
        processors: processors(&read("/proc/cpuinfo")),
        hostname: read("/proc/sys/kernel/hostname").trim_end().to_owned(),
        uptime,
        boot_time: now.as_secs().saturating_sub(uptime),
        processes,
        kernel_version: read("/proc/sys/kernel/osrelease").trim_end().to_owned(),
        kernel_arch: std::env::consts::ARCH.to_owned(),
        platform: (of_release("ID"), of_release("VERSION_ID")),
        collected: u64::try_from(now.as_nanos()).unwrap_or_default(),
    }
}

/// Blocks of lines, one for each processor.
fn processors(text: &str) -> Vec<Processor> {
    let mut list: Vec<Processor> = Vec::new();
    for (name, value) in text.lines().filter_map(|line| line.split_once(':')) {
        let (name, value) = (name.trim(), value.trim());
        if name == "processor" {
            list.push(Processor { number: value.parse().unwrap_or_default(), ..Processor::default() });
        }
        let Some(last) = list.last_mut() else { continue };
        match name {
            "vendor_id" => last.vendor = value.to_owned(),
            "model name" => last.model = value.to_owned(),
            _ => {}
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_the_kernel_says() {
        let files = |path: &str| {
            let text = match path {
                "/proc/meminfo" => "MemTotal:       1000 kB\nMemFree:         400 kB\nCached:          100 kB\n",
                "/proc/uptime" => "3023.45 5000.00\n",
                "/proc/cpuinfo" => {
                    "processor\t: 0\nvendor_id\t: A\nmodel name\t: M\n\nprocessor\t: 1\nvendor_id\t: A\n"
                }
                "/proc/sys/kernel/hostname" => "box\n",
                "/etc/os-release" => "NAME=\"X\"\nID=debian\nVERSION_ID=\"12\"\n",
                _ => "",
            };
            text.to_owned()
        };
        let host = collect(files, 7);
        assert_eq!(host.memory, [("total", 1_024_000), ("free", 409_600), ("cached", 102_400)]);
        assert_eq!((host.uptime, host.processes, &*host.hostname), (3023, 7, "box"));
        assert_eq!(host.platform, ("debian".to_owned(), "12".to_owned()));
        let processors: Vec<_> = host.processors.iter().map(|one| (one.number, &*one.model)).collect();
        assert_eq!(processors, [(0, "M"), (1, "")]);
    }
}
