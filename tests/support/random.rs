//! Properties are tried on the same values each time, so that a failure is the change's own. `PROPTEST_RNG_SEED` and
//! `PROPTEST_CASES` look further.

use proptest::test_runner::{Config, RngSeed};

/// So many cases, unless the environment says how many.
pub fn cases(count: u32) -> Config {
    let config = Config { failure_persistence: None, ..Config::default() };
    let seed = if config.rng_seed == RngSeed::Random { RngSeed::Fixed(1) } else { config.rng_seed };
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { config.cases } else { count };
    Config { rng_seed: seed, cases, ..config }
}
