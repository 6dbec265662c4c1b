//! `connectwise-etl init`: asks for the connection, checks it, shows what a first run would read, and writes the settings.
//!
//! Invariant: the file with the private key must be its owner's alone from its first byte on, and no key may be shown.

mod env_file;
mod first_run;

use super::args::{LakeArgs, RateArgs};
use super::doctor;
use super::output::Output;
use super::table::wrapped;
use crate::client::{Client, Limits, RetryPolicy};
use crate::doctor::{STEPS, State, examine, is_well};
use crate::error::{Error, Result};
use crate::lake::interrupted;
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
        text: "Address of the API, down to /apis/3.0",
        comment: "The API's whole base, as in https://api-eu.myconnectwise.net/v4_6_release/apis/3.0",
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
        text: "clientId of your integration (a GUID)",
        comment: "The clientId of your integration.",
        is_secret: true,
    },
];

pub(super) async fn execute(args: &InitArgs, output: &mut Output) -> Result<u8> {
    let file = EnvFile::at(&args.output, args.force)?;
    let asks = !args.yes && std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    let mut known = from_environment()?;
    let place = known.entry(LAKEHOUSE).or_insert_with(|| Answer::given(args.lake.location()));
    place.value = args.lake.location().to_owned();
    let (answers, checks, settings) = loop {
        let answers = if asks { ask_on_terminal(known).await? } else { complete(known)? };
        let lookup = |name: &str| match answers.get(name) {
            Some(answer) => Some(answer.value.clone()),
            None => variable(name).ok().flatten(),
        };
        let settings = ApiSettings::from_lookup(lookup)?;
        output.progress("Checking the connection, the rights and the storage …");
        let place = answers.get(LAKEHOUSE).map_or_else(String::new, |answer| answer.value.clone());
        let lake = args.lake.clone().at(place);
        let checks = examine(Ok(settings.clone()), args.rate.into(), lake.open().await).await;
        doctor::show(&checks, output)?;
        let refused = |name: &str| STEPS.contains(&name) || name == "address";
        if !checks.iter().any(|check| check.state == State::Failed && refused(&check.name)) {
            break (answers, checks, settings);
        }
        if !asks {
            output.error(format!("the connection does not work yet, and {} was not written", args.output.display()));
            return Ok(1);
        }
        output.progress("\nThe connection does not work yet. Once more; Enter keeps what was said,\nCtrl-C ends this.");
        known = answers;
    };
    let client = Client::with(settings, RetryPolicy::default(), args.rate.into(), Limits::default())?;
    first_run::show(&client, args.rate.workers(), output).await?;
    file.write(&lines(args, &answers))?;
    let read = shell_words::quote(&args.output.to_string_lossy()).into_owned();
    let read = if read.contains('/') { read } else { format!("./{read}") };
    let written =
        format!("{} is written. It holds a private key: keep it to yourself. Every night:", args.output.display());
    output.line(format!(
        "\n{}\n\n  set -a; . {read}; set +a\n  connectwise-etl run\n\nand to see how it went:\n\n  \
         connectwise-etl status",
        wrapped("", &written)
    ))?;
    Ok(u8::from(!is_well(&checks)))
}

/// The lines of the file.
fn lines(args: &InitArgs, answers: &Answers) -> Vec<Setting> {
    let mut lines = Vec::new();
    for question in &QUESTIONS {
        let Some(answer) = answers.get(question.variable) else { continue };
        // A secret that lies in a file stays there alone.
        lines.push(match &answer.file {
            Some(file) => Setting::new(question.comment, format!("{}_FILE", question.variable), absolute(file)),
            None => Setting::new(question.comment, question.variable, &answer.value),
        });
    }
    if let Some(answer) = answers.get(LAKEHOUSE) {
        let comment = "Where the tables lie: a folder, or abfss://… (OneLake).";
        lines.push(Setting::new(comment, LAKEHOUSE, absolute(&answer.value)));
    }
    if args.lake.is_flat() {
        lines.push(Setting::new("How tables are named: <layer>_<table>.", "CW_LAYOUT", "flat"));
    }
    for (name, value) in args.rate.unusual() {
        lines.push(Setting::new("How fast the API is asked.", name, value));
    }
    if let Ok(Some(version)) = variable("CW_API_VERSION") {
        lines.push(Setting::new("The version of the API that is asked for.", "CW_API_VERSION", version));
    }
    lines
}

/// A folder's path from the root, since the file is read from anywhere; addresses stay as they are.
fn absolute(place: &str) -> String {
    if place.contains("://") || place.starts_with('~') {
        return place.to_owned();
    }
    std::path::absolute(place).map_or_else(|_| place.to_owned(), |path| path.to_string_lossy().into_owned())
}

/// An answer, and the file that it came from, where it did.
#[derive(Debug, Clone, Default)]
struct Answer {
    value: String,
    file: Option<String>,
}

impl Answer {
    fn given(value: &str) -> Self {
        Self { value: value.to_owned(), file: None }
    }
}

type Answers = BTreeMap<&'static str, Answer>;

/// The variable that holds a location.
const LAKEHOUSE: &str = "CW_LAKEHOUSE";

/// Returns what the environment says, also where it names a file.
fn from_environment() -> Result<Answers> {
    let mut answers = Answers::new();
    for question in &QUESTIONS {
        let name = question.variable;
        if let Some(value) = variable(name)? {
            answers.insert(name, Answer::given(&value));
        } else if let Some(path) = variable(&format!("{name}_FILE"))? {
            let text = std::fs::read_to_string(&path).map_err(|error| Error::io(format!("reading {path}"), error))?;
            answers.insert(name, Answer { value: text.trim().to_owned(), file: Some(path) });
        }
    }
    Ok(answers)
}

/// Requires that nothing has to be asked.
fn complete(known: Answers) -> Result<Answers> {
    let missing: Vec<&str> =
        QUESTIONS.iter().map(|question| question.variable).filter(|name| !known.contains_key(name)).collect();
    if missing.is_empty() {
        return Ok(known);
    }
    Err(Error::Usage(format!(
        "nothing can be asked here, and the environment lacks {}: set them, or run `connectwise-etl init` on a terminal",
        missing.join(", ")
    )))
}

/// Asks on a thread of its own, so that Ctrl-C ends it with the terminal as it was.
async fn ask_on_terminal(known: Answers) -> Result<Answers> {
    let asked = tokio::task::spawn_blocking(move || ask(known));
    tokio::select! {
        answers = asked => answers.map_err(Error::query)?,
        () = interrupted() => {
            // A hidden answer had switched it off.
            let _ = std::process::Command::new("stty").arg("echo").status();
            Err(Error::query("stopped on request; nothing was written"))
        }
    }
}

/// Asks for each setting; what is known is the proposal.
fn ask(mut known: Answers) -> Result<Answers> {
    for question in &QUESTIONS {
        let before = known.remove(question.variable);
        let check = |text: &String| problem(question.variable, text).map_or(Ok(()), Err);
        let answer = match (question.is_secret, before) {
            (true, Some(before)) => {
                let text = format!("{} (Enter keeps what is known)", question.text);
                let typed = dialoguer::Password::new().with_prompt(text).allow_empty_password(true).interact();
                let typed = typed.map_err(unanswered)?;
                if typed.trim().is_empty() { before } else { Answer::given(typed.trim()) }
            }
            (true, None) => {
                let typed = dialoguer::Password::new().with_prompt(question.text).interact();
                Answer::given(typed.map_err(unanswered)?.trim())
            }
            (false, before) => text(question.text, before, check)?,
        };
        known.insert(question.variable, answer);
    }
    let before = known.remove(LAKEHOUSE);
    known.insert(LAKEHOUSE, text("Lakehouse: a folder, or abfss://… (OneLake)", before, |_| Ok(()))?);
    Ok(known)
}

fn text(
    prompt: &str,
    before: Option<Answer>,
    check: impl Fn(&String) -> std::result::Result<(), String>,
) -> Result<Answer> {
    let mut input = dialoguer::Input::<String>::new().with_prompt(prompt).validate_with(check);
    if let Some(before) = &before {
        input = input.default(before.value.clone());
    }
    let typed = input.interact_text().map_err(unanswered)?;
    // What is kept is kept with its file.
    Ok(before.filter(|before| before.value == typed.trim()).unwrap_or_else(|| Answer::given(typed.trim())))
}

/// What is wrong with an answer by itself.
fn problem(name: &str, value: &str) -> Option<String> {
    if name == "CW_AUTH_USERNAME" && !value.contains('+') {
        return Some("it has no +: expected the company, a plus sign and the public key".to_owned());
    }
    let stand_in = |other: &str| match other {
        "CW_BASE_URL" => Some("https://localhost".to_owned()),
        _ if QUESTIONS.iter().any(|question| question.variable == other) => Some("x".to_owned()),
        _ => None,
    };
    let lookup = |other: &str| if other == name { Some(value.to_owned()) } else { stand_in(other) };
    let told = ApiSettings::from_lookup(lookup).err()?.to_string();
    told.lines().find_map(|line| line.trim().strip_prefix(name).map(|why| why.trim().to_owned()))
}

fn unanswered(error: dialoguer::Error) -> Error {
    let dialoguer::Error::IO(source) = error;
    Error::io("reading an answer", source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_judged_by_itself() {
        assert_eq!(problem("CW_BASE_URL", "https://cw.example.com/v4_6_release/apis/3.0"), None);
        assert_eq!(problem("CW_AUTH_USERNAME", "company+key"), None);
        for (name, wrong) in
            [("CW_BASE_URL", "nonsense"), ("CW_BASE_URL", "http://cw.example.com"), ("CW_AUTH_USERNAME", "demo")]
        {
            assert!(problem(name, wrong).is_some(), "{name} {wrong}");
        }
    }

    #[test]
    fn a_folder_is_found_from_anywhere_and_a_key_stays_in_its_file() {
        use clap::Parser as _;
        #[derive(clap::Parser)]
        struct Command {
            #[command(flatten)]
            init: InitArgs,
        }
        let line = ["init", "--layout", "flat", "--workers", "3"];
        let args = Command::try_parse_from(line).unwrap().init;
        let key = Answer { value: "s3cret".to_owned(), file: Some("/run/secrets/cw".to_owned()) };
        let answers = Answers::from([("CW_AUTH_PASSWORD", key), (LAKEHOUSE, Answer::given("./lakehouse"))]);
        let shown: Vec<String> =
            lines(&args, &answers).iter().map(|line| format!("{}={}", line.name, line.value)).collect();
        let folder = std::env::current_dir().unwrap().join("lakehouse");
        let place = format!("CW_LAKEHOUSE={}", folder.display());
        assert_eq!(shown, ["CW_AUTH_PASSWORD_FILE=/run/secrets/cw", &place, "CW_LAYOUT=flat", "CW_WORKERS=3"]);
    }
}
