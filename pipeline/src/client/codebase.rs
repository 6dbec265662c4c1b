//! Where a ConnectWise keeps its API: the codebase in the base URL, which an upgrade can change.
//!
//! Invariant: the look-up goes to the configured host, carries no credentials, and can change the path alone.

use url::Url;

/// What an API's path ends in.
const API: &str = "apis/3.0";

/// Whether the base URL names the API, codebase and all.
pub(super) fn is_whole(base: &Url) -> bool {
    base.path().trim_end_matches('/').ends_with(API)
}

/// Where the host says which codebase a company is on.
pub(super) fn address(base: &Url, username: &str) -> Option<Url> {
    let company = username.split_once('+')?.0;
    let mut url = base.clone();
    url.path_segments_mut().ok()?.clear().extend(["login", "companyinfo", company]);
    Some(url)
}

/// The base URL by the host's answer; `None` where the answer names no codebase.
pub(super) fn base_of(base: &Url, answer: &[u8]) -> Option<Url> {
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
