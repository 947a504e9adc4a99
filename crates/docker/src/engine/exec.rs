//! Commands in containers.

use bollard::Docker;
use bollard::errors::Error;
use bollard::exec::StartExecResults;
use bollard::models::ExecConfig;
use futures_util::StreamExt;

pub(super) async fn run(
    client: &Docker,
    container: &str,
    command: Vec<String>,
    mut output: impl FnMut(&[u8]),
) -> Result<Option<i64>, Error> {
    let config = ExecConfig {
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        cmd: Some(command),
        ..ExecConfig::default()
    };
    let created = client.create_exec(container, config).await?;
    if let StartExecResults::Attached { output: mut written, .. } = client.start_exec(&created.id, None).await? {
        while let Some(chunk) = written.next().await {
            output(&chunk?.into_bytes());
        }
    }
    // Without a code it still runs, which cannot be once its output has ended.
    Ok(Some(client.inspect_exec(&created.id).await?.exit_code.unwrap_or(-1)))
}
