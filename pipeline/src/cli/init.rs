//! `connectwise-etl init`: asks for the connection, checks it, shows what a first run would read, and writes the settings.
//!
//! Invariant: the file with the private key must be its owner's alone from its first byte on, and no key may be shown.

mod env_file;
mod first_run;

use super::args::{LakeArgs, RateArgs};
use super::doctor;
use super::output::Output;
use crate::client::{Client, Limits, RetryPolicy};
use crate::doctor::{STEPS, State, examine, is_well};
use crate::error::{Error, Result};
use crate::settings::{ApiSettings, variable};
use clap::Args;
use env_file::{EnvFile, Setting};
use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// The file to write
    #[arg(long, value_name = "FILE", default_value = "connectwise.env")]
    output: PathBuf,
    /// Replace the file, where there is one
    #[arg(long)]
    force: bool,
    /// Ask nothing: everything comes from the environment
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    lake: LakeArgs,
    #[command(flatten)]
    rate: RateArgs,
}

/// A setting that is asked for.
struct Question {
    variable: &'static str,
    text: &'static str,
    /// What the file says of it.
    comment: &'static str,
    is_secret: bool,
}

const QUESTIONS: [Question; 4] = [
    Question {
        variable: "CW_BASE_URL",
        text: "Address of the API (e.g. https://api-eu.myconnectwise.net/v4_6_release/apis/3.0)",
        comment: "The API's whole base.",
        is_secret: false,
    },
    Question {
        variable: "CW_AUTH_USERNAME",
        text: "Company and public key, as company+key",
        comment: "<company>+<public key> of an API member with inquire rights.",
        is_secret: false,
    },
    Question {
        variable: "CW_AUTH_PASSWORD",
        text: "Private key",
        comment: "The member's private key. A file can hold it instead: CW_AUTH_PASSWORD_FILE=/run/secrets/connectwise",
        is_secret: true,
    },
    Question {
        variable: "CW_CLIENTID",
        text: "clientId of your integration (a GUID, from developer.connectwise.com)",
        comment: "The clientId of your integration.",
        is_secret: true,
    },
];

pub(super) async fn execute(args: &InitArgs, output: &mut Output) -> Result<u8> {
    let file = EnvFile::at(&args.output, args.force)?;
    let asks = !args.yes && std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    let answers = if asks { ask(args.lake.location())? } else { from_environment()? };
    let lakehouse = answers.get(LAKEHOUSE).cloned().unwrap_or_else(|| args.lake.location().to_owned());
    let lake = args.lake.clone().at(lakehouse.clone());
    let settings = ApiSettings::from_lookup(|name| answers.get(name).cloned())?;
    output.progress("Checking the connection, the rights and the storage …");
    let checks = examine(Ok(settings.clone()), args.rate.into(), lake.open().await).await;
    doctor::show(&checks, output)?;
    let refused = |name: &str| STEPS.contains(&name) || name == "address";
    if checks.iter().any(|check| check.state == State::Failed && refused(&check.name)) {
        output.error(format!("the connection does not work yet, and {} was not written", args.output.display()));
        return Ok(1);
    }
    let client = Client::with(settings, RetryPolicy::default(), args.rate.into(), Limits::default())?;
    first_run::show(&client, args.rate.workers(), output).await?;
    let mut lines: Vec<Setting<'_>> = QUESTIONS
        .iter()
        .filter_map(|question| Some(Setting::new(question.comment, question.variable, answers.get(question.variable)?)))
        .collect();
    lines.push(Setting::new("Where the tables lie: a folder, or abfss://… (OneLake).", LAKEHOUSE, &lakehouse));
    file.write(&lines)?;
    let path = args.output.display();
    let read = shell_words::quote(&args.output.to_string_lossy()).into_owned();
    let read = if read.contains('/') { read } else { format!("./{read}") };
    output.line(format!(
        "\n{path} is written, for you alone to read. Every night:\n\n  set -a; . {read}; set +a\n  connectwise-etl \
         run\n\nand to see how it went:\n\n  connectwise-etl status"
    ))?;
    Ok(u8::from(!is_well(&checks)))
}

/// The variable that holds a location.
const LAKEHOUSE: &str = "CW_LAKEHOUSE";

/// Returns what the environment says, also where it names a file.
fn from_environment() -> Result<BTreeMap<&'static str, String>> {
    let mut answers = BTreeMap::new();
    for question in &QUESTIONS {
        if let Some(value) = in_environment(question.variable)? {
            answers.insert(question.variable, value);
        }
    }
    let missing: Vec<&str> =
        QUESTIONS.iter().map(|question| question.variable).filter(|name| !answers.contains_key(name)).collect();
    if missing.is_empty() {
        return Ok(answers);
    }
    Err(Error::Usage(format!(
        "nothing can be asked here, and the environment lacks {}: set them, or run `connectwise-etl init` on a terminal",
        missing.join(", ")
    )))
}

fn in_environment(name: &str) -> Result<Option<String>> {
    if let Some(value) = variable(name)? {
        return Ok(Some(value));
    }
    let Some(path) = variable(&format!("{name}_FILE"))? else { return Ok(None) };
    let text = std::fs::read_to_string(&path).map_err(|error| Error::io(format!("reading {path}"), error))?;
    Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty()))
}

/// Asks for each setting on the terminal; what the environment says is the proposal.
fn ask(lakehouse: &str) -> Result<BTreeMap<&'static str, String>> {
    let mut answers = BTreeMap::new();
    for question in &QUESTIONS {
        let known = in_environment(question.variable)?;
        let answer = match (question.is_secret, known) {
            (true, Some(known)) => {
                let text = format!("{} (Enter keeps that of the environment)", question.text);
                let typed = dialoguer::Password::new().with_prompt(text).allow_empty_password(true).interact();
                Some(typed.map_err(unanswered)?).filter(|typed| !typed.trim().is_empty()).unwrap_or(known)
            }
            (true, None) => dialoguer::Password::new().with_prompt(question.text).interact().map_err(unanswered)?,
            (false, known) => text(question.text, known)?,
        };
        answers.insert(question.variable, answer.trim().to_owned());
    }
    let place = text("Lakehouse: a folder, or abfss://… (OneLake)", Some(lakehouse.to_owned()))?;
    answers.insert(LAKEHOUSE, place.trim().to_owned());
    Ok(answers)
}

fn text(prompt: &str, proposal: Option<String>) -> Result<String> {
    let mut input = dialoguer::Input::<String>::new().with_prompt(prompt);
    if let Some(proposal) = proposal {
        input = input.default(proposal);
    }
    input.interact_text().map_err(unanswered)
}

fn unanswered(error: dialoguer::Error) -> Error {
    let dialoguer::Error::IO(source) = error;
    Error::io("reading an answer", source)
}
