//! Completions and the man page, made from the table of arguments.

use super::args::{Cli, Shell};
use super::print;
use crate::base::{Error, Result};
use clap::CommandFactory;

/// The completions of one shell, as text.
pub fn completions(shell: Shell) -> Result<u8> {
    let generator = match shell {
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Elvish => clap_complete::Shell::Elvish,
        Shell::Fish => clap_complete::Shell::Fish,
        Shell::Powershell => clap_complete::Shell::PowerShell,
        Shell::Zsh => clap_complete::Shell::Zsh,
    };
    let mut text = Vec::new();
    clap_complete::generate(generator, &mut Cli::command(), "agent", &mut text);
    print(String::from_utf8_lossy(&text).trim_end())?;
    Ok(0)
}

/// The man page of the program and all its commands, in roff.
pub fn man() -> Result<u8> {
    let mut text = Vec::new();
    let failed = |error: std::io::Error| Error::io("write", "the man page", &error);
    let mut command = Cli::command();
    command.build();
    clap_mangen::Man::new(command.clone()).render(&mut text).map_err(failed)?;
    for part in command.get_subcommands().filter(|part| part.get_name() != "help") {
        let man = clap_mangen::Man::new(part.clone());
        man.render_synopsis_section(&mut text).map_err(failed)?;
        man.render_description_section(&mut text).map_err(failed)?;
        man.render_options_section(&mut text).map_err(failed)?;
    }
    print(String::from_utf8_lossy(&text).trim_end())?;
    Ok(0)
}
