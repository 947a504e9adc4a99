//! consul-template's functions, and which of them are here: found out by using each in a template.

use std::fmt::Write;
use std::sync::Arc;

use muster_catalog::{CatalogError, Discovery, Fetched, Pending, Query, Wait};
use muster_template::{Config, TemplateConfig};

/// Those of consul-template 0.42.1, sprig's (all of them with the prefix `sprig_`) apart.
const CONSUL_TEMPLATES: &[(&str, &[&str])] = &[
    ("Consul", &["connect", "datacenters", "node", "nodes", "service", "services"]),
    ("keys", &["key", "keyExists", "keyOrDefault", "ls", "safeLs", "safeTree", "tree"]),
    ("Consul's mesh", &["caLeaf", "caRoots", "exportedServices", "importedServices", "partitions", "peerings"]),
    ("Vault", &["pkiCert", "secret", "secrets"]),
    ("Nomad", &["nomadService", "nomadServices", "nomadVar", "nomadVarExists", "nomadVarList", "nomadVarListSafe"]),
    ("environment and files", &["env", "envOrDefault", "file", "mustEnv", "plugin", "sockaddr", "writeToFile"]),
    ("state", &["executeTemplate", "scratch"]),
    ("grouping", &["byKey", "byMeta", "byPort", "byTag", "explode", "explodeMap", "mergeMap", "mergeMapWithOverride"]),
    ("lists", &["contains", "containsAll", "containsAny", "containsNone", "containsNotAll", "in", "loop"]),
    (
        "text",
        &[
            "indent",
            "join",
            "regexMatch",
            "regexReplaceAll",
            "replaceAll",
            "split",
            "splitToMap",
            "timestamp",
            "toLower",
            "toTitle",
            "toUpper",
            "trim",
            "trimPrefix",
            "trimSpace",
            "trimSuffix",
        ],
    ),
    (
        "formats",
        &[
            "base64Decode",
            "base64Encode",
            "base64URLDecode",
            "base64URLEncode",
            "hmacSHA256Hex",
            "md5sum",
            "parseBool",
            "parseFloat",
            "parseInt",
            "parseJSON",
            "parseUint",
            "parseYAML",
            "sha256Hex",
            "toJSON",
            "toJSONPretty",
            "toTOML",
            "toUnescapedJSON",
            "toUnescapedJSONPretty",
            "toYAML",
        ],
    ),
    ("numbers", &["add", "divide", "maximum", "minimum", "modulo", "multiply", "subtract"]),
    ("debugging", &["spew_dump", "spew_printf", "spew_sdump", "spew_sprintf"]),
    ("sprig", &["sprig_default", "sprig_upper"]),
];

/// Nobody is asked anything: templates are only parsed.
struct NoRegistry;

impl Discovery for NoRegistry {
    fn fetch<'a>(&'a self, _: &'a Query, _: Option<Wait>) -> Pending<'a, Result<Fetched, CatalogError>> {
        Box::pin(std::future::pending())
    }
}

/// Whether templates know the function.
fn is_there(name: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("in");
    std::fs::write(&source, format!("{{{{ {name} }}}}")).unwrap();
    let template = TemplateConfig { source, destination: folder.path().join("out"), command: None };
    let config = Config { templates: vec![template], once: true, ..Config::default() };
    match config.build(Arc::new(NoRegistry)) {
        Ok(_) => true,
        Err(error) => {
            let text = error.to_string();
            assert!(text.contains(&format!("function {name:?} not defined")), "{text}");
            false
        }
    }
}

pub fn markdown() -> String {
    let mut text = String::from("| group | here | absent: an error when the template is parsed |\n|---|---|---|\n");
    for (group, names) in CONSUL_TEMPLATES {
        let (here, absent): (Vec<_>, Vec<_>) = names.iter().partition(|name| is_there(name));
        let list = |names: Vec<&&str>| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" ");
        let absent = if *group == "sprig" && here.is_empty() { "all of `sprig_…`".to_owned() } else { list(absent) };
        let _ = writeln!(text, "| {group} | {} | {absent} |", list(here));
    }
    text
}

#[test]
fn a_function_is_there_or_it_is_not() {
    assert!(is_there("env"));
    assert!(!is_there("nobodyKnowsThis"));
}
