//! demo
use super::args::Demo;
use crate::base::Result;
use crate::config::paths::Environment;
pub fn main(_args: Demo, _environment: Environment) -> Result<u8> {
    Ok(0)
}
