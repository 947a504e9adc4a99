//! A check that follows the checks of another instance or node.

use muster_model::{Check, CheckId, CheckStatus, ServiceId};

use crate::Outcome;

/// What an alias makes of `checks`, those of one node and its instances: the worst of the node's own and of the
/// instance `service`, with the output of the first that is so. `node` is its name if the check gives one; `exists` tells whether the node has an instance.
/// The alias itself (`own`) does not count, so that it can come back.
pub fn alias<'a>(
    own: &CheckId,
    service: Option<&ServiceId>,
    node: &str,
    checks: impl IntoIterator<Item = &'a Check>,
    exists: impl FnOnce(&ServiceId) -> bool,
) -> Outcome {
    let mut found = Outcome::passing("No checks found.");
    let mut seen = false;
    for check in checks.into_iter().filter(|check| check.id != *own) {
        if let Some(id) = &check.service_id {
            if service != Some(id) {
                continue;
            }
            seen = true;
        }
        if !matches!(check.status, CheckStatus::Critical | CheckStatus::Warning) {
            if found.status == CheckStatus::Passing {
                "All checks passing.".clone_into(&mut found.output);
            }
            continue;
        }
        if found.status == CheckStatus::Passing || check.status == CheckStatus::Critical {
            let output = format!("Aliased check {:?} failing: {}", &*check.name, check.output);
            found = Outcome { status: check.status.clone(), output };
        }
        if check.status == CheckStatus::Critical {
            break;
        }
    }
    if let Some(service) = service
        && !seen
        && !exists(service)
    {
        return Outcome::critical(format!("Service {service} could not be found on node {node}"));
    }
    found
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn check(id: &str, service: Option<&str>, status: CheckStatus) -> Check {
        Check {
            id: CheckId::new(id).unwrap(),
            name: Arc::from(id),
            status,
            notes: Arc::from(""),
            output: Arc::from("out"),
            service_id: service.map(|id| ServiceId::new(id).unwrap()),
            kind: Arc::from(""),
            definition: None,
        }
    }

    fn found(service: Option<&str>, checks: &[Check], exists: bool) -> (CheckStatus, String) {
        let service = service.map(|id| ServiceId::new(id).unwrap());
        let outcome = alias(&CheckId::new("me").unwrap(), service.as_ref(), "n1", checks, |_| exists);
        (outcome.status, outcome.output)
    }

    #[test]
    fn the_worst_of_instance_and_node_counts() {
        use CheckStatus::{Critical, Passing, Warning};
        let fine = check("a", Some("web"), Passing);
        assert_eq!(found(Some("web"), &[], true), (Passing, "No checks found.".into()));
        assert_eq!(found(Some("web"), std::slice::from_ref(&fine), true), (Passing, "All checks passing.".into()));
        let other = check("b", Some("db"), Critical);
        assert_eq!(found(Some("web"), &[fine.clone(), other.clone()], true).0, Passing);
        let warns = check("c", Some("web"), Warning);
        assert_eq!(found(Some("web"), &[warns.clone(), fine.clone()], true).1, "Aliased check \"c\" failing: out");
        let node = check("n", None, Critical);
        assert_eq!(found(Some("web"), &[fine, warns, node.clone()], true).1, "Aliased check \"n\" failing: out");
        assert_eq!(found(None, &[other, node], true).1, "Aliased check \"n\" failing: out");
    }

    #[test]
    fn a_missing_instance_is_critical_and_the_alias_itself_does_not_count() {
        let own = check("me", Some("web"), CheckStatus::Critical);
        assert_eq!(found(Some("web"), &[own], true), (CheckStatus::Passing, "No checks found.".into()));
        let missing = found(Some("web"), &[check("n", None, CheckStatus::Passing)], false);
        assert_eq!(missing, (CheckStatus::Critical, "Service web could not be found on node n1".into()));
    }
}
