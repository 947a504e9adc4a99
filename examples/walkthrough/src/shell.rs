//! The user's shell: one bash for the whole walk-through, so that what a line exports is there for the next.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use anyhow::{Context, bail, ensure};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// The longest that one line may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// Begins and ends what the shell says of a line's end; no program prints it.
const MARK: char = '\u{1e}';

/// A running shell. It ends with its owner.
#[derive(Debug)]
pub(crate) struct Shell {
    _child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    scratch: PathBuf,
    /// What runs beside the lines, by name, and since when.
    beside: BTreeMap<String, SystemTime>,
}

/// What a line printed, and its exit code.
#[derive(Debug, Clone)]
pub(crate) struct Printed {
    pub text: String,
    pub code: i32,
}

impl Shell {
    /// Starts it in a directory, with variables besides those of this process.
    pub(crate) async fn start(
        directory: &Path,
        variables: &[(String, String)],
        scratch: &Path,
    ) -> anyhow::Result<Self> {
        let mut child = Command::new("bash")
            .args(["--noprofile", "--norc"])
            .current_dir(directory)
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("cannot start bash")?;
        let input = child.stdin.take().context("bash has no standard input")?;
        let output = BufReader::new(child.stdout.take().context("bash has no standard output")?).lines();
        let mut shell = Self { _child: child, input, output, scratch: scratch.to_owned(), beside: BTreeMap::new() };
        shell.input.write_all(b"exec 2>&1\n").await.context("cannot write to bash")?;
        Ok(shell)
    }

    /// Runs one line, which may be several of text. It has no standard input; `tell` gets each line that it prints.
    pub(crate) async fn run(&mut self, line: &str, mut tell: impl FnMut(&str)) -> anyhow::Result<Printed> {
        let file = self.write("line.sh", line)?;
        let order = format!("source '{}' </dev/null; printf '\\036%s\\036\\n' $?\n", file.display());
        self.input.write_all(order.as_bytes()).await.context("bash is gone")?;
        match tokio::time::timeout(PATIENCE, self.read(&mut tell)).await {
            Ok(printed) => printed,
            Err(_) => bail!("it did not end within {PATIENCE:?}"),
        }
    }

    /// Begins a line that runs beside those after it, with the variables of now.
    pub(crate) async fn begin(&mut self, name: &str, line: &str) -> anyhow::Result<()> {
        let file = self.write(&format!("{name}.sh"), line)?;
        let (file, log, end) = (file.display(), self.place(name, "log"), self.place(name, "end"));
        let (log, end) = (log.display(), end.display());
        self.beside.insert(name.to_owned(), SystemTime::now());
        let order = format!("{{ source '{file}'; echo $? >'{end}'; }} >'{log}' 2>&1 </dev/null & {name}=$!");
        let printed = self.run(&order, |_| {}).await?;
        ensure!(printed.code == 0, "bash does not begin it: {}", printed.text.trim());
        Ok(())
    }

    /// Waits for the end of what runs beside the lines; gives what it printed and how long it ran.
    pub(crate) async fn end(&mut self, name: &str) -> anyhow::Result<(Printed, Duration)> {
        let began = self.beside.remove(name).with_context(|| format!("nothing called {name} was begun"))?;
        self.run(&format!("wait ${name}"), |_| {}).await?;
        let read = |path: PathBuf| std::fs::read_to_string(&path).with_context(|| format!("no {}", path.display()));
        let (text, code) = (read(self.place(name, "log"))?, read(self.place(name, "end"))?);
        let ended = std::fs::metadata(self.place(name, "end")).and_then(|file| file.modified());
        let took = ended.context("no time of its end")?.duration_since(began).unwrap_or_default();
        Ok((Printed { text, code: code.trim().parse().context("no exit code")? }, took))
    }

    fn place(&self, name: &str, kind: &str) -> PathBuf {
        self.scratch.join(format!("{name}.{kind}"))
    }

    fn write(&self, file: &str, line: &str) -> anyhow::Result<PathBuf> {
        let path = self.scratch.join(file);
        std::fs::write(&path, format!("{line}\n")).context("cannot write the line for bash")?;
        Ok(path)
    }

    /// The value of a variable.
    pub(crate) async fn variable(&mut self, name: &str) -> anyhow::Result<String> {
        Ok(self.run(&format!("printf '%s\\n' \"${{{name}}}\""), |_| {}).await?.text.trim().to_owned())
    }

    async fn read(&mut self, tell: &mut impl FnMut(&str)) -> anyhow::Result<Printed> {
        let mut text = String::new();
        while let Some(line) = self.output.next_line().await.context("cannot read from bash")? {
            let (said, mark) = line.split_once(MARK).map_or((line.as_str(), None), |(said, mark)| (said, Some(mark)));
            if mark.is_none() || !said.is_empty() {
                tell(said);
                text.push_str(said);
                text.push('\n');
            }
            if let Some(code) = mark.and_then(|mark| mark.trim_end_matches(MARK).parse().ok()) {
                return Ok(Printed { text, code });
            }
        }
        bail!("bash ended in the middle of a line")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn shell() -> (tempfile::TempDir, Shell) {
        let scratch = tempfile::tempdir().unwrap();
        let shell =
            Shell::start(scratch.path(), &[("GIVEN".to_owned(), "1".to_owned())], scratch.path()).await.unwrap();
        (scratch, shell)
    }

    #[tokio::test]
    async fn what_a_line_exports_is_there_for_the_next() {
        let (_scratch, mut shell) = shell().await;
        assert_eq!(shell.run("export A=$GIVEN-x", |_| {}).await.unwrap().code, 0);
        assert_eq!(shell.variable("A").await.unwrap(), "1-x");
    }

    #[tokio::test]
    async fn what_runs_beside_has_an_output_and_a_code_of_its_own() {
        let (_scratch, mut shell) = shell().await;
        assert_eq!(shell.run("mkfifo gate", |_| {}).await.unwrap().code, 0);
        shell.begin("slow", "read -r word <gate; echo $GIVEN $word; (exit 4)").await.unwrap();
        assert_eq!(shell.run("echo go >gate", |_| {}).await.unwrap().text, "");
        let (printed, _) = shell.end("slow").await.unwrap();
        assert_eq!((printed.text.as_str(), printed.code), ("1 go\n", 4));
        assert!(shell.end("slow").await.is_err());
    }

    #[tokio::test]
    async fn output_errors_and_code_come_back_and_standard_input_is_empty() {
        let (_scratch, mut shell) = shell().await;
        let printed = shell.run("echo out; echo err >&2; cat; printf unfinished; (exit 3)", |_| {}).await.unwrap();
        assert_eq!((printed.text.as_str(), printed.code), ("out\nerr\nunfinished\n", 3));
    }
}
