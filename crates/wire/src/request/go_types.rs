//! Go's names of types that have none: Consul decodes into these, and its errors spell them out.

/// The body of `/v1/agent/service/register`.
pub(super) const SERVICE: &str = r#"struct { EnableTagOverrideSnake bool "json:\"enable_tag_override\""; TaggedAddressesSnake map[string]structs.ServiceAddress "json:\"tagged_addresses\""; *structs.Alias }"#;

/// `Check` in it, and each of `Checks`.
pub(super) const SERVICE_CHECK: &str = r#"struct { Interval interface {}; Timeout interface {}; TTL interface {}; DeregisterCriticalServiceAfter interface {}; Args []string "json:\"args\""; ScriptArgsSnake []string "json:\"script_args\""; DeregisterCriticalServiceAfterSnake interface {} "json:\"deregister_critical_service_after\""; DockerContainerIDSnake string "json:\"docker_container_id\""; TLSServerNameSnake string "json:\"tls_server_name\""; TLSSkipVerifySnake bool "json:\"tls_skip_verify\""; TCPUseTLSSnake bool "json:\"tcp_use_tls\""; GRPCUseTLSSnake bool "json:\"grpc_use_tls\""; H2PingUseTLSSnake bool "json:\"h2ping_use_tls\""; ServiceID string "json:\"ServiceID\""; ServiceIDSnake string "json:\"service_id\""; *structs.Alias }"#;

/// The body of `/v1/agent/check/register`.
pub(super) const CHECK: &str = r#"struct { Interval interface {}; Timeout interface {}; TTL interface {}; DeregisterCriticalServiceAfter interface {}; Args []string "json:\"args\""; ScriptArgsSnake []string "json:\"script_args\""; DeregisterCriticalServiceAfterSnake interface {} "json:\"deregister_critical_service_after\""; DockerContainerIDSnake string "json:\"docker_container_id\""; TLSServerNameSnake string "json:\"tls_server_name\""; TLSSkipVerifySnake bool "json:\"tls_skip_verify\""; TCPUseTLSSnake bool "json:\"tcp_use_tls\""; GRPCUseTLSSnake bool "json:\"grpc_use_tls\""; ServiceIDSnake string "json:\"service_id\""; H2PingUseTLSSnake bool "json:\"h2ping_use_tls\""; DisableRedirectsSnake bool "json:\"disable_redirects\""; *structs.Alias }"#;

/// The body of `/v1/catalog/deregister`.
pub(super) const DEREGISTER: &str = "struct { Address string; *structs.Alias }";

/// The body of `/v1/session/create`.
pub(super) const SESSION: &str = "struct { LockDelay interface {}; *structs.Alias }";

/// The same in a transaction.
pub(super) const CLIENT_DEFINITION: &str = "struct { IntervalDuration interface {}; TimeoutDuration interface {}; DeregisterCriticalServiceAfterDuration interface {}; *api.Alias }";

/// `Definition` of a check in the catalog.
pub(super) const DEFINITION: &str = "struct { Interval interface {}; Timeout interface {}; DeregisterCriticalServiceAfter interface {}; TTL interface {}; *structs.Alias }";
