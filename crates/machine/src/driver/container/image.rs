//! The image that machines are made from. What it is made of is compiled in, so that an engine that reaches an image
//! registry builds it by itself.

use std::collections::BTreeMap;

use muster_docker::EngineError;
use muster_docker::hosting::{NewFile, NewImage};
use tokio_util::sync::CancellationToken;

use super::ContainerDriver;
use crate::{DriverError, Progress};

/// Debian's releases whose packages of Docker are known to work, oldest first.
const SUITES: [&str; 3] = ["bookworm", "trixie", "forky"];
const NAME: &str = "muster/machine";
/// More of an instruction says nothing more.
const LONGEST_INSTRUCTION: usize = 48;

impl ContainerDriver {
    /// Has the engine build this machine's image if it is missing.
    pub(super) async fn ensure_image(
        &self,
        progress: &Progress,
        interrupt: &CancellationToken,
    ) -> Result<(), DriverError> {
        if self.engine.has_image(&self.options.image).await? {
            return Ok(());
        }
        let (engine, image, ours) = (self.engine_text(), self.options.image.clone(), names());
        let suite = suite_of(&image).ok_or(DriverError::NoImage { engine, image, ours })?;
        // Of several creations at once, one has it built and the others wait.
        let _lock = self.store.lock_image(interrupt).await?.ok_or(DriverError::Interrupted)?;
        if self.engine.has_image(&self.options.image).await? {
            return Ok(());
        }
        tokio::select! {
            built = self.build_image(suite, progress) => built,
            () = interrupt.cancelled() => Err(DriverError::Interrupted),
        }
    }

    async fn build_image(&self, suite: &'static str, progress: &Progress) -> Result<(), DriverError> {
        let (name, image, base) = (&self.name, &self.options.image, base(suite));
        progress.line(&format!(
            "({name}) The engine has no image {image} yet: it builds it from {base} and Debian's packages, once."
        ));
        let mut output = Output::of(suite);
        let built = self.engine.build_image(blueprint(suite), |line| {
            tracing::debug!(line, "the engine builds");
            if let Some(step) = output.read(line) {
                progress.line(&format!("({name}) {step}"));
            }
        });
        match built.await {
            Err(EngineError::Failed { message, .. }) => {
                let (failure, reason) = output.failure(&message);
                let (engine, image, suite) = (self.engine_text(), image.clone(), suite.to_owned());
                Err(DriverError::ImageNotBuilt { engine, image, suite, failure, reason })
            }
            other => Ok(other?),
        }
    }
}

/// The names of the images that can be made here.
fn names() -> String {
    SUITES.map(|suite| format!("{NAME}:{suite}")).join(", ")
}

/// The Debian suite of an image that can be made here.
fn suite_of(image: &str) -> Option<&'static str> {
    let tag = image.strip_prefix(NAME)?.strip_prefix(':')?;
    SUITES.into_iter().find(|suite| *suite == tag)
}

/// What the image of a suite is made from.
fn base(suite: &str) -> String {
    format!("debian:{suite}-slim")
}

/// What an engine is given to build the image of a suite.
fn blueprint(suite: &str) -> NewImage {
    let file = |path: &str, mode, content: &str| NewFile { path: path.to_owned(), mode, content: content.into() };
    NewImage {
        name: format!("{NAME}:{suite}"),
        arguments: BTreeMap::from([("SUITE".to_owned(), suite.to_owned())]),
        context: vec![
            file("Dockerfile", 0o644, include_str!("../../../image/Dockerfile")),
            file("packages", 0o644, include_str!("../../../image/packages")),
            file("setup", 0o755, include_str!("../../../image/setup")),
            file("machine-init", 0o755, include_str!("../../../image/machine-init")),
        ],
    }
}

/// Follows what the build of a suite's image prints.
#[derive(Debug)]
struct Output {
    suite: &'static str,
    instruction: String,
    last: String,
}

impl Output {
    fn of(suite: &'static str) -> Self {
        Self { suite, instruction: String::new(), last: String::new() }
    }

    /// Takes a line; gives it in short if it begins a step.
    fn read(&mut self, line: &str) -> Option<String> {
        let line = line.trim();
        if let Some((step, instruction)) = line.strip_prefix("Step ").and_then(|rest| rest.split_once(" : ")) {
            self.instruction = shortened(&instruction.replace("${SUITE}", self.suite));
            self.last.clear();
            return Some(format!("Step {step} : {}", self.instruction));
        }
        if !line.is_empty() {
            self.last = line.to_owned();
        }
        None
    }

    /// What failed, and why, when the engine's own words are `message`.
    fn failure(&self, message: &str) -> (String, String) {
        if let Some(base) = self.instruction.strip_prefix("FROM ") {
            return (format!("{base}, which it is made from, cannot be had"), message.to_owned());
        }
        // A command that failed has said more than how it ended.
        let reason = if message.starts_with("The command ") && !self.last.is_empty() { &self.last } else { message };
        (format!("building it failed at {:?}", self.instruction), reason.to_owned())
    }
}

fn shortened(instruction: &str) -> String {
    let words = instruction.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(LONGEST_INSTRUCTION) {
        Some((end, _)) => format!("{}...", words[..end].trim_end()),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_of_known_suites_can_be_made_and_no_other() {
        assert_eq!(suite_of("muster/machine:trixie"), Some("trixie"));
        assert_eq!(suite_of(super::super::options::DEFAULT_IMAGE), Some("trixie"));
        for other in ["muster/machine", "muster/machine:sid", "me/machine:trixie", "muster/machines:trixie"] {
            assert_eq!(suite_of(other), None, "{other}");
        }
    }

    #[test]
    fn the_context_has_what_the_dockerfile_copies() {
        let image = blueprint("bookworm");
        let text = String::from_utf8(image.context[0].content.clone()).unwrap();
        let copied = text.lines().filter_map(|line| line.strip_prefix("COPY ")).flat_map(|line| {
            let mut words: Vec<_> = line.split_whitespace().collect();
            words.pop();
            words
        });
        let mut copied: Vec<_> = copied.collect();
        let mut there: Vec<_> = image.context[1..].iter().map(|file| file.path.as_str()).collect();
        copied.sort_unstable();
        there.sort_unstable();
        assert_eq!(copied, there);
        assert!(text.contains("FROM debian:${SUITE}-slim") && base("bookworm") == "debian:bookworm-slim");
    }

    #[test]
    fn a_failure_names_the_step_and_the_last_word_on_it() {
        let mut output = Output::of("trixie");
        assert_eq!(
            output.read("Step 2/9 : FROM debian:${SUITE}-slim"),
            Some("Step 2/9 : FROM debian:trixie-slim".into())
        );
        let (failure, reason) = output.failure("no way there");
        assert_eq!(
            (failure.as_str(), reason.as_str()),
            ("debian:trixie-slim, which it is made from, cannot be had", "no way there")
        );
        let step = output.read("Step 5/9 : RUN apt-get update -qq &&     cli=$(apt-cache show docker-cli >/dev/null)");
        assert_eq!(step.as_deref(), Some("Step 5/9 : RUN apt-get update -qq && cli=$(apt-cache show d..."));
        assert_eq!(output.read(" ---> Running in 1234"), None);
        assert_eq!(output.read("E: Unable to fetch\n"), None);
        assert_eq!(output.read(""), None);
        let (failure, reason) = output.failure("The command '/bin/sh -c apt-get' returned a non-zero code: 100");
        assert!(failure.starts_with("building it failed at \"RUN apt-get update"), "{failure}");
        assert_eq!(reason, "E: Unable to fetch");
        assert_eq!(output.failure("no space left on device").1, "no space left on device");
    }
}
