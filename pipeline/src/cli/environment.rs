//! Environment of a command: the variables that stand in for flags, and the clock.

use super::Cli;
use crate::error::{Error, Result};
use crate::settings::{quote_around, staging_limit, variable};
use clap::{Command, CommandFactory as _, FromArgMatches as _};
use std::ffi::OsString;
use std::time::SystemTime;

/// Variables without a flag, which are read where they are needed.
const OTHERS: [&str; 1] = ["CW_STAGING"];
/// The variable that holds a location.
const PLACE: &str = "CW_LAKEHOUSE";

/// Why a command line is not executed.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It can't be parsed, or it asks for help.
    Told(clap::Error),
    /// The environment can't be meant as it stands.
    Wrong(Error),
}

/// Reads a command line; an empty variable counts as not set.
pub(super) fn read(arguments: impl IntoIterator<Item = OsString>) -> std::result::Result<Cli, Refusal> {
    let mut quoted = Vec::new();
    let command = without_empty(Cli::command(), &mut quoted);
    // A request for help is served in any case.
    let read = command.try_get_matches_from(arguments).and_then(|matches| Cli::from_arg_matches(&matches));
    match read {
        Err(told) if !told.use_stderr() => Err(Refusal::Told(told)),
        _ if !quoted.is_empty() => Err(Refusal::Wrong(Error::Usage(format!(
            "{} begins and ends with a quote, which is a part of the value where no shell takes it away: leave the \
             quotes out",
            quoted.join(", ")
        )))),
        read => read.map_err(Refusal::Told),
    }
}

/// Returns the command without empty variables and with the others trimmed; collects those in quotes.
fn without_empty(command: Command, quoted: &mut Vec<String>) -> Command {
    let command = command.mut_args(|arg| {
        let Some(name) = arg.get_env().map(|name| name.to_string_lossy().into_owned()) else { return arg };
        let Ok(value) = std::env::var(&name) else { return arg };
        // A location is checked by whoever opens it.
        let text = if name == PLACE { value.as_str() } else { value.trim() };
        if text.is_empty() {
            return arg.env(None::<&'static str>);
        }
        if quote_around(text.trim()).is_some() && !quoted.contains(&name) {
            quoted.push(name);
        }
        if text == value {
            return arg;
        }
        // Leaked once in the life of the process.
        let text: &'static str = Box::leak(text.to_owned().into_boxed_str());
        let is_secret = arg.is_hide_env_values_set();
        arg.env(None::<&'static str>).default_value(text).hide_default_value(is_secret)
    });
    command.mut_subcommands(|command| without_empty(command, quoted))
}

/// Checks the environment for what would spoil any command.
///
/// # Errors
/// [`Error::Usage`] for a variable that can't be meant as it stands, [`Error::Query`] for a clock that was never set.
pub(super) fn check(now: SystemTime) -> Result<()> {
    staging_limit()?;
    OTHERS.into_iter().try_for_each(|name| variable(name).map(|_| ()))?;
    if now < SystemTime::UNIX_EPOCH {
        let text = "this machine's clock shows a time before 1970: set it, and run again";
        return Err(Error::query(text.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_clock_before_1970_is_told() {
        let told = check(SystemTime::UNIX_EPOCH - Duration::from_secs(1)).unwrap_err();
        assert!(told.exit_code() == 1 && told.to_string().contains("clock"), "{told}");
        check(SystemTime::UNIX_EPOCH).unwrap();
    }

    #[test]
    fn every_command_is_whole() {
        without_empty(Cli::command(), &mut Vec::new()).debug_assert();
    }
}
