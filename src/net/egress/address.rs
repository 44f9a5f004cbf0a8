//! What an address is: everybody's, private, or one that no command has a reason to reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where an address leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The internet.
    Public,
    /// This machine, or a network that is not everybody's: for rules that say `private`.
    Private,
    /// Metadata of a cloud, link-local, multicast, nobody's: for a rule that is this address itself and says `private`.
    Special,
}

/// Where clouds answer questions about a machine, credentials among them, outside of 169.254.0.0/16: Azure, Alibaba, Amazon, Google,
/// Scaleway, Oracle, each from its vendor's reference.
const METADATA: &[IpAddr] = &[
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xc1, 0, 0, 0, 0, 0xa9fe, 0xa9fe)),
];

/// Where this address leads, by the special-purpose registries of IANA (RFC 6890). One that holds an IPv4 address leads where that
/// one does.
pub fn reach(address: IpAddr) -> Reach {
    if METADATA.contains(&address) {
        return Reach::Special;
    }
    match address {
        IpAddr::V4(address) => version_4(address),
        IpAddr::V6(address) => version_6(address),
    }
}

fn version_4(address: Ipv4Addr) -> Reach {
    match address.octets() {
        // "This network", link-local, multicast, reserved and broadcast.
        [0, ..] | [169, 254, ..] | [224..=255, ..] => Reach::Special,
        // Assignments of protocols, the old anycast of 6to4.
        [192, 0, 0, _] | [192, 88, 99, _] => Reach::Special,
        // Private, loopback, shared by a carrier, benchmarks.
        [10 | 127, ..] | [172, 16..=31, ..] | [192, 168, ..] => Reach::Private,
        [100, 64..=127, ..] | [198, 18 | 19, ..] => Reach::Private,
        // Meant for examples, and used inside of networks, since nobody on the internet has them.
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Reach::Private,
        _ => Reach::Public,
    }
}

fn version_6(address: Ipv6Addr) -> Reach {
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        reach(IpAddr::V4(Ipv4Addr::new(a, b, c, d)))
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Reach::Private,
        // Mapped and compatible (RFC 4291, 2.5.5), NAT64 (RFC 6052), 6to4 (RFC 3056). The unspecified address is 0.0.0.0 here.
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => embedded(high, low),
        // Translation inside of a network: what it leads to is not to be seen (RFC 8215).
        [0x64, 0xff9b, ..] => Reach::Special,
        // Teredo, ORCHID, benchmarks, discarded.
        [0x2001, 0..=0x1ff, ..] | [0x100, 0, 0, ..] => Reach::Special,
        // Unique local, and examples.
        [0xfc00..=0xfdff, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Reach::Private,
        // All that is assigned to be reached by everybody.
        [0x2000..=0x3fff, ..] => Reach::Public,
        // Link-local, site-local, multicast, and all that is assigned to nobody.
        _ => Reach::Special,
    }
}
