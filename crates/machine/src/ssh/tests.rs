use super::*;

fn way(directory: &Path, name: &str) -> Ssh {
    Ssh {
        name: name.to_owned(),
        user: "root".to_owned(),
        host: "192.168.99.100".to_owned(),
        port: 22,
        directory: directory.join(name),
    }
}

fn text(options: &[OsString]) -> String {
    options.iter().map(|option| option.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn keys_are_made_and_the_hosts_is_recorded_and_forgotten() {
    let directory = tempfile::tempdir().unwrap();
    let name = MachineName::parse("m1").unwrap();
    let keys = make_keys(directory.path(), &name).await.unwrap();
    assert!(keys.authorized.starts_with("ssh-rsa ") && keys.host_private.contains("PRIVATE KEY"));
    let recorded = std::fs::read_to_string(directory.path().join(KNOWN_HOSTS)).unwrap();
    assert_eq!(recorded.trim_end(), format!("m1 {}", keys.host_public.trim_end()));
    let mut files: Vec<_> =
        std::fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["id_rsa", "id_rsa.pub", "known_hosts"]);
    record_address(directory.path(), &name, "192.168.99.100").unwrap();
    let recorded = std::fs::read_to_string(directory.path().join(KNOWN_HOSTS)).unwrap();
    assert_eq!(recorded.trim_end(), format!("m1,192.168.99.100 {}", keys.host_public.trim_end()));
}

#[test]
fn a_recorded_host_key_is_the_only_one_that_is_taken() {
    let directory = tempfile::tempdir().unwrap();
    let ours = way(directory.path(), "m1");
    // A store of docker-machine's has none.
    assert!(text(&ours.options()).contains("StrictHostKeyChecking=accept-new"));
    std::fs::create_dir(directory.path().join("m1")).unwrap();
    std::fs::write(directory.path().join("m1/known_hosts"), "m1 ssh-ed25519 AAAA\n").unwrap();
    let options = text(&ours.options());
    assert!(options.contains("StrictHostKeyChecking=yes") && options.ends_with("HostKeyAlias=m1"), "{options}");
    let known = format!("UserKnownHostsFile=\"{}\"", directory.path().join("m1/known_hosts").display());
    assert!(options.contains(&known), "{options}");
}

#[test]
fn a_copy_between_machines_has_the_keys_of_both() {
    let directory = tempfile::tempdir().unwrap();
    let ways = [way(directory.path(), "m1"), way(directory.path(), "m2")];
    let options = text(&options_for(&ways.iter().collect::<Vec<_>>()));
    for name in ["m1", "m2"] {
        assert!(
            options.contains(&format!("IdentityFile=\"{}/{name}/id_rsa\"", directory.path().display())),
            "{options}"
        );
        assert!(options.contains(&format!("\"{}/{name}/known_hosts\"", directory.path().display())), "{options}");
    }
    assert!(!options.contains("HostKeyAlias"));
}
