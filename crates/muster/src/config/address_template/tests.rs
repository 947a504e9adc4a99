use super::*;

fn hosts() -> Vec<Interface> {
    let list = [
        ("lo", "127.0.0.1", 8, false),
        ("eth0", "10.1.2.3", 24, true),
        ("eth0", "fe80::1", 64, true),
        ("eth0", "fd00::3", 64, true),
        ("eth1", "192.168.7.7", 16, false),
        ("eth2", "8.8.4.4", 24, false),
    ];
    let interface = |(name, address, prefix, default): (&str, &str, u8, bool)| Interface {
        name: name.to_owned(),
        address: address.parse().unwrap(),
        prefix,
        up: true,
        default,
    };
    list.map(interface).to_vec()
}

#[test]
fn common_templates_give_what_go_sockaddr_gives() {
    let cases = [
        ("10.0.0.1", "10.0.0.1"),
        ("{{ GetPrivateIP }}", "10.1.2.3"),
        ("{{GetPublicIP}}", "8.8.4.4"),
        ("{{ GetInterfaceIP \"eth1\" }}", "192.168.7.7"),
        ("{{ GetInterfaceIPs `eth0` }}", "10.1.2.3 fd00::3"),
        ("{{ GetPrivateInterfaces | include \"network\" \"192.168.0.0/16\" | attr \"address\" }}", "192.168.7.7"),
        ("{{ GetAllInterfaces | include \"name\" \"eth1|eth2\" | join \"address\" \" \" }}", "192.168.7.7 8.8.4.4"),
        (
            "{{ GetAllInterfaces | exclude \"flags\" \"loopback\" | include \"type\" \"ipv4\" | sort \"-address\" | limit 1 | attr \"address\" }}",
            "192.168.7.7",
        ),
        ("{{ GetDefaultInterfaces | exclude \"type\" \"ipv6\" | attr \"address\" }}", "10.1.2.3"),
        ("127.0.0.1 {{ GetPrivateIP }}", "127.0.0.1 10.1.2.3"),
        ("{{ GetPrivateInterfaces | include \"network\" \"172.16.0.0/12\" | attr \"address\" }}", ""),
    ];
    for (template, expected) in cases {
        assert_eq!(resolve(template, &hosts()).unwrap(), expected, "{template}");
    }
}

#[test]
fn what_is_not_there_is_named() {
    let cases = [
        ("{{ GetPrivateIP", "has {{ without }}"),
        ("{{ GetNothing }}", "uses GetNothing, which muster does not have"),
        ("{{ GetInterfaceIP \"eth9\" }}", "GetInterfaceIP: there is no interface \"eth9\""),
        ("{{ GetInterfaceIP }}", "GetInterfaceIP needs the name of an interface"),
        ("{{ GetAllInterfaces }}", "ends in interfaces"),
        ("{{ GetAllInterfaces | math \"address\" \"+1\" }}", "uses math, which muster does not have"),
        ("{{ GetAllInterfaces | include \"name }}", "has a quote without its second"),
        ("{{ GetAllInterfaces | include \"network\" \"10/\" | attr \"address\" }}", "network \"10/\" is not one"),
        ("{{ }}", "has a | with nothing beside it"),
    ];
    for (template, expected) in cases {
        let error = resolve(template, &hosts()).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{template}: {error}");
    }
}
