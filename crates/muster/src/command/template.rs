//! `template`: files rendered from a registry somewhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use muster_template::{Config, ConsulEnvironment, InvalidTemplateFlag, TemplateConfig};

use crate::exit::Failure;
use crate::flags::{Flag, FlagTable, Kind, Parsed};
use crate::program::Program;
use crate::{logging, registry_client, rendering, shutdown};

/// consul-template's exit codes: wrong flags, a failed run, wrong configuration.
const FLAGS_CODE: u8 = 13;
const RUN_CODE: u8 = 14;
const CONFIG_CODE: u8 = 15;

pub const TABLE: FlagTable = FlagTable {
    usage: "muster template [flags] -template IN:OUT[:COMMAND]…",
    about: "\
Renders files from a registry, muster's or a real Consul, whenever what they show changes, and runs a
command after. Templates are consul-template's. A file is replaced in one step, the command runs only if
its bytes changed, and a command that fails is tried again: it never ends the process. SIGHUP reads the templates anew.

  muster template -consul-addr 127.0.0.1:8500 -template \"in.ctmpl:/etc/nginx/conf.d/lb.conf:nginx -s reload\"
  muster template -once -template in.ctmpl:out.txt",
    flags: FLAGS,
};

const FLAGS: &[Flag] = &[
    Flag::works("consul", Kind::Text, "ADDR", "the same as -consul-addr, as consul-template had it until 0.18"),
    Flag::works("consul-addr", Kind::Text, "ADDR", "the registry; default CONSUL_HTTP_ADDR, else 127.0.0.1:8500"),
    Flag::works("log-level", Kind::Text, "LEVEL", "trace, debug, info, warn (the default) or err"),
    Flag::works("once", Kind::Bool, "", "render everything once and end"),
    Flag::works(
        "template",
        Kind::List,
        "IN:OUT[:COMMAND]",
        "a template, its destination, and what to run when that changed",
    ),
    Flag::works("v", Kind::Bool, "", "print the version"),
    Flag::works("version", Kind::Bool, "", "print the version"),
    Flag::absent("config"),
    Flag::absent("consul-auth"),
    Flag::absent("consul-retry"),
    Flag::absent("consul-retry-attempts"),
    Flag::absent("consul-retry-backoff"),
    Flag::absent("consul-retry-max-backoff"),
    Flag::absent("consul-ssl"),
    Flag::absent("consul-ssl-ca-cert"),
    Flag::absent("consul-ssl-ca-path"),
    Flag::absent("consul-ssl-cert"),
    Flag::absent("consul-ssl-key"),
    Flag::absent("consul-ssl-server-name"),
    Flag::absent("consul-ssl-verify"),
    Flag::absent("consul-token"),
    Flag::absent("consul-token-file"),
    Flag::absent("consul-transport-dial-keep-alive"),
    Flag::absent("consul-transport-dial-timeout"),
    Flag::absent("consul-transport-disable-keep-alives"),
    Flag::absent("consul-transport-max-idle-conns-per-host"),
    Flag::absent("consul-transport-tls-handshake-timeout"),
    Flag::absent("dedup"),
    Flag::absent("default-left-delimiter"),
    Flag::absent("default-right-delimiter"),
    Flag::absent("dry"),
    Flag::absent("exec"),
    Flag::absent("exec-env-allowlist"),
    Flag::absent("exec-env-custom"),
    Flag::absent("exec-env-denylist"),
    Flag::absent("exec-env-pristine"),
    Flag::absent("exec-kill-signal"),
    Flag::absent("exec-kill-timeout"),
    Flag::absent("exec-reload-signal"),
    Flag::absent("exec-splay"),
    Flag::absent("kill-signal"),
    Flag::absent("log-file"),
    Flag::absent("log-rotate-bytes"),
    Flag::absent("log-rotate-duration"),
    Flag::absent("log-rotate-max-files"),
    Flag::absent("max-stale"),
    Flag::absent("parse-only"),
    Flag::absent("pid-file"),
    Flag::absent("reload-signal"),
    Flag::absent("retry"),
    Flag::absent("syslog"),
    Flag::absent("syslog-facility"),
    Flag::absent("syslog-name"),
    Flag::absent("template-error-fatal"),
    Flag::absent("vault-addr"),
    Flag::absent("vault-agent-token-file"),
    Flag::absent("vault-client-user-agent"),
    Flag::absent("vault-default-lease-duration"),
    Flag::absent("vault-renew-token"),
    Flag::absent("vault-retry"),
    Flag::absent("vault-retry-attempts"),
    Flag::absent("vault-retry-backoff"),
    Flag::absent("vault-retry-max-backoff"),
    Flag::absent("vault-ssl"),
    Flag::absent("vault-ssl-ca-cert"),
    Flag::absent("vault-ssl-ca-path"),
    Flag::absent("vault-ssl-cert"),
    Flag::absent("vault-ssl-key"),
    Flag::absent("vault-ssl-server-name"),
    Flag::absent("vault-ssl-verify"),
    Flag::absent("vault-token"),
    Flag::absent("vault-transport-dial-keep-alive"),
    Flag::absent("vault-transport-dial-timeout"),
    Flag::absent("vault-transport-disable-keep-alives"),
    Flag::absent("vault-transport-max-conns-per-host"),
    Flag::absent("vault-transport-max-idle-conns-per-host"),
    Flag::absent("vault-transport-tls-handshake-timeout"),
    Flag::absent("vault-unwrap-token"),
    Flag::absent("wait"),
];

pub fn run(program: Program, arguments: &[String]) -> Result<(), Failure> {
    let name = if program == Program::ConsulTemplate { "consul-template" } else { "muster template" };
    let usage = || format!("Try: {name} --help");
    let parsed = TABLE.parse(arguments).map_err(|error| Failure::usage(FLAGS_CODE, error, usage()))?;
    if parsed.help {
        out!("{}", TABLE.help_as(program.name()));
        return Ok(());
    }
    if !parsed.rest.is_empty() {
        return Err(Failure::usage(FLAGS_CODE, anyhow!("cli: extra args: {:?}", parsed.rest), usage()));
    }
    let wrong = |error: anyhow::Error| Failure::with_code(CONFIG_CODE, error);
    logging::start(parsed.text("log-level").unwrap_or("warn")).map_err(wrong)?;
    if parsed.bool("version") || parsed.bool("v") {
        outln!("consul-template v0.42.1 (templates, by muster v{})", env!("CARGO_PKG_VERSION"));
        return Ok(());
    }
    let address = registry_address(&parsed);
    let templates = templates(&parsed).map_err(|error| {
        // consul-template takes the flag, and finds out later.
        let is_late = matches!(error.downcast_ref(), Some(InvalidTemplateFlag::NoDestination(_)));
        Failure::usage(if is_late { RUN_CODE } else { FLAGS_CODE }, error, usage())
    })?;
    if templates.is_empty() {
        let error = anyhow!("no template is named: -template IN:OUT[:COMMAND] would be right");
        return Err(Failure::usage(FLAGS_CODE, error, usage()));
    }
    let client = registry_client::connect(&address).map_err(wrong)?;
    let config =
        Config { templates, once: parsed.bool("once"), environment: environment(&address), ..Config::default() };
    let failed = |error: anyhow::Error| Failure::with_code(RUN_CODE, error);
    super::runtime()?
        .block_on(async {
            let shutdown = shutdown::on_signals().context("cannot listen for signals")?;
            rendering::run(config, Arc::new(client), shutdown).await
        })
        .map_err(failed)
}

/// The registry's address of the process with these arguments.
pub fn registry_of(arguments: &[String]) -> anyhow::Result<String> {
    Ok(registry_address(&TABLE.parse(arguments)?))
}

fn registry_address(parsed: &Parsed) -> String {
    registry_client::address(parsed.text("consul-addr").or(parsed.text("consul")))
}

/// The templates that `-template` flags name.
pub fn templates(parsed: &Parsed) -> anyhow::Result<Vec<TemplateConfig>> {
    parsed.list("template").iter().map(|text| Ok(text.parse()?)).collect()
}

/// What templates and their commands see besides this process' own environment.
pub fn environment(address: &str) -> BTreeMap<String, String> {
    ConsulEnvironment { address: address.to_owned(), ssl_verify: true, ..ConsulEnvironment::default() }.variables()
}
