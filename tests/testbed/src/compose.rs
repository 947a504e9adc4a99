//! Docker Compose, the plugin of version 2 or docker-compose 1.29, whichever is there.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::docker::{Docker, DockerError};
use crate::program_path::find_program;

/// One project on one engine.
#[derive(Debug, Clone)]
pub struct Compose {
    docker: Docker,
    program: Vec<OsString>,
    file: PathBuf,
    project: String,
    environment: Vec<(String, String)>,
}

/// Why there is no Compose, or why it failed.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// Neither the plugin nor the program is there.
    #[error("Docker Compose is not installed (Debian: apt-get install docker-compose)")]
    Missing,
    /// It said no.
    #[error(transparent)]
    Docker(#[from] DockerError),
}

impl Compose {
    /// The project `project` of `file`, with variables for the file.
    pub async fn new(
        docker: &Docker,
        file: &Path,
        project: &str,
        environment: Vec<(String, String)>,
    ) -> Result<Self, ComposeError> {
        let program = match docker.run(&["compose", "version"]).await {
            Ok(_) => vec![docker.program().as_os_str().to_owned(), "compose".into()],
            Err(_) => vec![find_program("docker-compose").ok_or(ComposeError::Missing)?.into_os_string()],
        };
        let (docker, file, project) = (docker.clone(), file.to_owned(), project.to_owned());
        Ok(Self { docker, program, file, project, environment })
    }

    /// Sets a variable for the file.
    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.retain(|(other, _)| other != name);
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// `up -d` with so many containers of one service; what runs already is left as it is.
    pub async fn up(&self, service: &str, count: usize) -> Result<(), ComposeError> {
        let scale = format!("{service}={count}");
        self.run(&["up", "--detach", "--no-recreate", "--scale", &scale]).await
    }

    /// `compose ARGUMENTS…` for this project.
    pub async fn run(&self, arguments: &[&str]) -> Result<(), ComposeError> {
        let mut command = self.docker.command(&self.program[0]);
        command.args(&self.program[1..]).arg("--project-name").arg(&self.project).arg("--file").arg(&self.file);
        command.args(arguments).envs(self.environment.iter().map(|(name, value)| (name, value)));
        self.docker.finish(command).await?;
        Ok(())
    }

    /// The label filter that finds the containers of one service.
    pub fn filter(&self, service: &str) -> [String; 2] {
        [
            format!("label=com.docker.compose.project={}", self.project),
            format!("label=com.docker.compose.service={service}"),
        ]
    }
}
