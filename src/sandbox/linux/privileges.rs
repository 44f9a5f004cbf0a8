//! What a privileged user keeps in a jail: no more than what it takes to work on files that belong to others.

use rustix::io::Result;
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, capability_is_in_bounding_set, clear_ambient_capability_set,
    remove_capability_from_bounding_set, set_capabilities, set_no_new_privs,
};

/// Files alone, which Landlock and the mounts still decide on.
const KEPT: CapabilitySet =
    CapabilitySet::CHOWN.union(CapabilitySet::DAC_OVERRIDE).union(CapabilitySet::FOWNER).union(CapabilitySet::FSETID);

/// The highest number that a capability can have.
const NUMBERS: u32 = 63;

/// No program that is started from here on gets more than this one has, and this one has next to nothing.
pub fn drop_all() -> Result<()> {
    set_no_new_privs(true)?;
    let now = capabilities(None)?;
    if now.effective.contains(CapabilitySet::SETPCAP) {
        bound()?;
    }
    if (now.permitted | now.effective | now.inheritable).is_empty() {
        return Ok(());
    }
    clear_ambient_capability_set()?;
    let kept = now.permitted & KEPT;
    let sets = CapabilitySets { effective: kept, permitted: kept, inheritable: CapabilitySet::empty() };
    set_capabilities(None, sets)
}

/// A program that root starts gets all that the bounding set has.
fn bound() -> Result<()> {
    for number in 0..=NUMBERS {
        let capability = CapabilitySet::from_bits_retain(1 << number);
        match capability_is_in_bounding_set(capability) {
            Ok(true) if !KEPT.contains(capability) => remove_capability_from_bounding_set(capability)?,
            Ok(_) => {}
            // The kernel knows no more.
            Err(_) => break,
        }
    }
    Ok(())
}
