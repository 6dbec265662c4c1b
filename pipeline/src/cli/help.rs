//! `connectwise-etl help [NAME]`, `completions` and `man`: what the program says of itself.

use super::Cli;
use super::output::Output;
use super::table::wrapped;
use crate::error::{Error, Result};
use clap::{Args, Command, CommandFactory as _};
use clap_complete::Shell;
use std::path::PathBuf;

/// Name of the program.
const PROGRAM: &str = "connectwise-etl";

macro_rules! topics {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("help/topics/", $name, ".md")))),+]
    };
}

/// Topics by name; the first line of a text is its title, the next what it is about.
const TOPICS: &[(&str, &str)] = topics![
    "agreements",
    "checks",
    "deletions",
    "environment",
    "extract",
    "fabric",
    "layers",
    "measures",
    "onelake",
    "operations",
    "privacy",
    "python",
    "quarantine",
    "query",
    "setup",
    "troubleshooting",
];

#[derive(Debug, Args)]
pub(super) struct HelpArgs {
    /// A command or a topic; without one, all of them are listed
    name: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// Write a page a command into this folder, in place of the program's own to standard output
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
}

pub(super) fn help(args: &HelpArgs, output: &mut Output) -> Result<u8> {
    let mut program = Cli::command();
    program.build();
    let Some(name) = &args.name else {
        output.line(program.render_help())?;
        output.line(format!("Topics (`{PROGRAM} help TOPIC`):\n{}", listed()))?;
        return Ok(0);
    };
    let topic = TOPICS.iter().find(|(topic, _)| topic.eq_ignore_ascii_case(name));
    let command = program.find_subcommand_mut(name);
    if topic.is_none() && command.is_none() {
        let commands: Vec<&str> = program.get_subcommands().map(Command::get_name).collect();
        return Err(Error::Usage(format!(
            "there is no command or topic {name}; commands are {}, and topics\n{}",
            commands.join(", "),
            listed()
        )));
    }
    // A command may have a topic of its name, which says more.
    if let Some(command) = command {
        output.line(command.render_long_help())?;
    }
    if let Some((_, text)) = topic {
        output.line(text.trim_end())?;
    }
    Ok(0)
}

/// The topics, a line each.
fn listed() -> String {
    let about = |text: &'static str| text.lines().skip(1).find(|line| !line.trim().is_empty()).unwrap_or_default();
    let lines = TOPICS.iter().map(|(name, text)| wrapped(&format!("  {name:16} "), about(text)));
    lines.collect::<Vec<_>>().join("\n")
}

pub(super) fn completions(args: &CompletionsArgs, output: &mut Output) -> Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), PROGRAM, &mut script);
    // The labels of bash's script spell the program's name in another way than its variable does.
    let script = String::from_utf8_lossy(&script).replace("connectwise__subcmd__etl", "connectwise__etl");
    output.copy(&mut script.as_bytes())?;
    Ok(0)
}

pub(super) fn man(args: &ManArgs, output: &mut Output) -> Result<u8> {
    match &args.output {
        Some(folder) => {
            let failed = |error| Error::io(format!("writing manual pages to {}", folder.display()), error);
            std::fs::create_dir_all(folder)
                .and_then(|()| clap_mangen::generate_to(Cli::command(), folder))
                .map_err(failed)?;
            output.progress(format!("the pages are in {}; read one by `man -l FILE`", folder.display()));
        }
        None => {
            let mut page = Vec::new();
            let failed = |error| Error::io("writing the manual page", error);
            clap_mangen::Man::new(Cli::command()).render(&mut page).map_err(failed)?;
            output.copy(&mut page.as_slice())?;
        }
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::super::table::WIDTH;
    use super::*;
    use clap::Parser as _;

    #[test]
    fn every_example_is_a_command_line_that_is_taken() {
        let mut program = Cli::command();
        program.build();
        let mut read = 0;
        for command in program.get_subcommands().filter(|command| command.get_name() != "help") {
            let examples = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
            let examples = examples.replace("\\\n", " ");
            let lines: Vec<&str> = examples.lines().map(str::trim).filter(|line| line.starts_with(PROGRAM)).collect();
            assert!(!lines.is_empty(), "{} has no examples", command.get_name());
            for line in command.get_after_long_help().unwrap().to_string().lines() {
                assert!(line.chars().count() < WIDTH, "a terminal would wrap it: {line}");
            }
            for line in lines {
                // What a shell puts in, or does with the output, is not the program's.
                let line = line.replace("$TEAMS_URL", "https://example.com/hook");
                let mut words = shell_words::split(&line).unwrap_or_else(|error| panic!("{line}: {error}"));
                let end = words.iter().position(|word| matches!(word.as_str(), "|" | ">")).unwrap_or(words.len());
                words.truncate(end);
                assert_eq!(words.get(1).map(String::as_str), Some(command.get_name()), "{line}");
                Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{line}: {error}"));
                read += 1;
            }
        }
        assert!(read > 20, "{read}");
    }

    #[test]
    fn every_topic_is_a_file_with_a_title_and_a_line_for_the_list() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/help/topics");
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut names: Vec<String> = names.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
        names.sort();
        let mut known: Vec<&str> = TOPICS.iter().map(|(name, _)| *name).collect();
        known.sort_unstable();
        assert_eq!(names, known, "files and list");
        for (name, text) in TOPICS {
            assert!(text.starts_with("# "), "{name}");
            for line in text.lines() {
                assert!(line.chars().count() <= 100 || line.contains("://"), "{name}: {line}");
            }
        }
        assert!(listed().lines().all(|line| line.chars().count() <= WIDTH && line.len() > 20), "{}", listed());
    }
}
