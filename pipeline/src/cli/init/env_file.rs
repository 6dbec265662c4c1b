//! File of settings: a commented variable a line, as shells, systemd and containers read them.

use crate::error::{Error, Result};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// A variable with its value, and what the file says of it.
pub(super) struct Setting {
    pub(super) comment: &'static str,
    pub(super) name: String,
    pub(super) value: String,
}

impl Setting {
    pub(super) fn new(comment: &'static str, name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { comment, name: name.into(), value: value.into() }
    }
}

/// Settings that may be added by hand. What follows a value on its line would be a part of it.
const FURTHER: &str = "
# Further settings, with what is usual (`connectwise-etl help environment` explains them all).
# Requests a minute to the API:
# CW_REQUESTS_PER_MINUTE=1000
# Compare all ids with the source every so many days:
# CW_RECONCILE_DAYS=7
# A web address that is told of runs that fail (CW_ON_FAILURE_WEBHOOK_FILE: a file that holds it):
# CW_ON_FAILURE_WEBHOOK=https://…
";

/// File that is about to be written.
pub(super) struct EnvFile {
    path: PathBuf,
    replaces: bool,
}

impl EnvFile {
    /// Names a file, which must not be there unless it may be replaced.
    ///
    /// # Errors
    /// [`Error::Usage`] where it is there.
    pub(super) fn at(path: &Path, replaces: bool) -> Result<Self> {
        if !replaces && path.symlink_metadata().is_ok() {
            return Err(Error::Usage(format!(
                "{} is there already: --force replaces it, --output names another",
                path.display()
            )));
        }
        Ok(Self { path: path.to_owned(), replaces })
    }

    /// Writes the file whole or not at all, readable by its owner alone.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Usage`] for a value that such a file can't hold.
    pub(super) fn write(self, settings: &[Setting]) -> Result<()> {
        let text = text_of(settings)?;
        let failed = |error| Error::io(format!("writing {}", self.path.display()), error);
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // Created with mode 0600.
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
        let kept = if self.replaces { file.persist(&self.path) } else { file.persist_noclobber(&self.path) };
        kept.map(|_| ()).map_err(|error| failed(error.error))
    }
}

fn text_of(settings: &[Setting]) -> Result<String> {
    let mut text = "# Settings of connectwise-etl. Keep this file private: it holds a private key.\n\
                    # A shell reads it by `set -a; . ./connectwise.env; set +a`, systemd by EnvironmentFile=, a container \
                    by\n# --env-file, which takes quotes for a part of a value.\n"
        .to_owned();
    for Setting { comment, name, value } in settings {
        if value.contains(['\n', '\r', '\0']) {
            return Err(Error::Usage(format!("the value of {name} has a line break, which no such file can hold")));
        }
        text.push_str(&format!("\n# {comment}\n{name}={}\n", shell_words::quote(value)));
    }
    text.push_str(FURTHER);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> [Setting; 2] {
        [
            Setting::new("The base.", "CW_BASE_URL", "https://cw.example.com/v4_6_release/apis/3.0"),
            Setting::new("The key.", "CW_AUTH_PASSWORD", "a $b 'c' #d"),
        ]
    }

    #[test]
    fn a_shell_reads_the_values_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("connectwise.env");
        EnvFile::at(&path, false).unwrap().write(&settings()).unwrap();
        let script = format!("set -a; . '{}'; printf '%s|%s' \"$CW_BASE_URL\" \"$CW_AUTH_PASSWORD\"", path.display());
        let read = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
        let read = String::from_utf8(read.stdout).unwrap();
        assert_eq!(read, format!("{}|{}", settings()[0].value, settings()[1].value));
        let text = std::fs::read_to_string(&path).unwrap();
        let unquoted = format!("\nCW_BASE_URL={}\n", settings()[0].value);
        assert!(text.contains(&unquoted), "a container takes quotes for a part of the value: {text}");
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_its_owners_alone_and_replaces_nothing_unasked() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("connectwise.env");
        let file = EnvFile::at(&path, false).unwrap();
        // Someone else is faster.
        std::fs::write(&path, "mine").unwrap();
        assert!(matches!(file.write(&settings()), Err(Error::Io { .. })));
        assert!(matches!(EnvFile::at(&path, false), Err(Error::Usage(_))));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
        EnvFile::at(&path, true).unwrap().write(&settings()).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "a draft was left");
    }

    #[test]
    fn a_line_break_is_refused() {
        let wrong = [Setting::new("The key.", "CW_AUTH_PASSWORD", "a\nCW_LAKEHOUSE=/elsewhere")];
        assert!(matches!(text_of(&wrong), Err(Error::Usage(_))));
    }
}
