//! What stands in a machine's config.json: docker-machine's form, version 3.
//!
//! docker-machine writes absolute paths into it. Ours has none: every path follows from where the store is. Fields that
//! are not known here are kept.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The version of docker-machine's last releases, and the newest that is understood.
pub(crate) const VERSION: u64 = 3;

/// A machine's config.json.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Config {
    /// The form's version.
    pub config_version: u64,
    /// What the driver knows of the host.
    pub driver: DriverConfig,
    /// Which driver.
    pub driver_name: String,
    /// How the host was to be set up.
    #[serde(default)]
    pub host_options: HostOptions,
    /// The machine's name.
    pub name: String,
    /// Set while the machine is being made.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unfinished: bool,
    /// Fields that are not known here.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// What every driver keeps, and what one keeps besides.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DriverConfig {
    /// The host's address.
    #[serde(rename = "IPAddress")]
    pub ip_address: String,
    /// The machine's name.
    pub machine_name: String,
    /// Whom ssh logs in as; empty: root.
    #[serde(rename = "SSHUser")]
    pub ssh_user: String,
    /// ssh's port; 0: 22.
    #[serde(rename = "SSHPort")]
    pub ssh_port: u16,
    /// The driver's own fields.
    #[serde(flatten)]
    pub own: Map<String, Value>,
}

/// docker-machine's HostOptions.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct HostOptions {
    /// For dockerd.
    pub engine_options: EngineOptions,
    /// For certificates.
    pub auth_options: AuthOptions,
    /// Fields that are not known here.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// What dockerd is started with.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct EngineOptions {
    /// Flags without their dashes.
    #[serde(deserialize_with = "or_none")]
    pub arbitrary_flags: Vec<String>,
    /// Its environment.
    #[serde(deserialize_with = "or_none")]
    pub env: Vec<String>,
    /// Registries without TLS.
    #[serde(deserialize_with = "or_none")]
    pub insecure_registry: Vec<String>,
    /// Its labels.
    #[serde(deserialize_with = "or_none")]
    pub labels: Vec<String>,
    /// Mirrors of the registry.
    #[serde(deserialize_with = "or_none")]
    pub registry_mirror: Vec<String>,
    /// How layers are stored.
    pub storage_driver: String,
    /// Always true.
    pub tls_verify: bool,
    /// Fields that are not known here.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// What the machine's certificates are made with.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AuthOptions {
    /// Further names for the server's certificate.
    #[serde(rename = "ServerCertSANs", deserialize_with = "or_none")]
    pub server_cert_sans: Vec<String>,
    /// Fields that are not known here.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Go writes an empty list as null.
fn or_none<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl Config {
    /// For a machine that is to be made.
    pub fn new(name: &str, driver_name: &str, engine: EngineOptions, auth: AuthOptions) -> Self {
        let driver = DriverConfig { machine_name: name.to_owned(), ..DriverConfig::default() };
        let host_options = HostOptions { engine_options: engine, auth_options: auth, rest: Map::new() };
        Self {
            config_version: VERSION,
            driver,
            driver_name: driver_name.to_owned(),
            host_options,
            name: name.to_owned(),
            unfinished: true,
            rest: Map::new(),
        }
    }
}
