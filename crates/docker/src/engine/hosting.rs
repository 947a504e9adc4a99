//! Making, starting and removing containers, networks and volumes.

use std::collections::HashMap;
use std::time::Duration;

use bollard::models::{
    ContainerCreateBody, EndpointIpamConfig, EndpointSettings, HostConfig, HostConfigLogConfig, Ipam, IpamConfig,
    Mount, MountType, NetworkConnectRequest, NetworkCreateRequest, VolumeCreateRequest,
};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, KillContainerOptionsBuilder, ListContainersOptionsBuilder,
    ListNetworksOptionsBuilder, LogsOptionsBuilder, RemoveContainerOptionsBuilder, RemoveVolumeOptions,
    StopContainerOptionsBuilder, UploadToContainerOptionsBuilder,
};
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};

use super::Engine;
use crate::hosting::{Attachment, Labelled, NewContainer, NewFile, NewNetwork, Privileges, archive};
use crate::{EngineError, Network};

/// A container's log is kept to this size.
const LOG_LIMITS: [(&str, &str); 2] = [("max-size", "10m"), ("max-file", "1")];

impl Engine {
    /// Makes a container and gives its ID.
    pub async fn create_container(&self, container: NewContainer) -> Result<String, EngineError> {
        let options = CreateContainerOptionsBuilder::new().name(&container.name).build();
        let answer = self.client().await?.create_container(Some(options), body(container)).await;
        Ok(answer.map_err(|error| self.error("create a container", error))?.id)
    }

    /// Starts a container; one that runs already is left as it is.
    pub async fn start_container(&self, id: &str) -> Result<(), EngineError> {
        let answer = self.client().await?.start_container(id, None).await;
        answer.map_err(|error| self.error("start a container", error))
    }

    /// Stops a container; after `patience` it is killed.
    pub async fn stop_container(&self, id: &str, patience: Duration) -> Result<(), EngineError> {
        let seconds = i32::try_from(patience.as_secs()).unwrap_or(i32::MAX);
        let options = StopContainerOptionsBuilder::new().t(seconds).build();
        let answer = self.client().await?.stop_container(id, Some(options)).await;
        answer.map_err(|error| self.error("stop a container", error))
    }

    /// Sends a signal, such as `SIGHUP`, to a container's first process.
    pub async fn signal_container(&self, id: &str, signal: &str) -> Result<(), EngineError> {
        let options = KillContainerOptionsBuilder::new().signal(signal).build();
        let answer = self.client().await?.kill_container(id, Some(options)).await;
        answer.map_err(|error| self.error("signal a container", error))
    }

    /// Removes a container, running or not; gives whether it was there.
    pub async fn remove_container(&self, id: &str) -> Result<bool, EngineError> {
        let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
        let answer = self.client().await?.remove_container(id, Some(options)).await;
        Ok(self.found("remove a container", answer)?.is_some())
    }

    /// The containers with this label, `NAME` or `NAME=value`, running or not.
    pub async fn labelled(&self, label: &str) -> Result<Vec<Labelled>, EngineError> {
        let filters = HashMap::from([("label".to_owned(), vec![label.to_owned()])]);
        let options = ListContainersOptionsBuilder::new().all(true).filters(&filters).build();
        let answer = self.client().await?.list_containers(Some(options)).await;
        let containers = answer.map_err(|error| self.error("list containers", error))?;
        let labelled = containers.into_iter().map(|container| Labelled {
            id: container.id.unwrap_or_default(),
            labels: container.labels.unwrap_or_default().into_iter().collect(),
        });
        Ok(labelled.collect())
    }

    /// Puts files into a container, running or not. Directories on their way that are missing are made.
    pub async fn put_files(&self, id: &str, files: &[NewFile]) -> Result<(), EngineError> {
        let options = UploadToContainerOptionsBuilder::new().path("/").build();
        let body = bollard::body_full(archive(files).into());
        let answer = self.client().await?.upload_to_container(id, Some(options), body).await;
        answer.map_err(|error| self.error("put files into a container", error))
    }

    /// What a container has written and writes, line by line; the stream ends with the container.
    pub async fn follow_log(&self, id: &str) -> Result<BoxStream<'static, Result<String, EngineError>>, EngineError> {
        let options = LogsOptionsBuilder::new().follow(true).stdout(true).stderr(true).tail("all").build();
        let address = self.address().clone();
        let lines = self.client().await?.logs(id, Some(options));
        let lines = lines.map_ok(|line| String::from_utf8_lossy(&line.into_bytes()).trim_end().to_owned());
        Ok(lines.map_err(move |error| EngineError::new(&address, "follow a log", error)).boxed())
    }

    /// The last lines that a container wrote, oldest first.
    pub async fn last_lines(&self, id: &str, count: usize) -> Result<Vec<String>, EngineError> {
        let options = LogsOptionsBuilder::new().stdout(true).stderr(true).tail(&count.to_string()).build();
        let lines = self.client().await?.logs(id, Some(options));
        let lines = lines.map_ok(|line| String::from_utf8_lossy(&line.into_bytes()).trim_end().to_owned());
        lines.try_collect().await.map_err(|error| self.error("give a log", error))
    }

    /// The networks of this engine.
    pub async fn networks(&self) -> Result<Vec<Network>, EngineError> {
        let options = ListNetworksOptionsBuilder::new().build();
        let answer = self.client().await?.list_networks(Some(options)).await;
        Ok(answer.map_err(|error| self.error("list networks", error))?.into_iter().map(Network::from).collect())
    }

    /// Makes a bridge network. The engine does not mind two of one name: ask first.
    pub async fn create_network(&self, network: NewNetwork) -> Result<(), EngineError> {
        let subnet = IpamConfig { subnet: Some(network.subnet), ..IpamConfig::default() };
        let request = NetworkCreateRequest {
            name: network.name,
            driver: Some("bridge".to_owned()),
            ipam: Some(Ipam { config: Some(vec![subnet]), ..Ipam::default() }),
            labels: Some(network.labels.into_iter().collect()),
            ..NetworkCreateRequest::default()
        };
        let answer = self.client().await?.create_network(request).await;
        answer.map(drop).map_err(|error| self.error("create a network", error))
    }

    /// Attaches a container to a further network, with an address of its own there.
    pub async fn attach(&self, id: &str, attachment: Attachment) -> Result<(), EngineError> {
        let address =
            EndpointIpamConfig { ipv4_address: Some(attachment.address.to_string()), ..EndpointIpamConfig::default() };
        let request = NetworkConnectRequest {
            container: id.to_owned(),
            endpoint_config: Some(EndpointSettings { ipam_config: Some(address), ..EndpointSettings::default() }),
        };
        let answer = self.client().await?.connect_network(&attachment.network, request).await;
        answer.map_err(|error| self.error("attach a container to a network", error))
    }

    /// Removes a network; gives whether it was there.
    pub async fn remove_network(&self, network: &str) -> Result<bool, EngineError> {
        let answer = self.client().await?.remove_network(network).await;
        Ok(self.found("remove a network", answer)?.is_some())
    }

    /// Makes a named volume; one that is there is left as it is.
    pub async fn create_volume(&self, name: &str, labels: &[(String, String)]) -> Result<(), EngineError> {
        let request = VolumeCreateRequest {
            name: Some(name.to_owned()),
            labels: Some(labels.iter().cloned().collect()),
            ..VolumeCreateRequest::default()
        };
        let answer = self.client().await?.create_volume(request).await;
        answer.map(drop).map_err(|error| self.error("create a volume", error))
    }

    /// Removes a volume; gives whether it was there.
    pub async fn remove_volume(&self, name: &str) -> Result<bool, EngineError> {
        let answer = self.client().await?.remove_volume(name, None::<RemoveVolumeOptions>).await;
        Ok(self.found("remove a volume", answer)?.is_some())
    }
}

fn body(container: NewContainer) -> ContainerCreateBody {
    let mount = |(source, target)| Mount {
        source: Some(source),
        target: Some(target),
        typ: Some(MountType::VOLUME),
        ..Mount::default()
    };
    let limits = LOG_LIMITS.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let log = HostConfigLogConfig { typ: Some("json-file".to_owned()), config: Some(limits.into_iter().collect()) };
    let host = HostConfig {
        network_mode: container.network,
        mounts: Some(container.volumes.into_iter().map(mount).collect()),
        tmpfs: Some(container.memory_directories.into_iter().collect()),
        memory: Some(container.memory_bytes).filter(|bytes| *bytes > 0),
        nano_cpus: Some(container.nano_cpus).filter(|cpus| *cpus > 0),
        dns: Some(container.name_servers).filter(|servers| !servers.is_empty()),
        log_config: Some(log),
        ..privileges(container.privileges)
    };
    ContainerCreateBody {
        image: Some(container.image),
        hostname: Some(container.hostname),
        labels: Some(container.labels.into_iter().collect()),
        env: Some(container.environment),
        host_config: Some(host),
        ..ContainerCreateBody::default()
    }
}

fn privileges(privileges: Privileges) -> HostConfig {
    let texts = |texts: &[&str]| Some(texts.iter().map(|text| (*text).to_owned()).collect());
    match privileges {
        Privileges::Usual => HostConfig::default(),
        Privileges::Privileged => HostConfig { privileged: Some(true), ..HostConfig::default() },
        Privileges::AllCapabilitiesBut(missing) => HostConfig {
            cap_add: texts(&["ALL"]),
            cap_drop: Some(missing),
            security_opt: texts(&["seccomp=unconfined", "apparmor=unconfined", "label=disable"]),
            device_cgroup_rules: texts(&["a *:* rwm"]),
            masked_paths: Some(Vec::new()),
            readonly_paths: Some(Vec::new()),
            ..HostConfig::default()
        },
    }
}
