//! Metrics.

use super::super::key::{absent, absent_unless, harmless};
use super::super::{Fine, Key, Kind};

const NONE_SENT: &str = "muster sends its metrics to nobody";
const NONE: &str = "there are no metrics yet";

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
    harmless("telemetry.disable_hostname", Kind::Bool, NONE),
    harmless("telemetry.disable_per_tenancy_usage_metrics", Kind::Bool, NONE),
    absent("telemetry.dogstatsd_addr", Kind::Text, NONE_SENT),
    absent("telemetry.dogstatsd_tags", Kind::List, NONE_SENT),
    absent_unless("telemetry.enable_host_metrics", Kind::Bool, &[Fine::Bool(false)], NONE),
    harmless("telemetry.filter_default", Kind::Bool, NONE),
    harmless("telemetry.metrics_prefix", Kind::Text, NONE),
    harmless("telemetry.prefix_filter", Kind::List, NONE),
    harmless("telemetry.prometheus_retention_time", Kind::Duration, NONE),
    harmless("telemetry.retry_failed_connection", Kind::Bool, NONE),
    absent("telemetry.statsd_address", Kind::Text, NONE_SENT),
    absent("telemetry.statsite_address", Kind::Text, NONE_SENT),
];
