//! Plays the script, and says where the time went.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::check::Stage;
use crate::script::{Entry, Line};
use crate::shell::Shell;
use crate::transcript::{Transcript, seconds};

/// The part that needs Compose 2.
const COMPOSE_2: &str = "Compose 2";
/// The last part of the walk-through itself: what comes after it is not in its time.
const LAST: &str = "Changes";

/// How long each part took, in order.
#[derive(Debug, Default)]
pub(crate) struct Times(Vec<(String, Duration)>);

impl Times {
    /// The time of the walk-through itself.
    fn walk_through(&self) -> Duration {
        let last = self.0.iter().position(|(title, _)| title == LAST).map_or(self.0.len(), |position| position + 1);
        self.0[..last].iter().map(|(_, took)| *took).sum()
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.0.iter().map(|(_, took)| *took).sum();
        writeln!(
            f,
            "The walk-through, up to the end of {LAST}, took {}; all of it took {}:\n\n| part | time |\n|---|---|",
            seconds(self.walk_through()),
            seconds(whole)
        )?;
        self.0.iter().try_for_each(|(title, took)| writeln!(f, "| {title} | {} |", seconds(*took)))
    }
}

/// Plays all of it.
pub(crate) async fn play(
    script: &[Entry],
    with_compose_2: bool,
    shell: &mut Shell,
    transcript: &mut Transcript,
) -> anyhow::Result<Times> {
    let mut stage = Stage::default();
    let mut times = Times::default();
    let mut began = Instant::now();
    let mut skipping = false;
    for entry in script {
        match entry {
            Entry::Step(title) => {
                began = Instant::now();
                skipping = title == COMPOSE_2 && !with_compose_2;
                if skipping {
                    println!("\nSKIPPED {title}: it is not here");
                } else {
                    transcript.step(title);
                    times.0.push((title.clone(), Duration::ZERO));
                }
            }
            _ if skipping => {}
            Entry::Line(line) => run_line(line, shell, transcript).await?,
            Entry::Beside { name, line } => {
                transcript.line(line);
                transcript.began(line);
                shell.begin(name, line.command.as_deref().unwrap_or_default()).await?;
            }
            Entry::Check(words) => check(words, &mut stage, shell, transcript).await?,
        }
        if let (false, Some((_, took))) = (skipping, times.0.last_mut()) {
            *took = began.elapsed();
        }
    }
    Ok(times)
}

async fn run_line(line: &Line, shell: &mut Shell, transcript: &mut Transcript) -> anyhow::Result<()> {
    transcript.line(line);
    let Some(command) = &line.command else { return Ok(()) };
    let began = Instant::now();
    let printed = shell.run(command, |text| println!("  {text}")).await.with_context(|| command.clone())?;
    let took = began.elapsed();
    println!("  ({})", seconds(took));
    anyhow::ensure!(printed.code == 0, "`{command}` ended with {}: {}", printed.code, printed.text.trim());
    transcript.ran(line, &printed.text, took);
    Ok(())
}

async fn check(
    words: &[String],
    stage: &mut Stage,
    shell: &mut Shell,
    transcript: &mut Transcript,
) -> anyhow::Result<()> {
    let began = Instant::now();
    let held = match words {
        [word, name] if word == "ended" => ended(name, shell, transcript).await,
        _ => stage.check(words, shell).await,
    };
    transcript.held(&held.with_context(|| format!("`{}` does not hold", words.join(" ")))?, began.elapsed());
    Ok(())
}

/// What ran beside the lines before has ended well.
async fn ended(name: &str, shell: &mut Shell, transcript: &mut Transcript) -> anyhow::Result<String> {
    let (printed, took) = shell.end(name).await?;
    anyhow::ensure!(printed.code == 0, "{name} ended with {}: {}", printed.code, printed.text.trim());
    printed.text.lines().for_each(|line| println!("  {line}"));
    transcript.printed(&printed.text);
    Ok(format!("{name}, which ran beside these lines, has ended well after {}", seconds(took)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_after_the_changes_is_not_in_the_walk_throughs_time() {
        let part = |title: &str, seconds| (title.to_owned(), Duration::from_secs(seconds));
        let times = Times(vec![part("1. Hosts", 3), part(LAST, 4), part(COMPOSE_2, 5)]);
        assert_eq!(times.walk_through(), Duration::from_secs(7));
        assert!(times.to_string().contains("took 7.00 s; all of it took 12.00 s"), "{times}");
    }

    #[test]
    fn the_script_has_the_parts_that_are_known_by_their_titles() {
        let script = crate::script::parse(crate::script::TEXT).unwrap();
        for title in [COMPOSE_2, LAST] {
            assert!(script.contains(&Entry::Step(title.to_owned())), "{title}");
        }
    }
}
