//! Images: looked for, and built.

use std::collections::HashMap;

use bollard::query_parameters::BuildImageOptionsBuilder;
use futures_util::TryStreamExt;

use super::Engine;
use crate::EngineError;
use crate::hosting::{NewImage, archive};

impl Engine {
    /// Whether the engine has an image of this name.
    pub async fn has_image(&self, image: &str) -> Result<bool, EngineError> {
        let answer = self.client().await?.inspect_image(image).await;
        Ok(self.found("inspect an image", answer)?.is_some())
    }

    /// Has the engine build an image, and hands what it prints to `output`, line by line; `Step 1/9 : …` begins a step.
    /// Dropped before its end, it has the engine end the build.
    pub async fn build_image(&self, image: NewImage, mut output: impl FnMut(&str)) -> Result<(), EngineError> {
        // The classic builder: every engine has it, and BuildKit would want a session besides.
        let arguments: HashMap<_, _> = image.arguments.into_iter().collect();
        let options = BuildImageOptionsBuilder::new().t(&image.name).rm(true).forcerm(true).buildargs(&arguments);
        let context = bollard::body_full(archive(&image.context).into());
        let client = self.client().await?;
        let mut messages = client.build_image(options.build(), None, Some(context));
        while let Some(message) = messages.try_next().await.map_err(|error| self.error("build an image", error))? {
            // What a pull says of its progress is in other fields.
            message.stream.unwrap_or_default().lines().for_each(&mut output);
        }
        Ok(())
    }
}
