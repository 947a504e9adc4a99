//! One word for the state of an instance.

use muster_model::{Check, CheckStatus};

/// What Consul makes of an instance's checks and its node's: `maintenance` before all, else the worst.
pub fn aggregated<'a>(checks: impl IntoIterator<Item = &'a Check>) -> &'static str {
    let mut worst = "passing";
    for check in checks {
        let id = check.id.as_str();
        if id == "_node_maintenance" || id.starts_with("_service_maintenance:") {
            return "maintenance";
        }
        worst = match (&check.status, worst) {
            (CheckStatus::Critical, _) => "critical",
            (CheckStatus::Warning, "passing") => "warning",
            _ => worst,
        };
    }
    worst
}
