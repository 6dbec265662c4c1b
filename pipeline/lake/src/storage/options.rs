//! Options of the storage: what the command line gives besides the environment.

use super::super::error::{BoxError, Error, Result};
use futures::future::BoxFuture;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Source of bearer tokens that is asked again before a token expires.
pub type TokenSource = Arc<dyn Fn() -> BoxFuture<'static, Result<String, BoxError>> + Send + Sync>;

/// Options of a lakehouse's storage.
#[derive(Clone, Default)]
pub struct StorageOptions {
    pairs: BTreeMap<String, String>,
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
        let mut pairs = BTreeMap::new();
        for text in texts {
            let Some((key, value)) = text.split_once('=') else {
                return Err(Error::Usage(format!("--storage-option {text}: write it as KEY=VALUE")));
            };
            let key = key.trim().to_ascii_lowercase();
            if pairs.insert(key.clone(), value.to_owned()).is_some() {
                return Err(Error::Usage(format!("--storage-option {key} is given twice")));
            }
        }
        Ok(Self { pairs, tokens: None })
    }

    /// Takes bearer tokens from a source, in the place of any other credential.
    #[must_use]
    pub fn with_tokens(self, tokens: TokenSource) -> Self {
        Self { tokens: Some(tokens), ..self }
    }

    pub(super) fn pairs(&self) -> &BTreeMap<String, String> {
        &self.pairs
    }

    pub(super) fn tokens(&self) -> Option<&TokenSource> {
        self.tokens.as_ref()
    }
}
