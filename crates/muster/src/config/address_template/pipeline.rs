//! A template's pipeline: a function that gives interfaces or text, and functions that take the one before.

use std::net::IpAddr;

use anyhow::{Result, anyhow, bail};

use super::interfaces::{Interface, is_private, is_public};

/// What goes through a pipeline.
enum Value {
    Interfaces(Vec<Interface>),
    Text(String),
}

/// Runs a pipeline such as `GetPrivateInterfaces | include "network" "10.0.0.0/8" | attr "address"`.
pub fn run(text: &str, interfaces: &[Interface]) -> Result<String> {
    let mut value = None;
    for stage in stages(text)? {
        let Some((function, arguments)) = stage.split_first() else { bail!("has a | with nothing beside it") };
        value = Some(match value {
            None => source(function, arguments, interfaces)?,
            Some(before) => filter(function, arguments, before)?,
        });
    }
    match value {
        Some(Value::Text(text)) => Ok(text),
        Some(Value::Interfaces(_)) => bail!("ends in interfaces: | attr \"address\" after them would be right"),
        None => bail!("has an empty template"),
    }
}

/// Words, quoted or not, in stages that `|` separates.
fn stages(text: &str) -> Result<Vec<Vec<String>>> {
    let mut stages = vec![Vec::new()];
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let word = match first {
            '|' => {
                stages.push(Vec::new());
                rest = rest[1..].trim_start();
                continue;
            }
            quote @ ('"' | '`') => {
                let (word, after) =
                    rest[1..].split_once(quote).ok_or_else(|| anyhow!("has a quote without its second"))?;
                rest = after;
                word
            }
            _ => {
                let end =
                    rest.find(|character: char| character.is_whitespace() || character == '|').unwrap_or(rest.len());
                let (word, after) = rest.split_at(end);
                rest = after;
                word
            }
        };
        stages.last_mut().ok_or_else(|| anyhow!("has no function"))?.push(word.to_owned());
        rest = rest.trim_start();
    }
    Ok(stages)
}

fn source(function: &str, arguments: &[String], all: &[Interface]) -> Result<Value> {
    let usable = || all.iter().filter(|interface| interface.up && !interface.address.is_loopback());
    let addresses = |list: Vec<&Interface>| -> Vec<String> { list.iter().map(|one| one.address.to_string()).collect() };
    let private = || by_family(usable().filter(|one| is_private(one.address)).collect());
    let public = || by_family(usable().filter(|one| is_public(one.address)).collect());
    let named = || -> Result<Vec<&Interface>> {
        let [name] = arguments else { bail!("{function} needs the name of an interface") };
        let found: Vec<_> = all.iter().filter(|one| one.name == *name && is_reachable(one.address)).collect();
        if found.is_empty() {
            bail!("{function}: there is no interface {name:?} with an address")
        } else {
            Ok(by_family(found))
        }
    };
    let first = |list: Vec<String>| list.into_iter().next().unwrap_or_default();
    Ok(match function {
        "GetPrivateIP" => Value::Text(first(
            addresses(private().into_iter().filter(|one| one.default).collect())
                .into_iter()
                .chain(addresses(private()))
                .collect(),
        )),
        "GetPrivateIPs" => Value::Text(addresses(private()).join(" ")),
        "GetPublicIP" => Value::Text(first(addresses(public()))),
        "GetPublicIPs" => Value::Text(addresses(public()).join(" ")),
        "GetInterfaceIP" => Value::Text(first(addresses(named()?))),
        "GetInterfaceIPs" => Value::Text(addresses(named()?).join(" ")),
        "GetAllInterfaces" => Value::Interfaces(all.to_vec()),
        "GetDefaultInterfaces" => Value::Interfaces(all.iter().filter(|one| one.default).cloned().collect()),
        "GetPrivateInterfaces" => Value::Interfaces(private().into_iter().cloned().collect()),
        "GetPublicInterfaces" => Value::Interfaces(public().into_iter().cloned().collect()),
        other => bail!(
            "uses {other}, which muster does not have; GetPrivateIP, GetInterfaceIP \"eth0\" and others are there"
        ),
    })
}

/// IPv4 before IPv6, else as they are listed.
fn by_family(mut list: Vec<&Interface>) -> Vec<&Interface> {
    list.sort_by_key(|one| one.address.is_ipv6());
    list
}

/// Not an address that only the link knows.
fn is_reachable(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(_) => true,
        IpAddr::V6(address) => address.segments()[0] & 0xffc0 != 0xfe80,
    }
}

fn filter(function: &str, arguments: &[String], before: Value) -> Result<Value> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let list = match (before, function) {
        (Value::Interfaces(list), _) => list,
        (Value::Text(_), _) => bail!("uses {function} after a text, which muster does not have"),
    };
    Ok(match (function, arguments.as_slice()) {
        ("include", [selector, value]) => Value::Interfaces(selected(list, selector, value, true)?),
        ("exclude", [selector, value]) => Value::Interfaces(selected(list, selector, value, false)?),
        ("sort", [selector]) => Value::Interfaces(sorted(list, selector)?),
        ("limit", [number]) => {
            let number: usize = number.parse().map_err(|_| anyhow!("limit {number:?} is not a number"))?;
            Value::Interfaces(list.into_iter().take(number).collect())
        }
        ("attr", [attribute]) => match list.first() {
            Some(first) => Value::Text(attribute_of(first, attribute)?),
            None => Value::Text(String::new()),
        },
        ("join", [attribute, separator]) => {
            let texts: Vec<_> = list.iter().map(|one| attribute_of(one, attribute)).collect::<Result<_>>()?;
            Value::Text(texts.join(*separator))
        }
        ("include" | "exclude" | "join", _) => bail!("{function} needs two texts"),
        ("sort" | "attr" | "limit", _) => bail!("{function} needs one argument"),
        (other, _) => {
            bail!("uses {other}, which muster does not have; include, exclude, sort, limit, attr and join are there")
        }
    })
}

fn selected(list: Vec<Interface>, selector: &str, value: &str, include: bool) -> Result<Vec<Interface>> {
    let mut kept = Vec::new();
    for interface in list {
        if matches(&interface, selector, value)? == include {
            kept.push(interface);
        }
    }
    Ok(kept)
}

/// Several values are separated by `|`; one that fits is enough.
fn matches(interface: &Interface, selector: &str, value: &str) -> Result<bool> {
    for one in value.split('|') {
        let fits = match selector {
            "name" => interface.name == one,
            "address" => interface.address.to_string() == one,
            "network" => in_network(interface.address, one)?,
            "type" => match one.to_ascii_lowercase().as_str() {
                "ip" => true,
                "ipv4" => interface.address.is_ipv4(),
                "ipv6" => interface.address.is_ipv6(),
                other => bail!("type {other:?} is not one: ip, ipv4 or ipv6 would be right"),
            },
            "flag" | "flags" => match one {
                "up" => interface.up,
                "loopback" => interface.address.is_loopback(),
                "forwardable" => is_public(interface.address) || is_private(interface.address),
                other => {
                    bail!("flag {other:?} is one that muster does not have; up, loopback and forwardable are there")
                }
            },
            "rfc" => match one {
                "1918" | "6890" => is_private(interface.address),
                other => bail!("rfc {other:?} is one that muster does not have; 1918 and 6890 are there"),
            },
            other => {
                bail!(
                    "selects by {other:?}, which muster does not have; name, address, network, type, flag, rfc are there"
                )
            }
        };
        if fits {
            return Ok(true);
        }
    }
    Ok(false)
}

fn in_network(address: IpAddr, network: &str) -> Result<bool> {
    let wrong = || anyhow!("network {network:?} is not one: 10.0.0.0/8 would be right");
    let (base, bits) = network.split_once('/').ok_or_else(wrong)?;
    let (base, bits): (IpAddr, u32) = (base.parse().map_err(|_| wrong())?, bits.parse().map_err(|_| wrong())?);
    let number = |address: IpAddr| -> (u128, u32) {
        match address {
            IpAddr::V4(address) => (u128::from(u32::from(address)), 32),
            IpAddr::V6(address) => (u128::from(address), 128),
        }
    };
    let ((base, width), (own, own_width)) = (number(base), number(address));
    let rest = width.checked_sub(bits).ok_or_else(wrong)?;
    Ok(width == own_width && (rest == 128 || base >> rest == own >> rest))
}

fn sorted(mut list: Vec<Interface>, selectors: &str) -> Result<Vec<Interface>> {
    for selector in selectors.rsplit(',') {
        match selector.trim_start_matches(['+', '-']) {
            "default" => list.sort_by_key(|one| !one.default),
            "name" => list.sort_by(|one, other| one.name.cmp(&other.name)),
            "address" => list.sort_by_key(|one| one.address),
            "size" => list.sort_by_key(|one| std::cmp::Reverse(one.prefix)),
            "type" => list.sort_by_key(|one| one.address.is_ipv6()),
            "private" => list.sort_by_key(|one| !is_private(one.address)),
            other => bail!("sorts by {other:?}, which muster does not have"),
        }
        if selector.starts_with('-') {
            list.reverse();
        }
    }
    Ok(list)
}

fn attribute_of(interface: &Interface, attribute: &str) -> Result<String> {
    Ok(match attribute {
        "address" => interface.address.to_string(),
        "name" => interface.name.clone(),
        "size" | "mask_bits" => interface.prefix.to_string(),
        "string" => format!("{}/{}", interface.address, interface.prefix),
        other => bail!("asks for {other:?}, which muster does not have; address, name and string are there"),
    })
}
