//! The whole loop with real files and commands, over a registry in memory that blocks and wakes as a
//! real one does.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on is to panic")]

#[path = "rendering/registry.rs"]
mod registry;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use muster_template::{Command, Config, Retry, RunError, TemplateConfig};
use registry::{FakeRegistry, instance};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const LB: &str = r#"{{$app := env "APP_NAME"}}

upstream {{printf $app}} {
    least_conn;
    {{range service $app}}
    server {{.Address}}:{{.Port}} max_fails=3 fail_timeout=60 weight=1;{{end}}
}
"#;

/// A directory with templates, and the daemon that renders them.
struct Site {
    directory: TempDir,
    registry: Arc<FakeRegistry>,
    config: Config,
}

struct Running {
    task: JoinHandle<Result<(), RunError>>,
    shutdown: CancellationToken,
}

impl Site {
    fn new() -> Self {
        let retry = Retry { backoff: Duration::from_millis(5), max_backoff: Duration::from_millis(20), attempts: 3 };
        let config = Config { retry, ..Config::default() };
        Self { directory: tempfile::tempdir().unwrap(), registry: Arc::default(), config }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// Adds the template `name.in`, rendered to `name`.
    fn add(&mut self, name: &str, text: &str, command: Option<&str>) {
        let source = self.path(&format!("{name}.in"));
        fs::write(&source, text).unwrap();
        let command = command.and_then(Command::new);
        self.config.templates.push(TemplateConfig { source, destination: self.path(name), command });
    }

    /// A command that writes one line to the file `name` each time that it runs.
    fn log_to(&self, name: &str) -> String {
        format!("echo ran >> {}", self.path(name).display())
    }

    fn start(&self) -> Running {
        let runner = self.config.clone().build(self.registry.clone()).unwrap();
        let shutdown = CancellationToken::new();
        Running { task: tokio::spawn(runner.run(shutdown.clone())), shutdown }
    }

    async fn run_once(&mut self) -> Result<(), RunError> {
        self.config.once = true;
        let runner = self.config.clone().build(self.registry.clone()).unwrap();
        runner.run(CancellationToken::new()).await
    }

    async fn until_file(&self, name: &str, wanted: &str) {
        until(&format!("{name} holds {wanted:?}"), || self.read(name) == wanted).await;
    }
}

impl Running {
    async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.unwrap().unwrap();
    }
}

/// Waits for a condition; the bound only keeps a broken test from hanging.
async fn until(what: &str, condition: impl Fn() -> bool) {
    let waited = tokio::time::timeout(Duration::from_secs(120), async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    assert!(waited.await.is_ok(), "waited in vain until {what}");
}

fn lines(text: &str) -> usize {
    text.lines().count()
}

#[tokio::test]
async fn renders_the_load_balancer_and_follows_changes() {
    let mut site = Site::new();
    site.config.environment.insert("APP_NAME".into(), "web".into());
    let reload = site.log_to("reloads");
    site.add("lb", LB, Some(&reload));
    site.registry.put_service("web", vec![instance("n2", "web", "web-2", 8002), instance("n1", "web", "web-1", 8001)]);
    let running = site.start();
    let one = "    server 10.0.0.1:8001 max_fails=3 fail_timeout=60 weight=1;";
    let two = "    server 10.0.0.1:8002 max_fails=3 fail_timeout=60 weight=1;";
    let file = |servers: &str| format!("\n\nupstream web {{\n    least_conn;\n    {servers}\n}}\n");
    site.until_file("lb", &file(&format!("\n{one}\n{two}"))).await;
    site.until_file("reloads", "ran\n").await;
    site.registry.put_service("web", vec![instance("n1", "web", "web-1", 8001)]);
    site.until_file("lb", &file(&format!("\n{one}"))).await;
    site.until_file("reloads", "ran\nran\n").await;
    site.registry.put_service("web", vec![]);
    site.until_file("lb", &file("")).await;
    running.stop().await;
}

#[tokio::test]
async fn a_change_renders_only_templates_that_use_it() {
    let mut site = Site::new();
    site.add("a", r#"{{range service "a"}}{{.Port}} {{end}}"#, None);
    site.add("b", r#"{{range service "b"}}{{.Port}} {{end}}"#, None);
    site.add("both", r#"{{range service "a"}}{{.Port}} {{end}}{{range service "b"}}{{.Port}} {{end}}"#, None);
    site.registry.put_service("a", vec![instance("n", "a", "a", 1)]);
    site.registry.put_service("b", vec![instance("n", "b", "b", 2)]);
    let running = site.start();
    site.until_file("a", "1 ").await;
    site.until_file("b", "2 ").await;
    site.until_file("both", "1 2 ").await;
    // Whoever renders writes: what was spoiled here stays so, unless it is rendered again.
    for name in ["a", "b", "both"] {
        fs::write(site.path(name), "spoiled").unwrap();
    }
    site.registry.put_service("b", vec![instance("n", "b", "b", 3)]);
    site.until_file("both", "1 3 ").await;
    site.until_file("b", "3 ").await;
    assert_eq!(site.read("a"), "spoiled");
    running.stop().await;
}

#[tokio::test]
async fn one_question_is_asked_once_for_all_templates_and_dropped_when_unused() {
    let mut site = Site::new();
    let text = r#"{{if keyExists "on"}}{{range service "web"}}{{.Port}}{{end}}{{else}}off{{end}}"#;
    site.add("one", text, None);
    site.add("two", text, None);
    site.registry.put_key("on", "1");
    site.registry.put_service("web", vec![instance("n", "web", "web", 80)]);
    let running = site.start();
    site.until_file("one", "80").await;
    site.until_file("two", "80").await;
    until("both questions wait", || site.registry.waiting() == 2).await;
    let asked = site.registry.requests();
    site.registry.delete_key("on");
    site.until_file("one", "off").await;
    site.until_file("two", "off").await;
    // First answer and one that waits, for each of the two; after the change, one more for the key.
    assert_eq!(asked, 4);
    until("the key is asked for again, and it alone waits", || {
        (site.registry.requests(), site.registry.waiting()) == (5, 1)
    })
    .await;
    running.stop().await;
    assert_eq!(site.registry.waiting(), 0);
}

#[tokio::test]
async fn a_missing_key_holds_back_its_template_alone() {
    let mut site = Site::new();
    site.add("waits", r#"{{key "k"}}"#, None);
    site.add("goes", r#"{{keyOrDefault "k" "default"}} {{keyExists "k"}}"#, None);
    let running = site.start();
    site.until_file("goes", "default false").await;
    assert!(!site.path("waits").exists());
    site.registry.put_key("k", "v");
    site.until_file("waits", "v").await;
    site.until_file("goes", "v true").await;
    // Taken away again: the last good file stays.
    site.registry.delete_key("k");
    site.until_file("goes", "default false").await;
    assert_eq!(site.read("waits"), "v");
    running.stop().await;
}

#[tokio::test]
async fn what_is_waited_for_can_be_given_up() {
    let mut site = Site::new();
    site.add("out", r#"{{if keyExists "wait"}}{{key "never"}}{{else}}free{{end}}"#, None);
    site.registry.put_key("wait", "1");
    let running = site.start();
    until("both keys are waited for", || site.registry.waiting() == 2).await;
    site.registry.delete_key("wait");
    site.until_file("out", "free").await;
    running.stop().await;
}

#[tokio::test]
async fn a_question_that_is_never_answered_can_be_given_up() {
    let mut site = Site::new();
    site.add("out", r#"{{if keyExists "wait"}}{{range service "mute"}}{{end}}{{else}}free{{end}}"#, None);
    site.registry.mute("mute");
    site.registry.put_key("wait", "1");
    let running = site.start();
    until("both answers are waited for", || site.registry.waiting() == 2).await;
    site.registry.delete_key("wait");
    site.until_file("out", "free").await;
    running.stop().await;
}

#[tokio::test]
async fn services_are_listed_by_name_with_their_tags() {
    let mut site = Site::new();
    site.add("out", r#"{{range services}}{{.Name}}:{{join "," .Tags}} {{end}}"#, None);
    site.registry.put_service("web", vec![instance("n", "web", "w", 1)]);
    site.registry.put_service("db", vec![]);
    let running = site.start();
    site.until_file("out", "db: web:v1,z ").await;
    running.stop().await;
}

#[tokio::test]
async fn every_field_of_an_instance_is_there() {
    let mut site = Site::new();
    let text = concat!(
        r#"{{with index (service "web|any") 0}}{{.Node}} {{.NodeID}} {{.NodeAddress}} {{.NodeTaggedAddresses}} "#,
        r#"{{.NodeMeta.rack}} {{.NodeMeta.none}}{{.ServiceMeta}} {{.Address}} {{.ServiceTaggedAddresses.lan.Port}} "#,
        r#"{{.ServiceTaggedAddresses.none.Port}} {{.ID}} {{.Name}} {{.Tags}} {{.Status}} {{.Port}} "#,
        r#"{{.Weights.Passing}} {{.Weights}} {{.Checks.AggregatedStatus}} "#,
        r#"{{range .Checks}}{{.CheckID}}={{.Status}} {{.ServiceName}}{{end}}{{end}}"#
    );
    site.add("out", text, None);
    site.registry.put_service("web", vec![instance("n1", "web", "web-1", 80)]);
    site.run_once().await.unwrap();
    assert_eq!(
        site.read("out"),
        "n1 node-id 10.0.0.1 map[lan:10.0.0.1] r1 map[version:2] 10.0.0.1 81 0 web-1 web [v1 z] passing 80 \
         1 {1 1} passing service:web-1=passing web"
    );
}

#[tokio::test]
async fn filters_pick_instances_by_their_worst_check() {
    let mut site = Site::new();
    let text = r#"{{range service "web"}}{{.ID}} {{end}}|{{range service "web|any"}}{{.ID}} {{end}}|{{range service "web|warning,critical"}}{{.ID}} {{end}}"#;
    site.add("out", text, None);
    let with_status = |id: &str, status| {
        let mut instance = instance("n", "web", id, 80);
        Arc::make_mut(&mut instance.checks[0].value).status = status;
        instance
    };
    use muster_model::CheckStatus::{Critical, Passing, Warning};
    let web = vec![with_status("c", Critical), with_status("p", Passing), with_status("w", Warning)];
    site.registry.put_service("web", web);
    site.run_once().await.unwrap();
    assert_eq!(site.read("out"), "p |c p w |c w ");
}

#[tokio::test]
async fn the_first_render_of_the_same_bytes_runs_no_command() {
    let mut site = Site::new();
    let command = site.log_to("ran");
    site.add("out", r#"{{keyOrDefault "k" "old"}}"#, Some(&command));
    fs::write(site.path("out"), "old").unwrap();
    let running = site.start();
    until("the key is waited for", || site.registry.waiting() == 1).await;
    site.registry.put_key("k", "new");
    site.until_file("ran", "ran\n").await;
    assert_eq!(site.read("out"), "new");
    running.stop().await;
    assert_eq!(site.read("ran"), "ran\n");
}

#[tokio::test]
async fn one_command_for_several_templates_runs_once() {
    let mut site = Site::new();
    let command = site.log_to("ran");
    site.add("a", "a", Some(&command));
    site.add("b", "b", Some(&command));
    site.run_once().await.unwrap();
    assert_eq!(site.read("ran"), "ran\n");
}

#[tokio::test]
async fn a_slow_command_holds_up_no_other_template() {
    let mut site = Site::new();
    let gate = site.path("gate");
    let slow = format!(
        "while ! test -e {0}; do sleep 0.01; done; echo done > {1}",
        gate.display(),
        site.path("slow-done").display()
    );
    site.add("slow", r#"{{keyOrDefault "k" ""}}x"#, Some(&slow));
    site.add("quick", r#"{{keyOrDefault "k" "first"}}"#, None);
    let running = site.start();
    site.until_file("quick", "first").await;
    site.registry.put_key("k", "second");
    site.until_file("quick", "second").await;
    assert!(!site.path("slow-done").exists());
    fs::write(&gate, "").unwrap();
    site.until_file("slow-done", "done\n").await;
    running.stop().await;
}

#[tokio::test]
async fn a_failing_command_is_repeated_until_it_succeeds() {
    let mut site = Site::new();
    let command = format!("{}; test -e {}", site.log_to("ran"), site.path("healed").display());
    site.add("out", "text", Some(&command));
    let running = site.start();
    until("the command ran three times", || lines(&site.read("ran")) >= 3).await;
    fs::write(site.path("healed"), "").unwrap();
    assert!(!running.task.is_finished(), "a failing command ends nothing");
    running.stop().await;
}

#[tokio::test]
async fn an_unreachable_registry_leaves_the_last_good_file() {
    let mut site = Site::new();
    site.add("out", r#"{{range service "web"}}{{.Port}}{{end}}"#, None);
    site.registry.put_service("web", vec![instance("n", "web", "web", 1)]);
    let running = site.start();
    site.until_file("out", "1").await;
    site.registry.set_reachable(false);
    let asked = site.registry.requests();
    until("it is tried again and again", || site.registry.requests() > asked + 5).await;
    assert_eq!(site.read("out"), "1");
    site.registry.put_service("web", vec![instance("n", "web", "web", 2)]);
    site.registry.set_reachable(true);
    site.until_file("out", "2").await;
    running.stop().await;
}

#[tokio::test]
async fn a_registry_that_starts_anew_is_followed() {
    let mut site = Site::new();
    site.add("out", r#"{{range service "web"}}{{.Port}}{{end}}"#, None);
    for port in 1..=5 {
        site.registry.put_service("web", vec![instance("n", "web", "web", port)]);
    }
    let running = site.start();
    site.until_file("out", "5").await;
    site.registry.start_anew();
    site.registry.put_service("web", vec![instance("n", "web", "web", 6)]);
    site.until_file("out", "6").await;
    until("it waits again instead of asking on and on", || site.registry.waiting() == 1).await;
    site.registry.put_service("web", vec![instance("n", "web", "web", 7)]);
    site.until_file("out", "7").await;
    running.stop().await;
}

#[tokio::test]
async fn a_bad_template_hurts_no_other() {
    let mut site = Site::new();
    site.add("broken", "{{if}}", None);
    site.add("fails", r#"{{if keyExists "k"}}{{index (service "none") 0}}{{else}}fine{{end}}"#, None);
    site.add("good", r#"{{keyOrDefault "k" "none"}}"#, None);
    let running = site.start();
    site.until_file("good", "none").await;
    site.until_file("fails", "fine").await;
    site.registry.put_key("k", "v");
    site.until_file("good", "v").await;
    assert_eq!(site.read("fails"), "fine", "the old file stays");
    site.registry.delete_key("k");
    site.until_file("good", "none").await;
    assert!(!site.path("broken").exists());
    running.stop().await;
}

#[tokio::test]
async fn once_ends_when_everything_is_rendered() {
    let mut site = Site::new();
    site.add("out", r#"{{key "k"}}"#, None);
    let registry = site.registry.clone();
    let put = tokio::spawn(async move {
        until("the key is waited for", || registry.waiting() == 1).await;
        registry.put_key("k", "late");
    });
    site.run_once().await.unwrap();
    put.await.unwrap();
    assert_eq!(site.read("out"), "late");
}

#[tokio::test]
async fn once_tells_what_failed_and_where() {
    let mut site = Site::new();
    site.add("fails", "first line\n  {{index (service \"none\") 0}}", None);
    let error = site.run_once().await.unwrap_err();
    let source = site.path("fails.in");
    assert_eq!(
        error.to_string(),
        format!(
            "{}:2:4: at <index (service \"none\") 0>: error calling index: reflect: slice index out of range",
            source.display()
        )
    );
}

#[tokio::test]
async fn once_fails_with_a_failing_command_but_runs_the_others() {
    let mut site = Site::new();
    let command = site.log_to("ran");
    site.add("a", "a", Some("exit 7;"));
    site.add("b", "b", Some(&command));
    let error = site.run_once().await.unwrap_err();
    assert_eq!(error.to_string(), "command \"exit 7;\" failed: exit status: 7");
    assert_eq!((site.read("a"), site.read("b"), site.read("ran")), ("a".into(), "b".into(), "ran\n".into()));
}

#[tokio::test]
async fn once_gives_up_on_a_registry_that_never_answers() {
    let mut site = Site::new();
    site.add("out", r#"{{range services}}{{.Name}}{{end}}"#, None);
    site.registry.set_reachable(false);
    let error = site.run_once().await.unwrap_err();
    assert_eq!(error.to_string(), "no answer to catalog.services after 3 attempts");
}

#[tokio::test]
async fn once_refuses_a_template_that_does_not_parse() {
    let mut site = Site::new();
    site.add("good", "x", None);
    site.add("bad", "one\n{{if}}", None);
    site.config.once = true;
    let error = site.config.clone().build(site.registry.clone()).err().unwrap();
    assert_eq!(error.to_string(), format!("{}:2: missing value for if", site.path("bad.in").display()));
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_tried_again() {
    let mut site = Site::new();
    site.add("out", "x", None);
    site.add("other", r#"{{keyOrDefault "k" "written"}}"#, None);
    // A directory stands where the file should be.
    fs::create_dir_all(site.path("out/inner")).unwrap();
    let running = site.start();
    // Templates are rendered in order, so the first attempt is over.
    site.until_file("other", "written").await;
    fs::remove_dir_all(site.path("out")).unwrap();
    site.until_file("out", "x").await;
    running.stop().await;
}

#[tokio::test]
async fn once_tells_which_file_cannot_be_written() {
    let mut site = Site::new();
    site.add("out", "x", None);
    fs::create_dir(site.path("out")).unwrap();
    let error = site.run_once().await.unwrap_err();
    let path = site.path("out");
    assert_eq!(error.to_string(), format!("{} cannot be written: the file there cannot be read", path.display()));
}
