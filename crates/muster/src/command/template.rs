//! `template`: files rendered from a registry somewhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use muster_consul_client::{ClientConfig, ConsulClient};
use muster_template::{Config, ConsulEnvironment, TemplateConfig};

use crate::exit::Failure;
use crate::flags::{Effect, Flag, FlagTable, Kind, Parsed};
use crate::program::Program;
use crate::{logging, shutdown};

/// consul-template's exit codes: wrong flags, a failed run, wrong configuration.
const FLAGS_CODE: u8 = 13;
const RUN_CODE: u8 = 14;
const CONFIG_CODE: u8 = 15;

const fn works(name: &'static str, kind: Kind, value: &'static str, help: &'static str) -> Flag {
    Flag { name, kind, value, help, effect: Effect::Works }
}

const fn absent(name: &'static str) -> Flag {
    Flag { name, kind: Kind::Text, value: "", help: "", effect: Effect::Absent }
}

pub const TABLE: FlagTable = FlagTable {
    usage: "muster template [flags] -template IN:OUT[:COMMAND]…",
    about: "\
Renders files from a registry, muster's or a real Consul, whenever what they show changes, and runs a
command after. Templates are consul-template's. A file is replaced in one step, the command runs only if
its bytes changed, and a command that fails is tried again: it never ends the process.

  muster template -consul-addr 127.0.0.1:8500 -template \"in.ctmpl:/etc/nginx/conf.d/lb.conf:nginx -s reload\"
  muster template -once -template in.ctmpl:out.txt",
    flags: FLAGS,
};

const FLAGS: &[Flag] = &[
    works("consul", Kind::Text, "ADDR", "the same as -consul-addr, as consul-template had it until 0.18"),
    works("consul-addr", Kind::Text, "ADDR", "the registry; default CONSUL_HTTP_ADDR, else 127.0.0.1:8500"),
    works("log-level", Kind::Text, "LEVEL", "trace, debug, info, warn (the default) or err"),
    works("once", Kind::Bool, "", "render everything once and end"),
    works("template", Kind::List, "IN:OUT[:COMMAND]", "a template, its destination, and what to run when that changed"),
    works("v", Kind::Bool, "", "print the version"),
    works("version", Kind::Bool, "", "print the version"),
    absent("config"),
    absent("consul-auth"),
    absent("consul-retry"),
    absent("consul-retry-attempts"),
    absent("consul-retry-backoff"),
    absent("consul-retry-max-backoff"),
    absent("consul-ssl"),
    absent("consul-ssl-ca-cert"),
    absent("consul-ssl-ca-path"),
    absent("consul-ssl-cert"),
    absent("consul-ssl-key"),
    absent("consul-ssl-server-name"),
    absent("consul-ssl-verify"),
    absent("consul-token"),
    absent("consul-token-file"),
    absent("consul-transport-dial-keep-alive"),
    absent("consul-transport-dial-timeout"),
    absent("consul-transport-disable-keep-alives"),
    absent("consul-transport-max-idle-conns-per-host"),
    absent("consul-transport-tls-handshake-timeout"),
    absent("dedup"),
    absent("default-left-delimiter"),
    absent("default-right-delimiter"),
    absent("dry"),
    absent("exec"),
    absent("exec-env-allowlist"),
    absent("exec-env-custom"),
    absent("exec-env-denylist"),
    absent("exec-env-pristine"),
    absent("exec-kill-signal"),
    absent("exec-kill-timeout"),
    absent("exec-reload-signal"),
    absent("exec-splay"),
    absent("kill-signal"),
    absent("log-file"),
    absent("log-rotate-bytes"),
    absent("log-rotate-duration"),
    absent("log-rotate-max-files"),
    absent("max-stale"),
    absent("parse-only"),
    absent("pid-file"),
    absent("reload-signal"),
    absent("retry"),
    absent("syslog"),
    absent("syslog-facility"),
    absent("syslog-name"),
    absent("template-error-fatal"),
    absent("vault-addr"),
    absent("vault-agent-token-file"),
    absent("vault-client-user-agent"),
    absent("vault-default-lease-duration"),
    absent("vault-renew-token"),
    absent("vault-retry"),
    absent("vault-retry-attempts"),
    absent("vault-retry-backoff"),
    absent("vault-retry-max-backoff"),
    absent("vault-ssl"),
    absent("vault-ssl-ca-cert"),
    absent("vault-ssl-ca-path"),
    absent("vault-ssl-cert"),
    absent("vault-ssl-key"),
    absent("vault-ssl-server-name"),
    absent("vault-ssl-verify"),
    absent("vault-token"),
    absent("vault-transport-dial-keep-alive"),
    absent("vault-transport-dial-timeout"),
    absent("vault-transport-disable-keep-alives"),
    absent("vault-transport-max-conns-per-host"),
    absent("vault-transport-max-idle-conns-per-host"),
    absent("vault-transport-tls-handshake-timeout"),
    absent("vault-unwrap-token"),
    absent("wait"),
];

pub fn run(program: Program, arguments: &[String]) -> Result<(), Failure> {
    let name = if program == Program::ConsulTemplate { "consul-template" } else { "muster template" };
    let usage = || format!("Try: {name} --help");
    let parsed = TABLE.parse(arguments).map_err(|error| Failure::usage(FLAGS_CODE, error, usage()))?;
    if parsed.help {
        print!("{}", TABLE.help());
        return Ok(());
    }
    if !parsed.rest.is_empty() {
        return Err(Failure::usage(FLAGS_CODE, anyhow!("cli: extra args: {:?}", parsed.rest), usage()));
    }
    let wrong = |error: anyhow::Error| Failure::with_code(CONFIG_CODE, error);
    logging::start(parsed.text("log-level").unwrap_or("warn")).map_err(wrong)?;
    if parsed.bool("version") || parsed.bool("v") {
        println!("consul-template v0.42.1 (templates, by muster v{})", env!("CARGO_PKG_VERSION"));
        return Ok(());
    }
    let address = registry_address(&parsed);
    let templates = templates(&parsed).map_err(|error| Failure::usage(FLAGS_CODE, error, usage()))?;
    if templates.is_empty() {
        let error = anyhow!("no template is named: -template IN:OUT[:COMMAND] would be right");
        return Err(Failure::usage(FLAGS_CODE, error, usage()));
    }
    let token = std::env::var("CONSUL_HTTP_TOKEN").ok().filter(|token| !token.is_empty());
    let client_config = ClientConfig { token, ..ClientConfig::new(address.clone()) };
    let client = ConsulClient::new(client_config).map_err(|error| wrong(error.into()))?;
    let config =
        Config { templates, once: parsed.bool("once"), environment: environment(&address), ..Config::default() };
    let failed = |error: anyhow::Error| Failure::with_code(RUN_CODE, error);
    super::runtime()?
        .block_on(async {
            let shutdown = shutdown::on_signals().context("cannot listen for signals")?;
            let templates = config.build(Arc::new(client))?;
            Ok(templates.run(shutdown).await?)
        })
        .map_err(failed)
}

fn registry_address(parsed: &Parsed) -> String {
    let environment = || std::env::var("CONSUL_HTTP_ADDR").ok();
    let given = parsed.text("consul-addr").or(parsed.text("consul")).map(str::to_owned).or_else(environment);
    given.filter(|address| !address.is_empty()).unwrap_or_else(|| "127.0.0.1:8500".to_owned())
}

/// The templates that `-template` flags name.
pub fn templates(parsed: &Parsed) -> anyhow::Result<Vec<TemplateConfig>> {
    parsed.list("template").iter().map(|text| Ok(text.parse()?)).collect()
}

/// What templates and their commands see besides this process' own environment.
pub fn environment(address: &str) -> BTreeMap<String, String> {
    ConsulEnvironment { address: address.to_owned(), ssl_verify: true, ..ConsulEnvironment::default() }.variables()
}
