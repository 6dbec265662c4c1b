//! Scenario tests: the pipeline over HTTP against the simulated ConnectWise. All of it is in `tests/scenarios`.
//!
//! The README's example of the library, as it is run here:
//!
//! ```
//! use connectwise_client::{Client, Result, conditions::field};
//! use connectwise_generated::models::TimeEntry;
//! use futures::TryStreamExt as _;
//!
//! async fn billable_hours(client: &Client) -> Result<f64> {
//!     let billable = field("billableOption")?.equals("Billable");
//!     let mut entries = client.list::<TimeEntry>().conditions(billable)?.stream();
//!     let mut hours = 0.0;
//!     while let Some(entry) = entries.try_next().await? {
//!         hours += entry.actual_hours.unwrap_or_default();
//!     }
//!     Ok(hours)
//! }
//!
//! # use connectwise_client::{RetryPolicy, secret::Secret, settings::ApiSettings};
//! # use connectwise_simulator::{Config, Counts, Scale, Simulator};
//! # #[tokio::main]
//! # async fn main() {
//! # let counts =
//! #     Counts { companies: 5, members: 3, agreements: 5, time_entries: 50, expenses: 0, products: 0, invoices: 0 };
//! # let config = Config { scale: Scale::Custom(counts), ..Config::default() };
//! # let simulator = Simulator::start(config.clone()).await.unwrap();
//! # let settings = ApiSettings {
//! #     base_url: simulator.base_url().parse().unwrap(),
//! #     username: Secret::new(config.username),
//! #     password: Secret::new(config.password),
//! #     client_id: Secret::new(config.client_id),
//! #     api_version: None,
//! # };
//! # let client = Client::new(settings, RetryPolicy::default()).unwrap();
//! # assert!(billable_hours(&client).await.unwrap() > 0.0);
//! # let billable = field("billableOption").unwrap().equals("Billable");
//! # let counted = client.list::<TimeEntry>().conditions(billable).unwrap().count().await.unwrap();
//! # assert!((1..50).contains(&counted), "{counted}");
//! # }
//! ```

#[cfg(test)]
mod tests {
    #[test]
    fn the_example_is_the_one_of_the_readme() {
        let block = |text: &str, fence: &str| {
            let (_, after) = text.split_once(&format!("{fence}\n")).expect("it has an example");
            let (block, _) = after.split_once("```").expect("the example ends");
            block.to_owned()
        };
        let readme = block(include_str!("../../../README.md"), "```rust");
        let doc: Vec<&str> = include_str!("lib.rs").lines().map_while(|line| line.strip_prefix("//!")).collect();
        let doc: String = doc.iter().map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line))).collect();
        let shown: String =
            block(&doc, "```").lines().filter(|line| !line.starts_with("# ")).map(|line| format!("{line}\n")).collect();
        assert_eq!(shown.trim_end(), readme.trim_end());
    }
}
