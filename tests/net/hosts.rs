//! Names of hosts and TLS greetings, by table and by chance: one spelling for each host, or a refusal, and never a panic.

use agent::policy::hosts::{HostRule, HostRules, Refusal, Remedy};
use agent::text::client_hello::{Greeting, greeting};
use agent::text::host::{Host, Pattern, Target};
use proptest::prelude::*;

fn target(text: &str) -> Target {
    Target::parse(text, None).unwrap()
}

#[test]
fn a_host_has_one_spelling() {
    for (text, expected) in [
        ("registry.npmjs.org", "registry.npmjs.org"),
        ("Registry.NPMJS.org.", "registry.npmjs.org"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("a_b.example", "a_b.example"),
        ("localhost", "localhost"),
        ("1.example", "1.example"),
        ("1password.com", "1password.com"),
        ("10.0.0.1", "10.0.0.1"),
        ("10.0.0.1.", "10.0.0.1"),
        ("::1", "::1"),
        ("[::1]", "::1"),
        ("[0:0:0:0:0:0:0:1]", "::1"),
        ("[2001:DB8::A]", "2001:db8::a"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
    ] {
        assert_eq!(Host::parse(text).map(|host| host.to_string()), Ok(expected.to_owned()), "{text}");
    }
    let long = format!("{}.example", "a".repeat(64));
    let longer = ["a".repeat(60).as_str(); 5].join(".");
    for text in [
        "",
        ".",
        "..",
        "a..b",
        "-a.b",
        "a-.b",
        "a b",
        "a\tb",
        "a\0b",
        "a/b",
        "a\\b",
        "a%2eb",
        "a@b",
        "a#b",
        "a?b",
        "a:b",
        "[a]",
        "[::1",
        "::1]",
        "fe80::1%eth0",
        "bücher.example",
        "ok\u{3002}example",
        "\u{2488}example",
        "*",
        "*.b.c",
        "1.2.3",
        "1.2.3.4.5",
        "01.2.3.4",
        "256.1.1.1",
        "0x7f000001",
        "a.0x1f",
        "a.123",
        "2130706433",
        "0x",
        &long,
        &longer,
    ] {
        assert!(Host::parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn a_pattern_is_one_host_or_all_below_one() {
    let below = Pattern::parse("*.Example.org").unwrap();
    for (host, fits) in [
        ("a.example.org", true),
        ("A.b.example.org.", true),
        ("example.org", false),
        ("aexample.org", false),
        ("a.example.org.evil.example", false),
        ("a.example.com", false),
    ] {
        assert_eq!(below.matches(&Host::parse(host).unwrap()), fits, "{host}");
    }
    for text in
        ["*", "*.", "*.com", "a.*.com", "**.example.org", "*example.org", "*.*.example.org", "*.10.0.0.1", "*.[::1]"]
    {
        assert!(Pattern::parse(text).is_err(), "{text}");
    }
}

#[test]
fn a_rule_is_an_exact_port_and_reads_back() {
    for (text, shown, fits, fits_not) in [
        ("pypi.org", "pypi.org", "pypi.org:443", "pypi.org:80"),
        ("pypi.org:443", "pypi.org", "PyPI.org.:443", "files.pypi.org:443"),
        ("git.example:8443", "git.example:8443", "git.example:8443", "git.example:443"),
        ("localhost:443", "localhost:443", "localhost:443", "localhost:80"),
        ("*.example.org:80", "*.example.org:80", "a.example.org:80", "example.org:80"),
        ("[::1]", "[::1]", "[::1]:443", "[::2]:443"),
        ("[::1]:80", "[::1]:80", "[::1]:80", "127.0.0.1:80"),
        ("10.0.0.1", "10.0.0.1", "[::ffff:10.0.0.1]:443", "10.0.0.2:443"),
    ] {
        let rule = HostRule::parse(text, false, "").unwrap();
        assert_eq!(rule.to_string(), shown);
        assert_eq!(HostRule::parse(shown, false, ""), Ok(rule.clone()));
        assert!(rule.matches(&target(fits)), "{text} {fits}");
        assert!(!rule.matches(&target(fits_not)), "{text} {fits_not}");
    }
    for text in ["https://pypi.org", "pypi.org/simple", "a@pypi.org", "pypi.org:", "pypi.org:http", "::1", "a:1:2", ""]
    {
        assert!(HostRule::parse(text, false, "").is_err(), "{text}");
    }
}

#[test]
fn of_two_rules_the_one_for_private_addresses_counts() {
    let rule = |text, private| HostRule::parse(text, private, "").unwrap();
    let rules = HostRules::new(vec![rule("a.example.org", false), rule("*.example.org", true)]);
    assert_eq!(rules.find(&target("a.example.org:443")).map(|rule| rule.private), Some(true));
    assert_eq!(rules.find(&target("example.org:443")), None);
}

#[test]
fn a_log_tells_what_would_help() {
    let address = "10.0.0.1".parse().unwrap();
    for why in [
        Refusal::Unlisted,
        Refusal::Private(address),
        Refusal::Never(address),
        Refusal::Fronted("a".into()),
        Refusal::Unreadable,
        Refusal::Malformed("b"),
    ] {
        assert_eq!(Remedy::of(&why.to_string()), why.remedy(), "{why}");
    }
}

/// A greeting as a client sends it, with these extensions before the names.
fn hello(names: &[&str], padding: usize, record: usize) -> Vec<u8> {
    let short = |bytes: &[u8], width: usize| {
        let length = (bytes.len() as u32).to_be_bytes();
        [&length[4 - width..], bytes].concat()
    };
    let mut extensions = [&[0, 21][..], &short(&vec![0; padding], 2)].concat();
    if !names.is_empty() {
        let list: Vec<u8> = names.iter().flat_map(|name| [vec![0], short(name.as_bytes(), 2)].concat()).collect();
        extensions.extend([&[0, 0][..], &short(&short(&list, 2), 2)].concat());
    }
    let body =
        [&[3, 3][..], &[7; 32], &short(&[1; 32], 1), &short(&[19, 1], 2), &[1, 0], &short(&extensions, 2)].concat();
    let message = [vec![1], short(&body, 3)].concat();
    message.chunks(record).flat_map(|part| [&[22, 3, 1][..], &short(part, 2)].concat()).collect()
}

#[test]
fn a_greeting_is_read_however_it_is_cut() {
    for (names, padding, record) in
        [(&["a.example"][..], 0, 16_384), (&["a.example"], 900, 100), (&["a.example", "b"], 3, 7), (&[], 0, 500)]
    {
        let bytes = hello(names, padding, record);
        let expected = Greeting::Names(names.iter().map(|name| (*name).to_owned()).collect());
        for end in 0..bytes.len() {
            assert_eq!(greeting(&bytes[..end]), Greeting::Unfinished, "{end} bytes of {}", bytes.len());
        }
        assert_eq!(greeting(&bytes), expected);
        assert_eq!(greeting(&[&bytes[..], b"more"].concat()), expected);
    }
    for other in [&b"GET / HTTP/1.1"[..], b"SSH-2.0-x", &[0x80, 0x2e, 1], &[22, 2, 0]] {
        assert_eq!(greeting(other), Greeting::Other);
    }
    let mut broken = hello(&["a.example"], 0, 16_384);
    broken[5] = 2;
    assert_eq!(greeting(&broken), Greeting::Broken, "a greeting of a server");
    for broken in [&[22, 3, 1, 0, 0][..], &[22, 3, 1, 0, 4, 1, 255, 255, 255]] {
        assert_eq!(greeting(broken), Greeting::Broken);
    }
    let crumbs = hello(&["a.example"], 15_000, 1);
    assert_eq!(greeting(&crumbs[..40_000]), Greeting::Broken, "crumbs are not collected for ever");
}

proptest! {
    #![proptest_config(crate::support::random::cases(256))]

    #[test]
    fn a_host_that_is_taken_reads_back_as_itself(text in "\\PC{0,40}|[a-zA-Z0-9.:_%@\\[\\]*-]{0,60}|[0-9a-fx.:]{1,20}") {
        if let Ok(host) = Host::parse(&text) {
            let shown = host.to_string();
            prop_assert_eq!(Host::parse(&shown), Ok(host.clone()));
            prop_assert!(shown.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".:-_".contains(&byte)));
            prop_assert!(Pattern::Host(host).matches(&Host::parse(&text.to_uppercase()).unwrap()));
        }
        if let Ok(target) = Target::parse(&text, Some(443)) {
            prop_assert_eq!(Target::parse(&target.to_string(), None), Ok(target));
        }
        if let Ok(rule) = HostRule::parse(&text, false, "") {
            prop_assert_eq!(HostRule::parse(&rule.to_string(), false, ""), Ok(rule));
        }
    }

    /// A second reader that is less strict sees the same host in what is taken: the system's own reader of addresses, and the URL's.
    #[test]
    fn nobody_reads_another_host_in_what_is_taken(text in "[0-9a-fA-FxX.]{1,24}|[a-z0-9.@%:/#?\\\\-]{1,30}") {
        if let (Ok(host), Ok(url)) = (Host::parse(&text), reqwest::Url::parse(&format!("http://{text}/"))) {
            let theirs = url.host_str().unwrap_or_default().trim_matches(['[', ']']).trim_end_matches('.').to_owned();
            prop_assert_eq!(host.to_string(), theirs);
        }
    }

    #[test]
    fn a_greeting_never_breaks_its_reader(mut bytes in prop::collection::vec(any::<u8>(), 0..300), start in any::<bool>()) {
        if start {
            bytes.splice(0..0, [22, 3, 1, 0, 200, 1, 0, 0]);
        }
        let _ = greeting(&bytes);
    }

    /// One byte changed: it is read as names, or refused, and never as another protocol, which would be let through unread.
    #[test]
    fn a_damaged_greeting_is_still_a_greeting(at in 2_usize..120, byte in any::<u8>()) {
        let mut bytes = hello(&["a.example"], 10, 16_384);
        if let Some(place) = bytes.get_mut(at) {
            *place = byte;
        }
        prop_assert_ne!(greeting(&bytes), Greeting::Other);
    }
}
