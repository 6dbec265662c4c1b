//! Options of the storage: what the command line gives besides the environment.

use super::super::error::{BoxError, Error, Result};
use futures::future::BoxFuture;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Source of bearer tokens that is asked again before a token expires.
pub type TokenSource = Arc<dyn Fn() -> BoxFuture<'static, Result<String, BoxError>> + Send + Sync>;

/// Option with the seconds for which a request is repeated.
const PATIENCE: &str = "retry_timeout";

/// Options of a lakehouse's storage.
#[derive(Clone, Default)]
pub struct StorageOptions {
    pairs: BTreeMap<String, String>,
    patience: Option<Duration>,
    tokens: Option<TokenSource>,
}

impl std::fmt::Debug for StorageOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Values may be secrets.
        f.debug_struct("StorageOptions").field("keys", &self.pairs.keys()).finish_non_exhaustive()
    }
}

impl StorageOptions {
    /// Parses options of the form `KEY=VALUE`. Keys are those of the storage layer, in any case.
    ///
    /// # Errors
    /// [`Error::Usage`] for a text without `=`, and for a key that is given twice.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let (mut pairs, mut patience) = (BTreeMap::new(), None);
        for text in texts {
            let Some((key, value)) = text.split_once('=') else {
                // The rest may be a secret.
                let key: String =
                    text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
                return Err(Error::Usage(format!("--storage-option {key}…: write it as KEY=VALUE")));
            };
            let key = key.trim().to_ascii_lowercase();
            if key == PATIENCE {
                let seconds = value
                    .trim()
                    .parse()
                    .map_err(|_| Error::Usage(format!("--storage-option {key}={value}: write a number of seconds")))?;
                patience = Some(Duration::from_secs(seconds));
                continue;
            }
            if pairs.insert(key.clone(), value.to_owned()).is_some() {
                return Err(Error::Usage(format!("--storage-option {key} is given twice")));
            }
        }
        Ok(Self { pairs, patience, tokens: None })
    }

    /// Takes bearer tokens from a source, in the place of any other credential.
    #[must_use]
    pub fn with_tokens(self, tokens: TokenSource) -> Self {
        Self { tokens: Some(tokens), ..self }
    }

    pub(super) fn pairs(&self) -> &BTreeMap<String, String> {
        &self.pairs
    }

    /// Time for which a request is repeated, where one is given.
    pub(super) fn patience(&self) -> Option<Duration> {
        self.patience
    }

    pub(super) fn tokens(&self) -> Option<&TokenSource> {
        self.tokens.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_keys_with_values_each_once() {
        let parse = |texts: &[&str]| StorageOptions::parse(texts.iter().copied());
        let options = parse(&["AZURE_STORAGE_TOKEN=a=b", "retry_timeout=7"]).unwrap();
        assert_eq!(options.pairs().get("azure_storage_token").map(String::as_str), Some("a=b"));
        assert_eq!(options.patience(), Some(Duration::from_secs(7)));
        assert!(!format!("{options:?}").contains("a=b"), "values may be secrets");
        for wrong in [&["azure_storage_token"][..], &["token=a", "TOKEN=b"], &["retry_timeout=soon"]] {
            assert!(matches!(parse(wrong), Err(Error::Usage(_))), "{wrong:?}");
        }
    }
}
