//! Parser of locations in settings: literal text, except for a `~/` that no shell expanded.
//!
//! Invariant: a value that hardly means what it says (quotes that a shell would have removed, blanks around it) must be
//! refused, and must never create a folder of an odd name.

use super::error::{Error, Result};
use super::storage::canonical;
use std::path::{Path, PathBuf};
use url::Url;

/// Setting that names a lakehouse, for messages.
const LAKEHOUSE: &str = "--lakehouse or CW_LAKEHOUSE";

/// Schemes that the storage layer knows.
const SCHEMES: [&str; 7] = ["file", "abfss", "abfs", "az", "azure", "adl", "memory"];

/// Parses the root of a lakehouse, as a URL with a slash at its end.
///
/// # Errors
/// [`Error::Usage`] when the value names none.
pub(super) fn root_of(location: &str) -> Result<Url> {
    let refused = |reason: &str| Error::Usage(format!("{LAKEHOUSE} is {location}: {reason}"));
    let mut root = if is_url(location) {
        check(LAKEHOUSE, location)?;
        let url = Url::parse(location).map_err(|error| refused(&format!("it is not a URL ({error})")))?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refused("a URL's ? and # end its path; write %3F and %23 where they belong to a name"));
        }
        canonical(&url)?.unwrap_or(url)
    } else {
        let path = folder_of(LAKEHOUSE, location)?;
        Url::from_directory_path(&path).map_err(|()| refused("it is not a path"))?
    };
    if !root.path().ends_with('/') {
        let path = format!("{}/", root.path());
        root.set_path(&path);
    }
    if !SCHEMES.contains(&root.scheme()) {
        return Err(refused(&format!(
            "the scheme {} is not known: use a folder, abfss://<workspace>@onelake.dfs.fabric.microsoft.com/\
             <item>.Lakehouse/Tables, or az://<container>/<path>",
            root.scheme()
        )));
    }
    Ok(root)
}

/// Whether a location begins with a URL scheme: a folder's name may contain `://`, too.
fn is_url(location: &str) -> bool {
    let is_of_scheme = |letter: char| letter.is_ascii_alphanumeric() || "+-.".contains(letter);
    location.split_once("://").is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(is_of_scheme)
    })
}

/// Parses the folder that a setting's value names, as an absolute path.
///
/// # Errors
/// [`Error::Usage`] that names the setting, what is odd, and what to write.
pub fn folder_of(setting: &str, text: &str) -> Result<PathBuf> {
    check(setting, text)?;
    let refused = |reason: &str| Error::Usage(format!("{setting} is {text}: {reason}"));
    let path = match text.strip_prefix('~') {
        None => PathBuf::from(text),
        Some(rest) if rest.is_empty() || rest.starts_with(std::path::is_separator) => {
            let home = std::env::home_dir().filter(|home| home.is_absolute());
            let home = home.ok_or_else(|| refused("there is no HOME that ~ could stand for; write the whole path"))?;
            home.join(rest.trim_start_matches(std::path::is_separator))
        }
        Some(_) => {
            return Err(refused(&format!(
                "~ stands for the own home, as in ~/lakehouse; write another's home as a whole path, and ./{text} for \
                 a folder of this name"
            )));
        }
    };
    std::path::absolute(&path).map_err(|error| refused(&error.to_string()))
}

/// Refuses a value that looks like a typing mistake: blank, in quotes, with control characters, or with blanks around.
fn check(setting: &str, text: &str) -> Result<()> {
    let refused = |reason: String| Err(Error::Usage(reason));
    if text.trim().is_empty() {
        return refused(format!("{setting} is blank: name a folder or a URL, or leave it out"));
    }
    let is_around = |quote: &char| text.len() > 1 && text.starts_with(*quote) && text.ends_with(*quote);
    if let Some(quote) = ['"', '\''].into_iter().find(is_around) {
        let inner = text.trim_matches(quote);
        return refused(format!("{setting} is {text}, with quotes that belong to the value: write it as {inner}"));
    }
    if text.chars().any(char::is_control) {
        return refused(format!("{setting} is {text:?}: it holds a tab, a line break or another control character"));
    }
    if text.trim() != text {
        return refused(format!("{setting} is {text:?}: it begins or ends with a blank; write it without"));
    }
    Ok(())
}

/// Returns the URL of a local file or folder: the engine reads a path as a glob pattern, but a URL literally.
///
/// # Errors
/// [`Error::Query`] when the path can't be part of a URL.
pub(super) fn file_url(path: &Path) -> Result<String> {
    let failed = || Error::query(format!("{} is no path that can be read", path.display()));
    let absolute = std::path::absolute(path).map_err(|_| failed())?;
    Ok(Url::from_file_path(absolute).map_err(|()| failed())?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_a_place_or_refused_in_its_own_words() {
        for (value, words) in [
            ("", "is blank"),
            (" \t ", "is blank"),
            ("\"./lake\"", "quotes"),
            ("'./lake'", "write it as ./lake"),
            ("\"az://container/lake\"", "write it as az://container/lake"),
            ("./lake\r", "control character"),
            (" ./lake", "begins or ends with a blank"),
            ("az://container/lake ", "begins or ends with a blank"),
            ("~anna/lake", "write another's home as a whole path"),
            ("az://container/a#b", "%23"),
            ("az://container/a?b", "%3F"),
            ("gopher://x/y", "the scheme gopher is not known"),
        ] {
            let error = root_of(value).unwrap_err();
            assert!(matches!(error, Error::Usage(_)), "{value:?}: {error}");
            let text = error.to_string();
            assert!(text.contains(words) && text.contains("CW_LAKEHOUSE"), "{value:?}: {text}");
        }
    }

    #[test]
    fn a_path_is_literal_text() {
        for name in ["a[1]", "a?b", "a*", "p%20q", "p%2520q", "a#b", "a b", "Þjóð", "a\\b", "a\"b", "{a}", "a+b", "x:y"]
        {
            let root = root_of(&format!("/somewhere/{name}")).unwrap();
            assert_eq!(root.to_file_path().unwrap(), Path::new("/somewhere").join(name), "{name}");
            let url: Url = file_url(&Path::new("/somewhere").join(name)).unwrap().parse().unwrap();
            assert_eq!(url.to_file_path().unwrap(), Path::new("/somewhere").join(name), "{name}");
        }
        assert!(root_of("./9://b").unwrap().path().ends_with("/9:/b/"), "no scheme begins with a digit or a dot");
        assert_eq!(root_of("az://container/lake").unwrap().as_str(), "az://container/lake/");
    }

    #[test]
    fn a_home_is_expanded_as_a_shell_does() {
        let home = std::env::home_dir().unwrap();
        assert_eq!(folder_of("CW_STAGING", "~/a/b").unwrap(), home.join("a/b"));
        assert_eq!(folder_of("CW_STAGING", "~").unwrap(), home);
        assert_eq!(folder_of("CW_STAGING", "/x/~/y").unwrap(), Path::new("/x/~/y"));
    }
}
