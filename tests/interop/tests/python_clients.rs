//! Python's two Consul clients against muster. The questions are in python/, each gets a fresh registry.

use muster_interop::client_test;
use muster_interop::python::{self, Python};
use muster_interop::skip::or_skip;
use tokio::process::Command;

/// Tests of a module, as functions in a Rust module and as a list.
macro_rules! questions {
    ($client:literal, $class:literal: $($name:ident,)*) => {
        const QUESTIONS: &[&str] = &[$(stringify!($name)),*];
        $(
            #[tokio::test]
            #[ignore = "needs Python: make test-ci runs it"]
            async fn $name() {
                super::ask($client, $class, stringify!($name)).await;
            }
        )*

        #[tokio::test]
        #[ignore = "needs Python: make test-ci runs it"]
        async fn every_question_is_asked() {
            super::expect_all_asked($client, $class, QUESTIONS).await;
        }
    };
}

mod py_consul {
    questions! {
        "py-consul", "test_py_consul.PyConsul":
        a_ttl_check_steers_health,
        an_instance_reads_as_it_was_registered,
        the_catalog_is_read_and_written,
        keys,
        a_blocking_query_ends_with_the_change,
        a_missing_key_is_waited_for,
        refusals_are_the_library_s_exceptions,
    }
}

mod python_consul {
    questions! {
        "python-consul", "test_python_consul.PythonConsul":
        a_ttl_check_steers_health,
        keys,
        a_blocking_query_ends_with_the_change,
    }
}

async fn ask(client: &str, class: &str, question: &str) {
    let Some(mut runner) = runner(client, question) else { return };
    runner.args(["-m", "unittest", "-v", &format!("{class}.test_{question}")]);
    client_test::expect_pass(runner, "Ran 1 test").await;
}

async fn expect_all_asked(client: &str, class: &str, asked: &[&str]) {
    let Some(mut runner) = runner(client, "every_question_is_asked") else { return };
    let (module, class) = class.split_once('.').expect("module and class");
    let list = format!("import unittest, {module}; print(*unittest.TestLoader().getTestCaseNames({module}.{class}))");
    let output = runner.args(["-c", &list]).output().await.expect("Python starts");
    let text = String::from_utf8(output.stdout).expect("names are UTF-8");
    let mut there: Vec<&str> = text.split_whitespace().map(|name| name.trim_start_matches("test_")).collect();
    let mut asked = asked.to_vec();
    there.sort_unstable();
    asked.sort_unstable();
    assert_eq!(there, asked);
}

fn runner(client: &str, question: &str) -> Option<Command> {
    let python = or_skip(&format!("{client}: {question}"), Python::find())?;
    let mut runner = Command::new(python.environment(client));
    runner.current_dir(python::sources()).env("PYTHONDONTWRITEBYTECODE", "1");
    Some(runner)
}
