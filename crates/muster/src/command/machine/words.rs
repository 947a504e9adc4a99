//! The commands of `machine` with their flags.

use crate::exit::Failure;
use crate::flags::{Flag, FlagTable, Kind};

use super::{Context, actions, create, env, inspect, list, remote, remove};

/// The last docker-machine, whose command line this is.
pub const DOCKER_MACHINE_VERSION: &str = "0.16.2";

/// A command of `machine`.
pub struct Word {
    /// What it is called.
    pub name: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// Its flags.
    pub table: &'static FlagTable,
    pub(super) run: fn(&Context, &[String]) -> Result<(), Failure>,
}

/// Short names of flags, where the command has the long one.
pub const ALIASES: &[(&str, &str)] = &[
    ("D", "debug"),
    ("s", "storage-path"),
    ("v", "version"),
    ("t", "timeout"),
    ("u", "unset"),
    ("q", "quiet"),
    ("d", "driver"),
    ("d", "delta"),
    ("r", "recursive"),
    ("f", "force"),
    ("f", "format"),
];

macro_rules! table {
    ($usage:literal, $about:literal, [$($flag:expr),* $(,)?]) => {
        &FlagTable { usage: concat!("muster machine ", $usage), about: $about, flags: &[$($flag),*] }
    };
}

const fn bool(name: &'static str, help: &'static str) -> Flag {
    Flag::works(name, Kind::Bool, "", help)
}

const fn text(name: &'static str, value: &'static str, help: &'static str) -> Flag {
    Flag::works(name, Kind::Text, value, help)
}

const fn list(name: &'static str, value: &'static str, help: &'static str) -> Flag {
    Flag::works(name, Kind::List, value, help)
}

const fn number(name: &'static str, value: &'static str, help: &'static str) -> Flag {
    Flag::works(name, Kind::Int, value, help)
}

/// Flags before the command.
pub const GLOBAL: FlagTable = FlagTable {
    usage: "muster machine [flags] COMMAND [flags] [NAME...]",
    about: "Makes and keeps Docker hosts, as docker-machine does.",
    flags: &[
        bool("debug", "say more (-D, MACHINE_DEBUG)"),
        text("storage-path", "DIR", "where machines are kept; default ~/.docker/machine (-s, MACHINE_STORAGE_PATH)"),
        text("tls-ca-cert", "FILE", "another authority's certificate (MACHINE_TLS_CA_CERT)"),
        text("tls-ca-key", "FILE", "its private key (MACHINE_TLS_CA_KEY)"),
        text("tls-client-cert", "FILE", "another client certificate (MACHINE_TLS_CLIENT_CERT)"),
        text("tls-client-key", "FILE", "its private key (MACHINE_TLS_CLIENT_KEY)"),
        bool("version", "print the version (-v)"),
        Flag::absent("native-ssh"),
        Flag::absent("github-api-token"),
        Flag::absent("bugsnag-api-token"),
    ],
};

/// `create`.
pub const CREATE: FlagTable = FlagTable {
    usage: "muster machine create [flags] NAME",
    about: "\
Makes a Docker host and waits until its engine answers over TLS.

  muster machine create manager1
  muster machine create --container-cpu-count 2 --container-memory 2048 worker1

The driver container makes it a container of this host's engine, with a dockerd of its own. Such a machine
is root on this host: who controls it controls the host.",
    flags: &[
        text("driver", "NAME", "container, the default (-d, MACHINE_DRIVER)"),
        text("container-engine", "ADDR", "the engine that runs it; default DOCKER_HOST's socket (CONTAINER_ENGINE)"),
        text("container-image", "IMAGE", "default muster/machine:trixie (CONTAINER_IMAGE)"),
        number("container-cpu-count", "N", "CPUs; default -1: all (CONTAINER_CPU_COUNT)"),
        number("container-memory", "MB", "memory; default 0: no limit (CONTAINER_MEMORY_SIZE)"),
        number("container-disk-size", "MB", "disk for images and volumes; default 0: no limit (CONTAINER_DISK_SIZE)"),
        list("engine-opt", "FLAG=VALUE", "a flag for its dockerd, without the dashes"),
        list("engine-insecure-registry", "HOST", "a registry without TLS"),
        list("engine-registry-mirror", "URL", "a mirror of the registry (ENGINE_REGISTRY_MIRROR)"),
        list("engine-label", "NAME=VALUE", "a label of its engine"),
        text("engine-storage-driver", "NAME", "how its engine stores layers"),
        list("engine-env", "NAME=VALUE", "a variable for its dockerd"),
        list("tls-san", "NAME", "a further name or address in its certificate"),
        Flag::absent("engine-install-url"),
        Flag::absent("swarm"),
        Flag::absent("swarm-addr"),
        Flag::absent("swarm-discovery"),
        Flag::absent("swarm-experimental"),
        Flag::absent("swarm-host"),
        Flag::absent("swarm-image"),
        Flag::absent("swarm-join-opt"),
        Flag::absent("swarm-master"),
        Flag::absent("swarm-opt"),
        Flag::absent("swarm-strategy"),
        Flag::absent("virtualbox-boot2docker-url"),
        Flag::absent("virtualbox-cpu-count"),
        Flag::absent("virtualbox-disk-size"),
        Flag::absent("virtualbox-host-dns-resolver"),
        Flag::absent("virtualbox-hostonly-cidr"),
        Flag::absent("virtualbox-hostonly-nicpromisc"),
        Flag::absent("virtualbox-hostonly-nictype"),
        Flag::absent("virtualbox-hostonly-no-dhcp"),
        Flag::absent("virtualbox-import-boot2docker-vm"),
        Flag::absent("virtualbox-memory"),
        Flag::absent("virtualbox-nat-nictype"),
        Flag::absent("virtualbox-no-dns-proxy"),
        Flag::absent("virtualbox-no-share"),
        Flag::absent("virtualbox-no-vtx-check"),
        Flag::absent("virtualbox-share-folder"),
        Flag::absent("virtualbox-ui-type"),
        Flag::absent("generic-engine-port"),
        Flag::absent("generic-ip-address"),
        Flag::absent("generic-ssh-key"),
        Flag::absent("generic-ssh-port"),
        Flag::absent("generic-ssh-user"),
    ],
};

/// The commands, in docker-machine's order.
pub const WORDS: &[Word] = &[
    Word {
        name: "active",
        summary: "Print which machine is active",
        table: table!(
            "active [flags]",
            "Prints the machine whose engine DOCKER_HOST names.",
            [number("timeout", "SECONDS", "how long to wait for each; default 10 (-t)"),]
        ),
        run: list::active,
    },
    Word {
        name: "config",
        summary: "Print the connection config for machine",
        table: table!(
            "config [NAME]",
            "Prints the flags with which docker reaches a machine.",
            [Flag::absent("swarm")]
        ),
        run: inspect::config,
    },
    Word { name: "create", summary: "Create a machine", table: &CREATE, run: create::run },
    Word {
        name: "env",
        summary: "Display the commands to set up the environment for the Docker client",
        table: table!(
            "env [flags] [NAME]",
            "Prints what points docker at a machine: eval $(muster machine env NAME)",
            [
                text("shell", "NAME", "fish, cmd, powershell, tcsh, emacs or bash; default is the one in SHELL"),
                bool("unset", "unset the variables (-u)"),
                bool("no-proxy", "add the machine's address to NO_PROXY"),
                Flag::absent("swarm"),
            ]
        ),
        run: env::run,
    },
    Word {
        name: "inspect",
        summary: "Inspect information about a machine",
        table: table!(
            "inspect [flags] [NAME]",
            "Prints a machine's configuration.",
            [text("format", "TEMPLATE", "a Go template over it (-f)"),]
        ),
        run: inspect::run,
    },
    Word {
        name: "ip",
        summary: "Get the IP address of a machine",
        table: table!("ip [NAME...]", "Prints addresses.", []),
        run: actions::ip,
    },
    Word {
        name: "kill",
        summary: "Kill a machine",
        table: table!("kill [NAME...]", "Stops machines at once.", []),
        run: actions::kill,
    },
    Word {
        name: "ls",
        summary: "List machines",
        table: table!(
            "ls [flags]",
            "Lists machines.",
            [
                bool("quiet", "names only (-q)"),
                list("filter", "KEY=VALUE", "driver=, state=, name= (a regular expression) or label="),
                number("timeout", "SECONDS", "how long to wait for each; default 10 (-t)"),
                text("format", "TEMPLATE", "a Go template for each, after the word table with headings (-f)"),
            ]
        ),
        run: list::run,
    },
    Word {
        name: "regenerate-certs",
        summary: "Regenerate TLS Certificates for a machine",
        table: table!(
            "regenerate-certs [flags] [NAME...]",
            "Makes new certificates and starts the engine anew.",
            [
                bool("force", "do not ask (-f)"),
                bool("client-certs", "also the client's; the authority's if it is missing or has run out"),
            ]
        ),
        run: actions::regenerate_certs,
    },
    Word {
        name: "restart",
        summary: "Restart a machine",
        table: table!("restart [NAME...]", "Stops and starts machines.", []),
        run: actions::restart,
    },
    Word {
        name: "rm",
        summary: "Remove a machine",
        table: table!(
            "rm [flags] NAME...",
            "Removes machines with all that is on them.",
            [bool("force", "do not ask, and forget machines that cannot be removed (-f)"), bool("y", "do not ask"),]
        ),
        run: remove::run,
    },
    Word {
        name: "ssh",
        summary: "Log into or run a command on a machine with SSH.",
        table: table!("ssh [NAME [COMMAND...]]", "Runs a command on a machine, or a shell.", []),
        run: remote::ssh,
    },
    Word {
        name: "scp",
        summary: "Copy files between machines",
        table: table!(
            "scp [flags] [[USER@]NAME:]PATH [[USER@]NAME:]PATH",
            "Copies files to, from and between machines.",
            [
                bool("recursive", "directories too (-r)"),
                bool("delta", "by rsync, only what differs (-d)"),
                bool("quiet", "without a progress meter (-q)"),
            ]
        ),
        run: remote::scp,
    },
    Word {
        name: "start",
        summary: "Start a machine",
        table: table!("start [NAME...]", "Starts machines and waits for their engines.", []),
        run: actions::start,
    },
    Word {
        name: "status",
        summary: "Get the status of a machine",
        table: table!("status [NAME]", "Prints Running, Stopped, Paused, Starting or Error.", []),
        run: actions::status,
    },
    Word {
        name: "stop",
        summary: "Stop a machine",
        table: table!("stop [NAME...]", "Stops machines in order.", []),
        run: actions::stop,
    },
    Word {
        name: "url",
        summary: "Get the URL of a machine",
        table: table!("url [NAME]", "Prints where a machine's engine listens.", []),
        run: actions::url,
    },
    Word {
        name: "version",
        summary: "Show the Docker Machine version or a machine docker version",
        table: table!(
            "version [NAME]",
            "Prints the version of docker-machine that this is, or of a machine's engine.",
            []
        ),
        run: actions::version,
    },
];

impl Word {
    /// The command of this name.
    pub fn named(name: &str) -> Option<&'static Word> {
        WORDS.iter().find(|word| word.name == name)
    }
}

/// docker-machine's commands that are not here.
pub const ABSENT: [&str; 3] = ["mount", "provision", "upgrade"];

/// The commands and their flags, as docs/compatibility.md has them.
#[cfg(test)]
pub fn markdown() -> String {
    use crate::flags::Effect;
    let mut text = String::from("| command | flag | here | effect |\n|---|---|---|---|\n");
    let short = |long: &str| {
        let alias = ALIASES.iter().find(|(_, name)| *name == long);
        alias.map(|(short, _)| format!(", `-{short}`")).unwrap_or_default()
    };
    let mut row = |command: &str, flags: &[Flag], summary: &str| {
        text.push_str(&format!("| `{command}` | | yes | {summary} |\n"));
        for flag in flags {
            let value = if flag.value.is_empty() { String::new() } else { format!(" {}", flag.value) };
            let here = if flag.effect == Effect::Works { "yes" } else { "absent: an error that names it" };
            let help = flag.help.replace('|', "\\|");
            text.push_str(&format!("| | `--{}{value}`{} | {here} | {help} |\n", flag.name, short(flag.name)));
        }
    };
    row("docker-machine", GLOBAL.flags, "before every command");
    for word in WORDS {
        row(word.name, word.table.flags, word.summary);
    }
    for name in ABSENT {
        text.push_str(&format!("| `{name}` | | absent: an error that names it | |\n"));
    }
    text
}

/// What `--help` prints.
pub fn overview(invoked_as: &str) -> String {
    let mut text = GLOBAL.help().replace("muster machine", invoked_as);
    text.push_str("\nCommands:\n");
    for word in WORDS {
        text.push_str(&format!("  {:<17} {}\n", word.name, word.summary));
    }
    text.push_str(&format!("\nRun '{invoked_as} COMMAND --help' for more information on a command.\n"));
    text
}
