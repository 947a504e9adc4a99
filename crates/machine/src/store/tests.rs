use std::path::Path;

use super::*;

/// As docker-machine 0.16 wrote it.
const EXISTING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/docker-machine-store");

fn named(name: &str) -> MachineName {
    MachineName::parse(name).unwrap()
}

#[test]
fn a_store_of_docker_machines_is_read_and_written_back_without_loss() {
    let config = Store::at(EXISTING).load("default").unwrap();
    assert_eq!((config.driver_name.as_str(), config.driver.ip_address.as_str()), ("virtualbox", "192.168.99.100"));
    assert_eq!((config.driver.ssh_user.as_str(), config.driver.ssh_port), ("docker", 51000));
    assert_eq!(config.host_options.engine_options.labels, ["tier=db"]);
    assert!(config.host_options.engine_options.env.is_empty() && !config.unfinished);
    let original = fs::read(Path::new(EXISTING).join("machines/default/config.json")).unwrap();
    let mut original: serde_json::Value = serde_json::from_slice(&original).unwrap();
    // Go's null for an empty list is the one thing that changes.
    original["HostOptions"]["EngineOptions"]["Env"] = serde_json::json!([]);
    assert_eq!(serde_json::to_value(&config).unwrap(), original);
}

#[test]
fn a_newer_form_is_refused_by_number_and_other_machines_stay_usable() {
    let store = Store::at(EXISTING);
    assert_eq!(store.names().unwrap(), [named("default"), named("newer")]);
    let refused = store.load("newer").unwrap_err().to_string();
    assert!(
        refused.ends_with("machines/newer/config.json has ConfigVersion 4; this muster reads version 3"),
        "{refused}"
    );
}

#[test]
fn a_name_is_given_once_and_a_missing_machine_is_docker_machines_error() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::at(directory.path().join("deep/store"));
    assert_eq!(store.names().unwrap(), []);
    store.reserve(&named("m1")).unwrap();
    assert!(store.is_empty(&named("m1")));
    assert_eq!(store.reserve(&named("m1")).unwrap_err().to_string(), "Docker machine \"m1\" already exists");
    let missing = store.load("m2").unwrap_err().to_string();
    assert!(missing.starts_with("Docker machine \"m2\" does not exist. Use \"docker-machine ls\""), "{missing}");
    assert!(store.load("../m1").unwrap_err().to_string().contains("does not exist"));
    store.remove(&named("m1")).unwrap();
    assert!(!store.exists(&named("m1")));
}

#[test]
fn files_are_for_their_owner_and_hold_no_path_of_the_store() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let store = Store::at(directory.path());
    store.reserve(&named("m1")).unwrap();
    let config = Config::new("m1", "container", config::EngineOptions::default(), config::AuthOptions::default());
    store.save(&named("m1"), &config).unwrap();
    let path = store.directory(&named("m1")).join(CONFIG);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(&store.directory(&named("m1")))), (0o600, 0o700));
    assert!(!fs::read_to_string(&path).unwrap().contains(directory.path().to_str().unwrap()));
    assert!(store.load("m1").unwrap().unfinished);
    // Nothing of the writing is left beside it.
    assert_eq!(fs::read_dir(store.directory(&named("m1"))).unwrap().count(), 1);
}

#[test]
fn a_machine_that_is_being_made_is_another_process_business() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::at(directory.path());
    store.reserve(&named("m1")).unwrap();
    let lock = store.lock_creation(&named("m1")).unwrap();
    assert!(store.is_being_created(&named("m1")));
    assert!(matches!(store.lock_creation(&named("m1")), Err(StoreError::Busy { .. })));
    drop(lock);
    assert!(!store.is_being_created(&named("m1")));
    assert_eq!(fs::read_dir(store.directory(&named("m1"))).unwrap().count(), 0);
}

#[test]
fn what_cannot_be_written_is_named_and_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    let refused = Store::at(&file).reserve(&named("m1")).unwrap_err().to_string();
    assert_eq!(refused, format!("cannot make {}", file.join("machines").display()));
}
