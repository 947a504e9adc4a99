//! The demo's images, built on this machine.

use std::path::PathBuf;

use muster_testbed::docker::Docker;
use muster_testbed::image::{self, Source};

use crate::arguments::Arguments;
use crate::clean::LABEL_FILTER;
use crate::peers::Peers;

const BASE: &str = "muster-demo/base";

/// Builds all images on the engine; the base only once.
pub(crate) async fn build(docker: &Docker, arguments: &Arguments) -> anyhow::Result<()> {
    let muster = arguments.binary("muster")?;
    let web = arguments.binary("muster-example-web")?;
    let (archive, suite) = make_archive(arguments).await?;
    image::import_base(docker, &archive, &suite, BASE).await?;
    println!("images: muster-demo/lb, muster-demo/redis, muster-demo/web");
    let lb = [
        ("Dockerfile", Source::Text(include_str!("../lb/Dockerfile"))),
        ("default.ctmpl", Source::Text(include_str!("../lb/default.ctmpl"))),
        ("start.sh", Source::Text(include_str!("../lb/start.sh"))),
        ("muster", Source::Program(&muster)),
    ];
    image::build(docker, "muster-demo/lb", &lb).await?;
    let redis = [("Dockerfile", Source::Text(include_str!("../redis/Dockerfile")))];
    image::build(docker, "muster-demo/redis", &redis).await?;
    let web = [("Dockerfile", Source::Text(include_str!("../web/Dockerfile"))), ("web", Source::Program(&web))];
    image::build(docker, "muster-demo/web", &web).await?;
    // What a rebuilt image's tag stood on before.
    docker.run(&["image", "prune", "--force", "--filter", LABEL_FILTER]).await?;
    Ok(())
}

/// Builds the load balancer's image with the real consul-template in it, from the same files but for two words: that one
/// refuses `-consul`, and it would end when nginx refuses a configuration without servers.
pub(crate) async fn build_peers(docker: &Docker, peers: &Peers) -> anyhow::Result<()> {
    let start = include_str!("../lb/start.sh").replace("-consul=", "-consul-addr=");
    let start = start.replace("service nginx reload", "service nginx reload || true");
    let lb = [
        ("Dockerfile", Source::Text(include_str!("../lb/Dockerfile"))),
        ("default.ctmpl", Source::Text(include_str!("../lb/default.ctmpl"))),
        ("start.sh", Source::Text(&start)),
        ("muster", Source::Program(peers.consul_template())),
    ];
    Ok(image::build(docker, "muster-demo/lb-peers", &lb).await?)
}

/// Makes the base's archive if it is not there yet; gives it and its suite.
pub(crate) async fn make_archive(arguments: &Arguments) -> anyhow::Result<(PathBuf, String)> {
    let suite = arguments.suite.clone().unwrap_or_else(image::host_suite);
    println!("images: muster-demo/base (Debian {suite} with nginx and redis-server)");
    Ok((image::base_archive(&arguments.cache, &suite).await?, suite))
}
