//! `connectwise-etl doctor`: prints each check, and what to do about those that fail.

use super::args::{LakeArgs, RateArgs};
use super::output::Output;
use super::table::wrapped;
use crate::doctor::{Check, examine, is_well};
use crate::error::Result;
use crate::printable::one_line;
use crate::settings::ApiSettings;
use clap::Args;
use serde_json::json;

#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    lake: LakeArgs,
    #[command(flatten)]
    rate: RateArgs,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

pub(super) async fn execute(args: &DoctorArgs, output: &mut Output) -> Result<u8> {
    let checks = examine(ApiSettings::from_env(), args.rate.into(), args.lake.open().await).await;
    let well = is_well(&checks);
    if args.json {
        output.line(format!("{:#}", json!({ "well": well, "checks": checks })))?;
    } else {
        show(&checks, output)?;
    }
    Ok(u8::from(!well))
}

/// Prints each check, and what to do about those that fail.
pub(super) fn show(checks: &[Check], output: &mut Output) -> Result<()> {
    let width = checks.iter().map(|check| check.name.chars().count()).max().unwrap_or(0);
    for check in checks {
        let name = format!("{} {:width$}  ", check.state.mark(), check.name);
        output.line(wrapped(&name, &one_line(&check.found)))?;
        if let Some(advice) = &check.advice {
            output.line(wrapped(&format!("  {:width$}  → ", ""), &one_line(advice)))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::output::SharedBuffer;
    use super::super::table::WIDTH;
    use super::*;
    use crate::doctor::State;
    use crate::progress::Progress;

    #[test]
    fn what_is_found_and_advised_fits_the_screen_and_is_whole() {
        let check = |name: &str, state, found: &str, advice: Option<&str>| Check {
            name: name.to_owned(),
            state,
            found: found.to_owned(),
            advice: advice.map(ToOwned::to_owned),
        };
        let found = "/finance/agreements/{parentId}/adjustments: read below each Agreement, asked below 1";
        let refused = "refused (HTTP 401: Unauthorized: The user name or password is\r\nincorrect., request b875ca03)";
        let advice = "check CW_AUTH_USERNAME (<company>+<public key>) and CW_AUTH_PASSWORD (the private key), and that \
                      the API member is active";
        let checks = [
            check("login", State::Failed, refused, Some(advice)),
            check("AgreementAdjustment", State::Well, found, None),
        ];
        let out = SharedBuffer::default();
        show(&checks, &mut Output::with(Box::new(out.clone()), Progress::silent())).unwrap();
        let text = String::from_utf8(out.take()).unwrap();
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let wanted = format!("✗ login {} → {advice} ✓ AgreementAdjustment {found}", one_line(refused));
        assert_eq!(words, wanted);
        // What goes on hangs below what began.
        let begun = |line: &str| line.starts_with(['✓', '✗']) || line.starts_with(&" ".repeat(23));
        assert!(text.lines().all(begun) && text.lines().count() > 5, "{text}");
    }
}
