//! Metrics.

use super::super::key::{absent, absent_unless, harmless, works};
use super::super::{Fine, Key, Kind};

const NONE_SENT: &str = "muster sends its metrics to nobody";
const FEW: &str = "there are few metrics: who asks gets them all";

pub const KEYS: &[Key] = &[
    absent("telemetry.circonus_api_app", Kind::Text, NONE_SENT),
    absent("telemetry.circonus_api_token", Kind::Text, NONE_SENT),
    absent("telemetry.circonus_api_url", Kind::Text, NONE_SENT),
    absent("telemetry.circonus_broker_id", Kind::Text, NONE_SENT),
    absent("telemetry.circonus_broker_select_tag", Kind::Text, NONE_SENT),
    absent("telemetry.circonus_check_display_name", Kind::Text, NONE_SENT),
    absent("telemetry.circonus_check_force_metric_activation", Kind::Text, NONE_SENT),
    absent("telemetry.circonus_check_id", Kind::Text, NONE_SENT),
    absent("telemetry.circonus_check_instance_id", Kind::Text, NONE_SENT),
    absent("telemetry.circonus_check_search_tag", Kind::Text, NONE_SENT),
    absent("telemetry.circonus_check_tags", Kind::Text, NONE_SENT),
    absent("telemetry.circonus_submission_interval", Kind::Text, NONE_SENT),
    absent("telemetry.circonus_submission_url", Kind::Text, NONE_SENT),
    works("telemetry.disable_hostname", Kind::Bool, "names of metrics do not have the host's in them"),
    harmless("telemetry.disable_per_tenancy_usage_metrics", Kind::Bool, FEW),
    absent("telemetry.dogstatsd_addr", Kind::Text, NONE_SENT),
    absent("telemetry.dogstatsd_tags", Kind::List, NONE_SENT),
    absent_unless(
        "telemetry.enable_host_metrics",
        Kind::Bool,
        &[Fine::Bool(false)],
        "metrics are of the registry, not of the host",
    ),
    harmless("telemetry.filter_default", Kind::Bool, FEW),
    works("telemetry.metrics_prefix", Kind::Text, "what names of metrics begin with; default consul"),
    harmless("telemetry.prefix_filter", Kind::List, FEW),
    works(
        "telemetry.prometheus_retention_time",
        Kind::Duration,
        "above 0s: /v1/agent/metrics answers Prometheus too, always with what is so now",
    ),
    harmless("telemetry.retry_failed_connection", Kind::Bool, NONE_SENT),
    absent("telemetry.statsd_address", Kind::Text, NONE_SENT),
    absent("telemetry.statsite_address", Kind::Text, NONE_SENT),
];
