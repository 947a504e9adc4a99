//! `machine inspect` and `machine config`: what is known of a machine.

use anyhow::{Context as _, anyhow};
use muster_machine::Machine;
use serde_json::{Map, Value, json};

use super::{Context, say, words};
use crate::exit::Failure;

mod template;

pub use template::Format;

pub fn run(context: &Context, arguments: &[String]) -> Result<(), Failure> {
    let table = words::Word::named("inspect").expect("a command of machine").table;
    let Some(parsed) = context.parse(table, arguments)? else { return Ok(()) };
    let machine = context.load(&context.target(&parsed.rest)?)?;
    let described = described(context, &machine)?;
    match parsed.text("format").filter(|format| !format.is_empty()) {
        Some(format) => {
            let format = Format::parse(format).map_err(|error| error.context("template parsing error"))?;
            say(&format.render(&described)?);
        }
        None => say(&pretty(&described)?),
    }
    Ok(())
}

/// The configuration as docker-machine shows it, with the paths that scripts ask for: in the file there are none.
fn described(context: &Context, machine: &Machine) -> anyhow::Result<Value> {
    let mut value = serde_json::to_value(&machine.config).context("the configuration cannot be shown")?;
    let directory = machine.directory();
    let path = |path: &std::path::Path| json!(path.display().to_string());
    let authority = &context.authority;
    let mut set = |pointer: &str, fields: Vec<(&str, Value)>| {
        if let Some(Value::Object(object)) = value.pointer_mut(pointer) {
            object.extend(fields.into_iter().map(|(name, value)| (name.to_owned(), value)));
        }
    };
    set("/Driver", vec![("StorePath", path(context.store.path())), ("SSHKeyPath", path(&machine.ssh().key()))]);
    set(
        "/HostOptions/AuthOptions",
        vec![
            ("CertDir", path(&context.store.certificates())),
            ("CaCertPath", path(&authority.certificate)),
            ("CaPrivateKeyPath", path(&authority.key)),
            ("ClientCertPath", path(&authority.client_certificate)),
            ("ClientKeyPath", path(&authority.client_key)),
            ("ServerCertPath", path(&directory.join("server.pem"))),
            ("ServerKeyPath", path(&directory.join("server-key.pem"))),
            ("StorePath", path(&directory)),
        ],
    );
    Ok(value)
}

/// JSON with four spaces, as Go's MarshalIndent was asked for.
fn pretty(value: &Value) -> anyhow::Result<String> {
    let mut text = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, formatter);
    serde::Serialize::serialize(value, &mut serializer)?;
    Ok(String::from_utf8(text)?)
}

pub fn config(context: &Context, arguments: &[String]) -> Result<(), Failure> {
    let table = words::Word::named("config").expect("a command of machine").table;
    let Some(parsed) = context.parse(table, arguments)? else { return Ok(()) };
    let machine = context.load(&context.target(&parsed.rest)?)?;
    super::super::runtime()?
        .block_on(async {
            machine.must_run().await?;
            machine.check_engine().await
        })
        .map_err(|error| anyhow!(error).context("Error running connection boilerplate"))?;
    let file = |name: &str| format!("{:?}", machine.directory().join(name).display().to_string());
    say(&format!(
        "--tlsverify\n--tlscacert={}\n--tlscert={}\n--tlskey={}\n-H={}",
        file("ca.pem"),
        file("cert.pem"),
        file("key.pem"),
        machine.url()
    ));
    Ok(())
}

/// An object of these fields.
pub fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Object(Map::from_iter(fields.map(|(name, value)| (name.to_owned(), value))))
}
