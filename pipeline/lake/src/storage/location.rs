//! Addresses of Azure storage: the account, the container, and the endpoint that serves them.

use super::super::error::{Error, Result};
use url::{Host, Url};

const FABRIC: &str = "fabric.microsoft.com";
const STORAGE: &str = "core.windows.net";
/// Advice for the name of a workspace or item that storage does not take.
const USE_GUIDS: &str = "use the GUIDs of workspace and item, as the address bar of Fabric shows them: \
                         abfss://<workspace GUID>@onelake.dfs.fabric.microsoft.com/<item GUID>/Tables";

/// Address of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Location {
    /// The account, where the address names it.
    pub(super) account: Option<String>,
    pub(super) container: String,
    /// The endpoint, where the address names it.
    pub(super) endpoint: Option<String>,
    /// Whether it is OneLake.
    pub(super) is_fabric: bool,
}

/// Converts `https://<host>/<container>/<path>` of Azure storage into `abfss://<container>@<host>/<path>`.
///
/// # Errors
/// [`Error::Usage`] where the address names no container.
pub(in super::super) fn canonical(url: &Url) -> Result<Option<Url>> {
    let host = url.host_str().unwrap_or_default();
    if url.scheme() != "https" || !is_azure(host) {
        return Ok(None);
    }
    let path = url.path().trim_start_matches('/');
    let (container, rest) = path.split_once('/').unwrap_or((path, ""));
    let refused = || Error::Usage(format!("{url} names no workspace or container: write https://{host}/<workspace>/…"));
    if container.is_empty() {
        return Err(refused());
    }
    Url::parse(&format!("abfss://{container}@{host}/{rest}")).map(Some).map_err(|_| refused())
}

fn is_azure(host: &str) -> bool {
    let serves = |service: &str| [FABRIC, STORAGE].iter().any(|domain| host.ends_with(&format!(".{service}.{domain}")));
    serves("dfs") || serves("blob")
}

impl Location {
    /// Parses a URL of one of Azure's schemes.
    ///
    /// # Errors
    /// [`Error::Usage`] for a host or container that Azure does not know.
    pub(super) fn parse(url: &Url) -> Result<Self> {
        let refused = |reason: String| Error::Usage(format!("the lakehouse {url}: {reason}"));
        let host = match url.host() {
            Some(Host::Domain(host)) => host.to_owned(),
            Some(other) => other.to_string(),
            None => return Err(refused("it names no container".to_owned())),
        };
        let (container, host) = match url.username() {
            "" => (host, None),
            container => (container.to_owned(), Some(host)),
        };
        let is_fabric = host.as_deref().is_some_and(|host| host.ends_with(FABRIC));
        if container.contains(['.', '%']) || container.contains(char::is_whitespace) {
            let what = if is_fabric { "workspace" } else { "container" };
            let advice = if is_fabric { USE_GUIDS } else { "containers have letters, digits and hyphens" };
            let name = container.replace("%20", " ");
            return Err(refused(format!("the {what} “{name}” can't be addressed by its name: {advice}")));
        }
        if is_fabric && url.path().contains("%20") {
            return Err(refused(format!("a name with a blank can't be addressed: {USE_GUIDS}")));
        }
        let Some(host) = host else { return Ok(Self { account: None, container, endpoint: None, is_fabric: false }) };
        let (account, domain) = host.split_once('.').unwrap_or((&host, ""));
        let account = Some(account.to_owned());
        match domain.strip_prefix("dfs.").or_else(|| domain.strip_prefix("blob.")) {
            Some(STORAGE) => Ok(Self { account, container, endpoint: None, is_fabric }),
            Some(FABRIC) => Ok(Self { account, container, endpoint: None, is_fabric }),
            // A private link: <workspace without hyphens>.z<two digits>.dfs.fabric.microsoft.com.
            _ if is_fabric && (host.contains(".dfs.") || host.contains(".blob.")) => {
                let endpoint = format!("https://{}", host.replacen(".dfs.", ".blob.", 1));
                Ok(Self { account: Some("onelake".to_owned()), container, endpoint: Some(endpoint), is_fabric })
            }
            _ => Err(refused(format!(
                "the host {host} is not known: write abfss://<workspace>@onelake.dfs.fabric.microsoft.com/<item>.\
                 Lakehouse/Tables, or abfss://<container>@<account>.dfs.core.windows.net/<path>"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(url: &str) -> Result<Location> {
        Location::parse(&Url::parse(url).unwrap())
    }

    #[test]
    fn addresses_name_account_container_and_endpoint() {
        let onelake = location("abfss://ws@onelake.dfs.fabric.microsoft.com/a.Lakehouse/Tables/").unwrap();
        assert_eq!((onelake.account.as_deref(), onelake.container.as_str()), (Some("onelake"), "ws"));
        assert!(onelake.is_fabric && onelake.endpoint.is_none());
        let host = "0a1b.z0a.dfs.fabric.microsoft.com";
        let private = location(&format!("abfss://0a-1b@{host}/2c/Tables/")).unwrap();
        assert_eq!(private.endpoint.as_deref(), Some("https://0a1b.z0a.blob.fabric.microsoft.com"));
        let account = location("abfss://c@acc.dfs.core.windows.net/x/").unwrap();
        assert_eq!((account.account.as_deref(), account.is_fabric), (Some("acc"), false));
        let short = location("az://lake/t/").unwrap();
        assert_eq!((short.account, short.container.as_str()), (None, "lake"));
    }

    #[test]
    fn a_name_that_storage_does_not_take_is_refused_with_what_to_write() {
        for url in [
            "abfss://my.workspace@onelake.dfs.fabric.microsoft.com/a.Lakehouse/Tables/",
            "abfss://my%20workspace@onelake.dfs.fabric.microsoft.com/a.Lakehouse/Tables/",
            "abfss://ws@onelake.dfs.fabric.microsoft.com/my%20lake.Lakehouse/Tables/",
        ] {
            let told = location(url).unwrap_err();
            assert!(matches!(&told, Error::Usage(text) if text.contains("GUID")), "{url}: {told}");
        }
        assert!(location("abfss://c@lake.example.com/x/").unwrap_err().to_string().contains("is not known"));
    }

    #[test]
    fn a_web_address_of_storage_is_the_same_place() {
        let same = |url: &str| canonical(&Url::parse(url).unwrap());
        let found = same("https://onelake.dfs.fabric.microsoft.com/ws/a.Lakehouse/Tables").unwrap().unwrap();
        assert_eq!(found.as_str(), "abfss://ws@onelake.dfs.fabric.microsoft.com/a.Lakehouse/Tables");
        assert_eq!(same("https://example.com/ws/a").unwrap(), None);
        assert_eq!(same("https://app.fabric.microsoft.com/groups/a").unwrap(), None, "it is no storage");
        assert!(location("abfss://ws@app.fabric.microsoft.com/a/").is_err());
        assert!(same("https://onelake.dfs.fabric.microsoft.com/").is_err());
    }
}
