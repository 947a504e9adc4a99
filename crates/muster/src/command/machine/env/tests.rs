use super::*;

const LINE: [&str; 3] = ["docker-machine", "env", "m1"];

fn both(shell: Shell) -> (String, String, String) {
    let line = LINE.map(str::to_owned);
    (shell.set("DOCKER_HOST", "tcp://a:1"), shell.unset("DOCKER_HOST"), shell.hint(&line))
}

#[test]
fn every_shell_gets_docker_machines_lines() {
    let expected = [
        (
            Shell::Bourne,
            "export DOCKER_HOST=\"tcp://a:1\"\n",
            "unset DOCKER_HOST\n",
            "# eval $(docker-machine env m1)\n",
        ),
        (
            Shell::Fish,
            "set -gx DOCKER_HOST \"tcp://a:1\";\n",
            "set -e DOCKER_HOST;\n",
            "# eval (docker-machine env m1)\n",
        ),
        (
            Shell::Power,
            "$Env:DOCKER_HOST = \"tcp://a:1\"\n",
            "Remove-Item Env:\\\\DOCKER_HOST\n",
            "# & docker-machine env m1 | Invoke-Expression\n",
        ),
        (
            Shell::Cmd,
            "SET DOCKER_HOST=tcp://a:1\n",
            "SET DOCKER_HOST=\n",
            "REM \t@FOR /f \"tokens=*\" %i IN ('docker-machine env m1') DO @%i\n",
        ),
        (
            Shell::Tcsh,
            "setenv DOCKER_HOST \"tcp://a:1\";\n",
            "unsetenv DOCKER_HOST;\n",
            ": eval `docker-machine env m1`\n",
        ),
        (
            Shell::Emacs,
            "(setenv \"DOCKER_HOST\" \"tcp://a:1\")\n",
            "(setenv \"DOCKER_HOST\" nil)\n",
            ";; (with-temp-buffer (shell-command \"docker-machine env m1\" (current-buffer)) (eval-buffer))\n",
        ),
    ];
    for (shell, set, unset, evaluation) in expected {
        let comment = evaluation.split(' ').next().unwrap();
        let hint = format!("{comment} Run this command to configure your shell: \n{evaluation}");
        assert_eq!(both(shell), (set.to_owned(), unset.to_owned(), hint), "{shell:?}");
    }
}

#[test]
fn the_shell_is_the_one_asked_for_or_the_users() {
    assert_eq!(shell(Some("fish"), Some("/bin/bash".to_owned())).unwrap(), Shell::Fish);
    assert_eq!(shell(None, Some("/usr/bin/tcsh".to_owned())).unwrap(), Shell::Tcsh);
    assert_eq!(shell(None, Some("/bin/zsh".to_owned())).unwrap(), Shell::Bourne);
    assert!(shell(None, None).unwrap_err().to_string().starts_with("Error: Unknown shell"));
}

#[test]
fn an_address_is_added_to_no_proxy_once() {
    assert_eq!(with_address("", "10.0.0.1"), "10.0.0.1");
    assert_eq!(with_address("a,b", "10.0.0.1"), "a,b,10.0.0.1");
    assert_eq!(with_address("a, 10.0.0.1", "10.0.0.1"), "a, 10.0.0.1");
    assert_eq!(with_address("10.0.0.11", "10.0.0.1"), "10.0.0.11,10.0.0.1");
}
