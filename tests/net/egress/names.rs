//! Every way to write a host so that it is taken for another, and every address that is not everybody's.

use super::lab::{Proxy, echo};
use agent::net::egress::Denied;
use agent::net::egress::address::{Reach, reach};
use agent::policy::hosts::{Refusal, Remedy};

#[test]
fn a_host_in_disguise_is_not_reached() {
    let port = echo();
    let allowed = [format!("!ok.example:{port}"), format!("!127.0.0.1:{port}")];
    let proxy = Proxy::new(&[&allowed[0], &allowed[1]], &["ok.example=127.0.0.1"]);
    for good in ["ok.example", "OK.EXAMPLE", "ok.example.", "127.0.0.1", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"] {
        let answer = proxy.ask(&format!("{good}:{port}")).1;
        assert!(answer.starts_with("HTTP/1.1 200"), "{good}: {answer}");
    }
    for bad in [
        "ok.example@evil.example",
        "evil.example@ok.example",
        "user:pass@ok.example",
        "@ok.example",
        "ok%2eexample",
        "ok.example%00.evil.example",
        "ok.example\0.evil.example",
        "ok.example .evil.example",
        "ok.example\t",
        " ok.example",
        "ok.example\u{ff0e}evil.example",
        "ok\u{3002}example",
        "\u{ff4f}k.example",
        "o\u{ad}k.example",
        "ok..example",
        ".ok.example",
        "ok.example..",
        "-ok.example",
        "*.example",
        "ok.example#",
        "ok.example/",
        "ok.example\\",
        "ok.example?",
        "127.1",
        "127.0.0.01",
        "0177.0.0.1",
        "0x7f.0.0.1",
        "0x7f000001",
        "2130706433",
        "127.0.0.1.",
        "127.0.0.1.0",
        "1.2.3.4.5",
        "0x",
        "[::1%25lo]",
        "[::1%lo]",
        "[::ffff:127.0.0.1",
        "::ffff:127.0.0.1",
        "[127.0.0.1]",
        "[ok.example]",
        "[]",
        "",
    ] {
        // The dotted address with a dot at its end is the address to everybody.
        if bad == "127.0.0.1." {
            assert!(proxy.ask(&format!("{bad}:{port}")).1.starts_with("HTTP/1.1 200"));
            continue;
        }
        let answer = proxy.say(format!("CONNECT {bad}:{port} HTTP/1.1\r\n\r\n"));
        assert!(answer.starts_with("HTTP/1.1 400") || answer.is_empty(), "{bad:?}: {answer}");
        let plain = proxy.say(format!("GET http://{bad}:{port}/ HTTP/1.1\r\n\r\n"));
        assert!(plain.starts_with("HTTP/1.1 4") || plain.is_empty(), "{bad:?}: {plain}");
    }
    for bad in ["ok.example", "ok.example:", "ok.example:0", "ok.example:+443", "ok.example:0443", "ok.example:65536"] {
        let answer = proxy.say(format!("CONNECT {bad} HTTP/1.1\r\n\r\n"));
        assert!(answer.starts_with("HTTP/1.1 400") || answer.is_empty(), "{bad:?}: {answer}");
    }
    let denied = proxy.denied();
    assert!(denied.iter().any(|denied| denied.host == format!("…@ok.example:{port}")), "{denied:?}");
    assert!(denied.iter().all(|denied| !denied.host.contains("pass")), "a password is not written down: {denied:?}");
    assert!(denied.iter().all(|denied| !denied.host.contains(['\0', '\t', '\n'])), "{denied:?}");
    // To everybody a path or a query ends the host, and what stands behind it is no port.
    let plain = |denied: &Denied| (denied.host.as_str(), denied.port) == ("ok.example", 80);
    assert!(denied.iter().all(|denied| denied.why.remedy() == Remedy::Nothing || plain(denied)), "{denied:?}");
    assert_eq!(proxy.egress.seen().iter().map(|seen| seen.times).sum::<u64>(), 7);
}

#[test]
fn a_name_that_leads_to_a_private_address_is_refused_unless_its_rule_says_so() {
    let port = echo();
    let names = [
        "plain.example=127.0.0.1",
        "open.example=127.0.0.1",
        "metadata.example=169.254.169.254",
        "azure.example=168.63.129.16",
        "mixed.example=169.254.169.254,127.0.0.1",
    ];
    let rules: Vec<String> =
        ["plain.example", "!open.example", "!metadata.example", "!azure.example", "!mixed.example"]
            .iter()
            .map(|name| format!("{name}:{port}"))
            .collect();
    let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
    let proxy = Proxy::new(&rules, &names);
    let why = |name: &str| {
        let answer = proxy.ask(&format!("{name}:{port}")).1;
        assert!(answer.starts_with("HTTP/1.1 403"), "{name}: {answer}");
        assert!(answer.contains("error=destination_ip_prohibited"), "{answer}");
        proxy.denied().remove(0).why
    };
    assert_eq!(why("plain.example"), Refusal::Private("127.0.0.1".parse().unwrap()));
    assert_eq!(why("metadata.example"), Refusal::Never("169.254.169.254".parse().unwrap()));
    assert_eq!(why("azure.example"), Refusal::Never("168.63.129.16".parse().unwrap()));
    proxy.tunnel(&format!("open.example:{port}"));
    proxy.tunnel(&format!("mixed.example:{port}"));
    let hosts: Vec<String> = proxy.egress.seen().into_iter().map(|seen| seen.host).collect();
    assert_eq!(hosts, ["mixed.example", "open.example"]);
}

/// DNS rebinding: the second answer of the name server would lead elsewhere. There is no second lookup.
#[test]
fn the_address_that_was_checked_is_the_one_that_is_dialled() {
    let port = echo();
    let proxy = Proxy::new(&[&format!("!ok.example:{port}")], &["ok.example=127.0.0.1"]);
    for made in 1..=3 {
        proxy.tunnel(&format!("ok.example:{port}"));
        assert_eq!(proxy.lookups(), made);
    }
}

#[test]
fn an_address_is_public_private_or_special() {
    let table = [
        (Reach::Public, "1.1.1.1 8.8.8.8 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.169.0.1 223.255.255.255"),
        (Reach::Public, "2606:4700::1111 2a00:1450::1 64:ff9b::808:808 2002:808:808::1 ::ffff:8.8.8.8"),
        (Reach::Private, "127.0.0.1 127.255.255.254 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1"),
        (Reach::Private, "100.127.255.255 198.18.0.1 198.19.255.255 ::1 fc00::1 fd12:3456::1 ::ffff:10.0.0.1"),
        (Reach::Private, "::ffff:127.0.0.1 ::10.0.0.1 64:ff9b::7f00:1 64:ff9b::a00:1 2002:7f00:1::1 ::ffff:0:10.0.0.1"),
        (Reach::Private, "192.0.2.1 203.0.113.1 198.51.100.1 2001:db8::1 3fff::1 ::ffff:203.0.113.1"),
        (Reach::Special, "0.0.0.0 0.1.2.3 169.254.169.254 169.254.0.1 168.63.129.16 100.100.100.200 224.0.0.1"),
        (Reach::Special, "239.255.255.255 240.0.0.1 255.255.255.255 192.0.0.192"),
        (Reach::Special, ":: fe80::1 febf::1 fec0::1 ff02::1 fd00:ec2::254 fd20:ce::254 2001::1 100::1"),
        (Reach::Special, "64:ff9b:1::1 64:ff9b::a9fe:a9fe 2002:a9fe:a9fe::1 ::ffff:169.254.169.254 ::169.254.169.254"),
        (Reach::Special, "4000::1 e000::1 5f00::1 fd00:42::42"),
    ];
    for (expected, addresses) in table {
        for address in addresses.split(' ') {
            assert_eq!(reach(address.parse().unwrap()), expected, "{address}");
        }
    }
}

#[test]
fn a_flood_of_names_fills_nothing() {
    let proxy = Proxy::new(&[], &[]);
    for number in 0..200 {
        assert!(proxy.ask(&format!("host-{number}.example:443")).1.starts_with("HTTP/1.1 403"));
    }
    assert_eq!(proxy.denied().len(), 64);
}
