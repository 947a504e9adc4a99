//! The Go API client of Consul 1.21 against muster. The questions are in go/, each gets a fresh registry.

use muster_interop::agent;
use muster_interop::client_test;
use muster_interop::go::Go;
use muster_interop::skip::or_skip;
use tokio::process::Command;

macro_rules! questions {
    ($($name:ident: $question:literal,)*) => {
        const QUESTIONS: &[&str] = &[$($question),*];
        $(
            #[tokio::test]
            #[ignore = "needs Go: make test-ci runs it"]
            async fn $name() {
                ask(stringify!($name), $question).await;
            }
        )*
    };
}

questions! {
    a_ttl_check_steers_health: "TestATTLCheckSteersHealth",
    an_instance_reads_as_it_was_registered: "TestAnInstanceReadsAsItWasRegistered",
    a_deregistered_instance_is_gone: "TestADeregisteredInstanceIsGone",
    maintenance_takes_out: "TestMaintenanceTakesOut",
    standalone_checks_belong_to_the_node: "TestStandaloneChecksBelongToTheNode",
    the_catalog_takes_foreign_nodes: "TestTheCatalogTakesForeignNodes",
    answers_carry_their_meta: "TestAnswersCarryTheirMeta",
    keys_are_put_and_got: "TestKeysArePutAndGot",
    keys_are_listed_by_prefix: "TestKeysAreListedByPrefix",
    a_write_can_depend_on_the_index: "TestAWriteCanDependOnTheIndex",
    a_loop_sees_each_change_of_a_service: "TestALoopSeesEachChangeOfAService",
    a_loop_sees_each_change_of_a_key: "TestALoopSeesEachChangeOfAKey",
    a_loop_sees_each_change_under_a_prefix: "TestALoopSeesEachChangeUnderAPrefix",
    a_query_ends_with_its_wait: "TestAQueryEndsWithItsWait",
    one_that_asks_for_several_prefixes_in_turn_sees_a_change: "TestOneThatAsksForSeveralPrefixesInTurnSeesAChange",
    a_semaphore_lets_in_as_many_as_its_limit: "TestASemaphoreLetsInAsManyAsItsLimit",
    a_plan_follows_a_key: "TestAPlanFollowsAKey",
    a_plan_follows_a_prefix: "TestAPlanFollowsAPrefix",
    a_plan_follows_a_service: "TestAPlanFollowsAService",
    a_plan_follows_the_services: "TestAPlanFollowsTheServices",
    a_plan_follows_the_nodes: "TestAPlanFollowsTheNodes",
    a_plan_follows_the_checks: "TestAPlanFollowsTheChecks",
    a_lock_passes_from_a_dying_holder_to_the_next: "TestALockPassesFromADyingHolderToTheNext",
    the_holder_is_a_child_of_the_lock_s_test: "TestHolder",
}

async fn ask(test: &str, question: &str) {
    let Some(go) = or_skip(test, Go::find()) else { return };
    let mut runner = Command::new(go.api_tests());
    runner.args(["-test.v", "-test.run", &format!("^{question}$")]);
    client_test::expect_pass(runner, &format!("--- PASS: {question}")).await;
}

/// Consul's own test harness (`sdk/testutil`), with which programs of the Go ecosystem test: it starts the `consul`
/// that it finds on PATH.
const HARNESS: &str = "TestTheHarnessStartsProbesAndStopsUs";

#[tokio::test]
#[ignore = "needs Go: make test-ci runs it"]
async fn the_harness_starts_probes_and_stops_us() {
    let Some(go) = or_skip("the_harness_starts_probes_and_stops_us", Go::find()) else { return };
    let directory = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(agent::muster(), directory.path().join("consul")).unwrap();
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let path = [directory.path().to_owned()].into_iter().chain(std::env::split_paths(&inherited));
    let mut runner = Command::new(go.api_tests());
    runner.args(["-test.v", "-test.run", &format!("^{HARNESS}$")]);
    runner.env("PATH", std::env::join_paths(path).unwrap());
    client_test::expect_pass(runner, &format!("--- PASS: {HARNESS}")).await;
}

#[tokio::test]
#[ignore = "needs Go: make test-ci runs it"]
async fn every_question_is_asked() {
    let Some(go) = or_skip("every_question_is_asked", Go::find()) else { return };
    let output = Command::new(go.api_tests()).args(["-test.list", "."]).output().await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut there: Vec<&str> = text.lines().collect();
    let mut asked = [QUESTIONS, &[HARNESS]].concat();
    there.sort_unstable();
    asked.sort_unstable();
    assert_eq!(there, asked);
}
