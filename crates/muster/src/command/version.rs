//! `version`.

use anyhow::anyhow;

use crate::exit::Failure;
use crate::flags::{Effect, Flag, FlagTable, Kind};
use crate::program::Program;
use crate::registry_server::CONSUL_VERSION;

pub const TABLE: FlagTable = FlagTable {
    usage: "muster version [-format=json]",
    about: "Prints which muster this is. Under the name consul: the version of Consul whose API it speaks.",
    flags: &[Flag {
        name: "format",
        kind: Kind::Text,
        value: "FORMAT",
        help: "pretty (the default) or json",
        effect: Effect::Works,
    }],
};

pub fn run(program: Program, arguments: &[String]) -> Result<(), Failure> {
    let usage = || format!("Try: {} version --help", program.name());
    let parsed = TABLE.parse(arguments).map_err(|error| Failure::usage(1, error, usage()))?;
    if parsed.help {
        out!("{}", TABLE.help_as(program.name()));
        return Ok(());
    }
    // Consul's takes any, and so does this under its name.
    if let Some(extra) = parsed.rest.first().filter(|_| program != Program::Consul) {
        let error = anyhow!("unexpected argument {extra:?}: version takes flags only");
        return Err(Failure::usage(1, error, usage()));
    }
    let own = env!("CARGO_PKG_VERSION");
    match (parsed.text("format").unwrap_or("pretty"), program) {
        ("pretty", Program::Consul) => outln!("Consul v{CONSUL_VERSION} (API, by muster v{own})"),
        ("pretty", _) => outln!("muster v{own}"),
        ("json", Program::Consul) => outln!(
            "{{\"Version\":\"{CONSUL_VERSION}\",\"Revision\":\"muster-{own}\",\"Prerelease\":\"\",\
             \"BuildDate\":\"1970-01-01T00:00:00Z\",\"RPC\":{{\"Default\":2,\"Min\":2,\"Max\":3}}}}"
        ),
        ("json", _) => outln!("{{\"Version\":\"{own}\",\"Consul\":\"{CONSUL_VERSION}\"}}"),
        (other, _) => {
            let error = anyhow!("-format is {other:?}: pretty or json would be right");
            return Err(Failure::usage(1, error, usage()));
        }
    }
    Ok(())
}
