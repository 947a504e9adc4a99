//! `machine ls` and `machine active`.

use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use futures_util::future::join_all;
use muster_machine::{Machine, MachineError, MachineName, State};
use muster_model::duration_text::GoDuration;
use regex::Regex;
use serde_json::{Value, json};

use super::inspect::{Format, object};
use super::{Context, say, words};
use crate::exit::{Failure, one_line};

mod table;

pub use table::aligned;

/// docker-machine's columns are at least so wide.
const LEAST_WIDTH: usize = 5;
const DEFAULT_TIMEOUT: i64 = 10;
const DEFAULT_FORMAT: &str = "table {{ .Name }}\t{{ .Active }}\t{{ .DriverName}}\t{{ .State }}\t{{ .URL }}\t\
    {{ .Swarm }}\t{{ .DockerVersion }}\t{{ .Error}}";
/// The heading of each field.
const HEADINGS: [(&str, &str); 13] = [
    ("Name", "NAME"),
    ("Active", "ACTIVE"),
    ("ActiveHost", "ACTIVE_HOST"),
    ("ActiveSwarm", "ACTIVE_SWARM"),
    ("DriverName", "DRIVER"),
    ("State", "STATE"),
    ("URL", "URL"),
    ("SwarmOptions", "SWARM_OPTIONS"),
    ("Swarm", "SWARM"),
    ("EngineOptions", "ENGINE_OPTIONS"),
    ("Error", "ERRORS"),
    ("DockerVersion", "DOCKER"),
    ("ResponseTime", "RESPONSE"),
];

/// One machine as it is listed.
struct Row {
    name: String,
    /// Whether its configuration could be read.
    loaded: bool,
    active: bool,
    driver: String,
    state: String,
    url: String,
    docker: String,
    error: String,
    response: Duration,
    engine_options: Value,
    swarm_options: Value,
}

impl Row {
    fn value(&self) -> Value {
        object([
            ("Name", json!(self.name)),
            ("Active", json!(if self.active { "*" } else { "-" })),
            ("ActiveHost", json!(self.active)),
            ("ActiveSwarm", json!(false)),
            ("DriverName", json!(self.driver)),
            ("State", json!(self.state)),
            ("URL", json!(self.url)),
            ("SwarmOptions", self.swarm_options.clone()),
            ("Swarm", json!("")),
            ("EngineOptions", self.engine_options.clone()),
            ("DockerVersion", json!(self.docker)),
            ("Error", json!(self.error)),
            ("ResponseTime", json!(in_milliseconds(self.response).to_string())),
        ])
    }
}

pub fn run(context: &Context, arguments: &[String]) -> Result<(), Failure> {
    let flags = words::Word::named("ls").expect("a command of machine").table;
    let Some(parsed) = context.parse(flags, arguments)? else { return Ok(()) };
    let filters = parsed.list("filter").iter().map(|text| Filter::parse(text)).collect::<Result<Vec<_>>>()?;
    let format = parsed.text("format").filter(|format| !format.is_empty()).unwrap_or(DEFAULT_FORMAT);
    let (format, is_table) = match format.strip_prefix("table") {
        Some(rest) => (rest, true),
        None => (format, false),
    };
    let format = Format::parse(&format.trim_matches(' ').replace("\\t", "\t").replace("\\n", "\n"))?;
    let quiet = parsed.bool("quiet");
    let timeout = timeout(parsed.int("timeout"));
    // docker-machine asks no host for a list of names.
    let needs_state = !quiet || filters.iter().any(|filter| matches!(filter, Filter::State(_)));
    let rows = rows(context, timeout, needs_state, &filters)?;
    if quiet {
        rows.iter().filter(|row| row.loaded).for_each(|row| say(&row.name));
        return Ok(());
    }
    let mut lines = Vec::new();
    if is_table {
        lines.push(format.render(&object(HEADINGS.map(|(field, heading)| (field, json!(heading)))))?);
    }
    for row in &rows {
        lines.push(format.render(&row.value())?);
    }
    let text = lines.join("\n");
    match text.as_str() {
        "" if lines.is_empty() => {}
        text if is_table => say(&aligned(text, LEAST_WIDTH)),
        text => say(text),
    }
    Ok(())
}

pub fn active(context: &Context, arguments: &[String]) -> Result<(), Failure> {
    let flags = words::Word::named("active").expect("a command of machine").table;
    let Some(parsed) = context.parse(flags, arguments)? else { return Ok(()) };
    if !parsed.rest.is_empty() {
        return Err(anyhow!("Error: Too many arguments given").into());
    }
    let rows = rows(context, timeout(parsed.int("timeout")), true, &[])?;
    match rows.iter().find(|row| row.active) {
        Some(row) => say(&row.name),
        None if rows.iter().any(|row| row.state == "Timeout") => {
            return Err(anyhow!("Error getting active host: timeout").into());
        }
        None => return Err(anyhow!("No active host found").into()),
    }
    Ok(())
}

fn timeout(seconds: Option<i64>) -> Duration {
    Duration::from_secs(u64::try_from(seconds.unwrap_or(DEFAULT_TIMEOUT)).unwrap_or(0))
}

fn rows(context: &Context, timeout: Duration, ask: bool, filters: &[Filter]) -> Result<Vec<Row>> {
    let mut names = context.store.names()?;
    names.sort_by_key(|name| natural(name.as_str()));
    let rows = super::super::runtime_for_anyhow()?.block_on(join_all(names.iter().map(|name| async move {
        match context.load(name.as_str()) {
            Ok(machine) if Filter::all_pass_before(filters, &machine) => Some(row(&machine, timeout, ask).await),
            Ok(_) => None,
            Err(error) => Some(broken(name, error)),
        }
    })));
    // As docker-machine has it, a machine that cannot be read is listed whatever is asked for.
    let passes = |row: &Row| !row.loaded || Filter::all_pass_after(filters, &row.state);
    Ok(rows.into_iter().flatten().filter(passes).collect())
}

async fn row(machine: &Machine, timeout: Duration, ask: bool) -> Row {
    let started = Instant::now();
    let options = &machine.config.host_options;
    let mut row = Row {
        name: machine.name.to_string(),
        loaded: true,
        active: false,
        driver: machine.config.driver_name.clone(),
        state: String::new(),
        url: String::new(),
        docker: "Unknown".to_owned(),
        error: String::new(),
        response: Duration::ZERO,
        engine_options: serde_json::to_value(&options.engine_options).unwrap_or_default(),
        swarm_options: options.rest.get("SwarmOptions").cloned().unwrap_or_default(),
    };
    if !ask {
        return row;
    }
    if tokio::time::timeout(timeout, fill(&mut row, machine)).await.is_err() {
        (row.state, row.url, row.docker, row.error) =
            ("Timeout".to_owned(), String::new(), String::new(), String::new());
    }
    row.response = started.elapsed();
    row
}

async fn fill(row: &mut Row, machine: &Machine) {
    match machine.state().await {
        Ok(state) => row.state = state.to_string(),
        Err(error) => {
            row.state = State::Error.to_string();
            row.error = one_line(&error.into());
            return;
        }
    }
    if row.state != State::Running.to_string() {
        return;
    }
    row.url = machine.url();
    row.active = std::env::var("DOCKER_HOST").is_ok_and(|host| host == row.url);
    match machine.check_engine().await {
        Ok(info) => row.docker = format!("v{}", info.version),
        Err(error) => row.error = one_line(&error.into()),
    }
}

/// A machine whose configuration cannot be used, as docker-machine lists it.
fn broken(name: &MachineName, error: MachineError) -> Row {
    Row {
        name: name.to_string(),
        loaded: false,
        active: false,
        driver: "not found".to_owned(),
        state: State::Error.to_string(),
        url: String::new(),
        docker: String::new(),
        error: one_line(&error.into()),
        response: Duration::ZERO,
        engine_options: Value::Null,
        swarm_options: Value::Null,
    }
}

/// As Go writes a duration.
fn in_milliseconds(time: Duration) -> GoDuration {
    let whole = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    GoDuration::from_nanos(whole.saturating_mul(1_000_000))
}

/// m2 before m10.
pub fn natural(name: &str) -> Vec<(u64, String)> {
    let mut parts = Vec::new();
    let mut rest = name.to_lowercase();
    while !rest.is_empty() {
        let digits = rest.chars().take_while(char::is_ascii_digit).count();
        let number = rest[..digits].parse().unwrap_or(if digits > 0 { u64::MAX } else { 0 });
        let text: String = rest[digits..].chars().take_while(|c| !c.is_ascii_digit()).collect();
        rest = rest[digits + text.len()..].to_owned();
        parts.push((number, text));
    }
    parts
}

/// What is listed.
enum Filter {
    Driver(String),
    State(String),
    Name(Regex),
    Label(String, String),
    /// Classic Swarm's: no machine is in one.
    Swarm,
}

impl Filter {
    fn parse(text: &str) -> Result<Self> {
        let Some((key, value)) = text.split_once('=') else { bail!("Unsupported filter syntax") };
        Ok(match key.to_lowercase().as_str() {
            "driver" => Self::Driver(value.to_owned()),
            "state" => Self::State(value.to_owned()),
            "name" => Self::Name(Regex::new(value)?),
            "label" => match value.split_once('=') {
                Some((name, value)) => Self::Label(name.to_owned(), value.to_owned()),
                None => bail!("--filter label={value}: label=NAME=VALUE would be right"),
            },
            "swarm" => Self::Swarm,
            key => bail!("Unsupported filter key '{key}'"),
        })
    }

    /// Filters of one kind are alternatives, those of different kinds all count.
    fn all_pass_before(filters: &[Self], machine: &Machine) -> bool {
        let of_kind = |kind: fn(&Self, &Machine) -> Option<bool>| {
            let mut answers = filters.iter().filter_map(|filter| kind(filter, machine)).peekable();
            answers.peek().is_none() || answers.any(|passes| passes)
        };
        of_kind(|filter, machine| match filter {
            Self::Driver(name) => Some(machine.config.driver_name.eq_ignore_ascii_case(name)),
            _ => None,
        }) && of_kind(|filter, machine| match filter {
            Self::Name(pattern) => Some(pattern.is_match(machine.name.as_str())),
            _ => None,
        }) && of_kind(|filter, machine| match filter {
            Self::Label(name, value) => {
                let labels = &machine.config.host_options.engine_options.labels;
                Some(labels.iter().any(|label| {
                    label.split_once('=').is_some_and(|(n, v)| n == name && v.eq_ignore_ascii_case(value))
                }))
            }
            _ => None,
        }) && !filters.iter().any(|filter| matches!(filter, Self::Swarm))
    }

    fn all_pass_after(filters: &[Self], state: &str) -> bool {
        let mut states = filters.iter().filter_map(|filter| match filter {
            Self::State(wanted) => Some(wanted),
            _ => None,
        });
        let mut any = false;
        states.any(|wanted| {
            any = true;
            wanted.eq_ignore_ascii_case(state)
        }) || !any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_as_people_count() {
        let mut names = ["worker10", "manager1", "worker2", "Worker1", "a"];
        names.sort_by_key(|name| natural(name));
        assert_eq!(names, ["a", "manager1", "Worker1", "worker2", "worker10"]);
    }

    #[test]
    fn wrong_filters_are_docker_machines_errors() {
        let refused = |text: &str| Filter::parse(text).err().map(|error| error.to_string());
        assert_eq!(refused("state").as_deref(), Some("Unsupported filter syntax"));
        assert_eq!(refused("colour=red").as_deref(), Some("Unsupported filter key 'colour'"));
        assert_eq!(refused("State=running"), None);
    }

    #[test]
    fn states_are_alternatives_in_any_case() {
        let filters = [Filter::State("running".to_owned()), Filter::State("Paused".to_owned())];
        assert!(Filter::all_pass_after(&filters, "Running") && Filter::all_pass_after(&filters, "Paused"));
        assert!(!Filter::all_pass_after(&filters, "Stopped"));
        assert!(Filter::all_pass_after(&[], "Stopped"));
    }
}
