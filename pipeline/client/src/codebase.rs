//! Codebase look-up: the part of the base URL that an upgrade of ConnectWise can change.
//!
//! Invariant: the look-up must go to the configured host, without credentials, and can change the path alone. Each base
//! is looked up once at most, so that addresses with nothing at them cost one request more and not one each.

use crate::settings::ApiSettings;
use crate::task::on_its_own;
use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Mutex;
use url::Url;

/// The end of the API's path.
const API: &str = "apis/3.0";
/// The largest response to a look-up, in bytes.
const MOST: usize = 64 * 1024;

/// The base URL of the API, as far as it is known.
#[derive(Debug)]
pub(super) struct Base {
    url: RwLock<Url>,
    /// Without credentials.
    http: reqwest::Client,
    /// The time-out of a look-up.
    patience: Duration,
    /// The bases that were looked up.
    looked_up: Mutex<BTreeSet<Url>>,
}

impl Base {
    pub(super) fn new(url: Url, http: reqwest::Client, patience: Duration) -> Self {
        Self { url: RwLock::new(url), http, patience, looked_up: Mutex::default() }
    }

    /// The API's base URL, as far as it is known now.
    pub(super) fn url(&self) -> Url {
        self.url.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A client without credentials.
    pub(super) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// Whether the API has another base than this one, as another worker or a look-up found out.
    pub(super) async fn has_moved(self: &Arc<Self>, used: &Url, settings: &Arc<ApiSettings>) -> bool {
        if self.url() != *used {
            return true;
        }
        let (base, used, settings) = (Arc::clone(self), used.clone(), Arc::clone(settings));
        // On its own: all others wait for this look-up.
        on_its_own(async move { base.look_for_another(&used, &settings).await }).await
    }

    async fn look_for_another(&self, used: &Url, settings: &ApiSettings) -> bool {
        let mut looked_up = self.looked_up.lock().await;
        if self.url() != *used {
            return true;
        }
        if !looked_up.insert(used.clone()) {
            return false;
        }
        let Some(found) = self.look_up(used, settings).await.filter(|found| found != used) else { return false };
        tracing::warn!(from = %used, to = %found, "the API's codebase is another: set CW_BASE_URL to it");
        *self.url.write().unwrap_or_else(PoisonError::into_inner) = found;
        true
    }

    /// Looks up the company's codebase at the host and returns the base URL with it.
    async fn look_up(&self, base: &Url, settings: &ApiSettings) -> Option<Url> {
        let address = address(base, settings.username.expose())?;
        let read = async {
            let mut response = self.http.get(address).send().await.ok()?;
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await.ok()? {
                body.extend_from_slice(&chunk);
                if body.len() > MOST {
                    return None;
                }
            }
            response.status().is_success().then_some(body)
        };
        let body = tokio::time::timeout(self.patience, read).await.ok()??;
        base_of(base, &body)
    }
}

/// Whether the base URL names the API, codebase and all.
pub(super) fn is_whole(base: &Url) -> bool {
    base.path().trim_end_matches('/').ends_with(API)
}

/// The URL at which the host names a company's codebase.
fn address(base: &Url, username: &str) -> Option<Url> {
    let company = username.split_once('+')?.0;
    let mut url = base.clone();
    url.path_segments_mut().ok()?.clear().extend(["login", "companyinfo", company]);
    Some(url)
}

/// The base URL by the host's response; `None` where the response names no codebase.
fn base_of(base: &Url, answer: &[u8]) -> Option<Url> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Info {
        codebase: String,
    }
    let info: Option<Info> = serde_json::from_slice(answer).ok()?;
    let codebase = info?.codebase;
    let codebase = codebase.trim_end_matches('/');
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if codebase.is_empty() || !codebase.chars().all(plain) || codebase.contains("..") {
        return None;
    }
    let mut url = base.clone();
    url.set_path(&format!("/{codebase}/{API}"));
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codebase_changes_the_path_alone() {
        let base: Url = "https://api-eu.myconnectwise.net".parse().unwrap();
        assert!(!is_whole(&base));
        let found = base_of(&base, br#"{"CompanyName":"X","Codebase":"v2025_1/","IsCloud":"True"}"#).unwrap();
        assert_eq!(found.as_str(), "https://api-eu.myconnectwise.net/v2025_1/apis/3.0");
        assert!(is_whole(&found));
        for odd in ["null", "{}", "<html>", r#"{"Codebase":""}"#, r#"{"Codebase":"//evil.example/"}"#] {
            let found = base_of(&base, odd.as_bytes());
            assert!(found.is_none(), "{odd}: {found:?}");
        }
        assert!(base_of(&base, br#"{"Codebase":"../../x"}"#).is_none());
    }

    #[test]
    fn the_company_is_the_part_before_the_plus() {
        let base: Url = "https://cw.example.com/v1/apis/3.0".parse().unwrap();
        let found = address(&base, "a/b+key").unwrap();
        assert_eq!(found.as_str(), "https://cw.example.com/login/companyinfo/a%2Fb");
        assert!(address(&base, "no-plus").is_none());
    }
}
