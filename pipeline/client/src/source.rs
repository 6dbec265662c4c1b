//! Data source: the company and the address of the ConnectWise that data comes from.
//!
//! Invariant: another codebase after an upgrade, another spelling of the host, or an explicit default port must leave a
//! source the same.

use crate::settings::{self, ApiSettings};
use url::Url;

/// The address of the simulated ConnectWise inside the process; it can't be a real address.
const DEMO: &str = "(demo)";

/// The ConnectWise of one company.
#[derive(Debug, Clone)]
pub struct DataSource {
    /// The host with its port, and the path before the codebase.
    pub address: String,
    /// The company by which its members log in.
    pub company: String,
}

impl DataSource {
    /// The source of these settings.
    pub fn of(settings: &ApiSettings) -> Self {
        Self::at(&settings.base_url, settings.username.expose())
    }

    /// The source by the environment, for commands without requests; `None` where it is not set.
    pub fn named() -> Option<Self> {
        let (base, username) = settings::named()?;
        Some(Self::at(&base, &username))
    }

    /// The source at an API's base, for this user name.
    pub fn at(base: &Url, username: &str) -> Self {
        let mut address = base.host_str().unwrap_or_default().trim_end_matches('.').to_lowercase();
        if let Some(port) = base.port() {
            address.push_str(&format!(":{port}"));
        }
        let path = base.path().trim_matches('/');
        let before_api = path.strip_suffix("apis/3.0").unwrap_or(path).trim_end_matches('/');
        // The last part is the codebase.
        if let Some((before, _)) = before_api.rsplit_once('/') {
            address.push_str(&format!("/{before}"));
        }
        // Without a company, the whole name is a key, which must not be kept.
        let company = username.split_once('+').map_or("", |(company, _)| company.trim());
        Self { address, company: company.to_owned() }
    }

    /// The simulated ConnectWise of the demo, whatever its port.
    pub fn demo() -> Self {
        Self { address: DEMO.to_owned(), company: String::new() }
    }

    /// A text that is the same for the same source.
    pub fn key(&self) -> String {
        format!("{}\n{}", self.address, self.company.to_lowercase())
    }

    /// A positive number that is the same for the same source.
    pub fn number(&self) -> i64 {
        (xxhash_rust::xxh3::xxh3_64(self.key().as_bytes()) >> 1).cast_signed().max(1)
    }
}

impl PartialEq for DataSource {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for DataSource {}

impl std::fmt::Display for DataSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.address.as_str(), self.company.as_str()) {
            (DEMO, _) => f.write_str("`connectwise-etl demo`, whose data is made up"),
            (address, "") => f.write_str(address),
            (address, company) => write!(f, "{address} (company {company})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(base: &str, username: &str) -> DataSource {
        DataSource::at(&base.parse().unwrap(), username)
    }

    #[test]
    fn an_upgrade_and_another_spelling_are_the_same_source() {
        let source = at("https://api-eu.myconnectwise.net/v4_6_release/apis/3.0", "acme+key");
        assert_eq!(source.to_string(), "api-eu.myconnectwise.net (company acme)");
        for base in [
            "https://api-eu.myconnectwise.net/v2025_1/apis/3.0",
            "https://api-eu.myconnectwise.net/v2025_1/apis/3.0/",
            "https://API-EU.MyConnectWise.NET:443/v4_6_release/apis/3.0",
            "https://api-eu.myconnectwise.net./v4_6_release/apis/3.0",
            "https://api-eu.myconnectwise.net",
            "https://api-eu.myconnectwise.net/v4_6_release",
        ] {
            for username in ["acme+key", "ACME+another"] {
                assert_eq!(at(base, username), source, "{base} {username}");
                assert_eq!(at(base, username).number(), source.number());
            }
        }
    }

    #[test]
    fn another_host_port_company_or_proxied_path_is_another() {
        let source = at("https://cw.example.com/v4_6_release/apis/3.0", "acme+key");
        for other in [
            at("https://cw.example.org/v4_6_release/apis/3.0", "acme+key"),
            at("https://cw.example.com:8443/v4_6_release/apis/3.0", "acme+key"),
            at("https://cw.example.com/v4_6_release/apis/3.0", "other+key"),
            at("https://cw.example.com/test/v4_6_release/apis/3.0", "acme+key"),
            DataSource::demo(),
        ] {
            assert_ne!(other, source);
            assert_ne!(other.number(), source.number());
        }
        assert_eq!(at("https://cw.example.com/x/apis/3.0", "a-key-alone").to_string(), "cw.example.com");
    }
}
