//! `/v1/agent/host`: the machine that an agent runs on.

use crate::json::{ArrayWriter, ObjectWriter, push_uint};

/// The machine, as far as it says what it is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AgentHost {
    /// Bytes of memory by Consul's names for them (`total`, `available`, `free`, `cached` …).
    pub memory: Vec<(&'static str, u64)>,
    /// The processors.
    pub processors: Vec<Processor>,
    /// The host's name.
    pub hostname: String,
    /// How many seconds it has been up.
    pub uptime: u64,
    /// When it was started, in seconds since 1970.
    pub boot_time: u64,
    /// How many processes it has.
    pub processes: u64,
    /// The kernel.
    pub kernel_version: String,
    /// Its architecture, by the kernel's name.
    pub kernel_arch: String,
    /// The distribution, and its version.
    pub platform: (String, String),
    /// Nanoseconds since 1970.
    pub collected: u64,
}

/// A processor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Processor {
    /// Its number, from 0.
    pub number: u64,
    /// Who made it.
    pub vendor: String,
    /// What it is called.
    pub model: String,
}

/// `/v1/agent/host`.
pub fn agent_host(out: &mut Vec<u8>, host: &AgentHost) {
    let mut object = ObjectWriter::new(out);
    let mut memory = ObjectWriter::new(object.member("Memory"));
    for (name, bytes) in &host.memory {
        memory.uint(name, *bytes);
    }
    memory.end();
    let mut list = ArrayWriter::new(object.member("CPU"));
    for processor in &host.processors {
        let mut inner = ObjectWriter::new(list.item());
        inner.uint("cpu", processor.number);
        inner.string("vendorId", &processor.vendor);
        inner.string("modelName", &processor.model);
        inner.end();
    }
    list.end();
    let mut inner = ObjectWriter::new(object.member("Host"));
    inner.string("hostname", &host.hostname);
    inner.uint("uptime", host.uptime);
    inner.uint("bootTime", host.boot_time);
    inner.uint("procs", host.processes);
    inner.string("os", std::env::consts::OS);
    inner.string("platform", &host.platform.0);
    inner.string("platformVersion", &host.platform.1);
    inner.string("kernelVersion", &host.kernel_version);
    inner.string("kernelArch", &host.kernel_arch);
    inner.end();
    push_uint(object.member("CollectionTime"), host.collected);
    object.raw("Errors", "null");
    object.end();
}
