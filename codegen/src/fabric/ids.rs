//! Identifiers: the same name has the same one in every generation and in every deployment.

use std::fmt::Write as _;

use sha1::{Digest as _, Sha1};

/// Stands for the workspace; the deployment puts the real identifier in its place (`parameter.yml`).
pub const WORKSPACE: &str = "11111111-1111-1111-1111-111111111111";

/// Stands for the lakehouse, likewise.
pub const LAKEHOUSE: &str = "22222222-2222-2222-2222-222222222222";

/// Stands for the address of the lakehouse's SQL endpoint, where the model reads through it.
pub const SQL_ENDPOINT: &str = "33333333-3333-3333-3333-333333333333.datawarehouse.fabric.microsoft.com";

/// Stands for the identifier of that endpoint.
pub const SQL_ENDPOINT_ID: &str = "44444444-4444-4444-4444-444444444444";

/// The namespace of this project's names: 5f0d4c7e-2c1b-4b7a-9d35-8a5b1f6e3c90. Another one would be another model.
const NAMESPACE: [u8; 16] =
    [0x5f, 0x0d, 0x4c, 0x7e, 0x2c, 0x1b, 0x4b, 0x7a, 0x9d, 0x35, 0x8a, 0x5b, 0x1f, 0x6e, 0x3c, 0x90];

/// The identifier of a path, such as `table/fact_timeentry/column/WorkDateKey` or `item/ConnectWise.Report`.
pub fn id(path: &str) -> String {
    version_5(NAMESPACE, path)
}

/// The identifier of a page, visual or filter, in the form of Power BI's own: twenty hexadecimal digits.
pub fn short(path: &str) -> String {
    id(path).chars().filter(char::is_ascii_hexdigit).take(20).collect()
}

/// The UUID of a name by RFC 9562, version 5.
fn version_5(namespace: [u8; 16], name: &str) -> String {
    let hash = Sha1::new().chain_update(namespace).chain_update(name).finalize();
    let mut text = String::with_capacity(36);
    for (place, byte) in hash.iter().take(16).enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        let byte = match place {
            6 => byte & 0x0f | 0x50,
            8 => byte & 0x3f | 0x80,
            _ => *byte,
        };
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_s_own_example() {
        // RFC 9562, A.4: the namespace of DNS.
        let dns = [0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8];
        assert_eq!(version_5(dns, "www.example.com"), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
    }

    #[test]
    fn a_name_has_one_identifier_and_names_differ() {
        assert_eq!(id("table/a"), id("table/a"));
        assert_ne!(id("table/a"), id("table/b"));
    }
}
