//! The generated operations over a transport with scripted responses.

use std::collections::VecDeque;
use std::error::Error as _;
use std::sync::{Arc, Mutex};

use connectwise_generated::client::{Client, Conditions, Operations};
use connectwise_generated::models::{Invoice, TimeEntry};
use connectwise_runtime::transport::{BoxError, Sending, Transport, cause};
use futures::executor::block_on;
use reqwest::{Request, Response};

#[derive(Debug, thiserror::Error)]
#[error("the login is refused")]
struct Refused(#[source] std::io::Error);

/// A transport that answers from a script and keeps what it was asked for.
#[derive(Debug, Default)]
struct Script {
    answers: Mutex<VecDeque<Result<(u16, &'static str), BoxError>>>,
    asked: Mutex<Vec<String>>,
}

impl Transport for Script {
    fn send(&self, request: Request, operation: &'static str) -> Sending<'_> {
        self.asked.lock().unwrap().push(format!("{operation} {} {}", request.method(), request.url()));
        let answer = self.answers.lock().unwrap().pop_front().unwrap();
        Box::pin(async move {
            answer.map(|(status, body)| Response::from(http::Response::builder().status(status).body(body).unwrap()))
        })
    }
}

fn client(answers: Vec<Result<(u16, &'static str), BoxError>>) -> (Client, Arc<Script>) {
    let script = Arc::new(Script { answers: Mutex::new(answers.into()), asked: Mutex::default() });
    let client = Client::new_with_client("https://cw.example.com/apis/3.0", reqwest::Client::new(), script.clone());
    (client, script)
}

#[test]
fn an_operation_sends_its_request_by_the_transport_and_reads_the_answer() {
    let (client, script) = client(vec![
        Ok((200, r#"{"version": "v2025.1", "isCloud": true, "later": 1}"#)),
        Ok((200, r#"{"count": 12.0}"#)),
    ]);
    let info = block_on(client.get_system_info()).unwrap().into_inner();
    assert_eq!((info.version.as_deref(), info.is_cloud), (Some("v2025.1"), Some(true)));
    let conditions = Conditions { own: Some("id > 5"), ..Conditions::default() };
    assert_eq!(block_on(Invoice::count(&client, conditions)).unwrap().count, 12);
    let asked = script.asked.lock().unwrap();
    assert_eq!(
        *asked,
        [
            "get_system_info GET https://cw.example.com/apis/3.0/system/info",
            "get_finance_invoices_count GET https://cw.example.com/apis/3.0/finance/invoices/count?conditions=id+%3E+5",
        ]
    );
}

#[test]
fn the_error_of_the_transport_comes_out_of_the_operation_with_its_source() {
    let (client, _) = client(vec![
        Err(Box::new(Refused(std::io::Error::other("401")))),
        Ok((404, r#"{"code": "NotFound"}"#)),
        Ok((200, "<html>")),
    ]);
    let read = || cause(block_on(client.get_system_info()).unwrap_err());
    let refused = read().downcast::<Refused>().unwrap();
    assert_eq!(refused.source().unwrap().to_string(), "401");
    let not_found = read();
    assert!(not_found.to_string().contains("404"), "{not_found}");
    let unreadable = read();
    assert!(unreadable.to_string().contains("expected value"), "{unreadable}");
}

#[test]
fn the_future_of_an_operation_can_be_spawned() {
    fn spawned(_: impl Future + Send + 'static) {}
    let (client, _) = client(Vec::new());
    spawned(async move {
        TimeEntry::count(&client, Conditions::default()).await.map(|counted| counted.into_inner().count).ok()
    });
}

#[test]
fn each_condition_of_a_count_goes_where_it_belongs() {
    let (client, script) = client(vec![Ok((200, r#"{"count": 1}"#))]);
    let conditions = Conditions { own: Some("a"), child: Some("b"), custom_field: Some("c") };
    assert_eq!(block_on(TimeEntry::count(&client, conditions)).unwrap().count, 1);
    let asked = script.asked.lock().unwrap()[0].clone();
    for wanted in ["conditions=a", "childConditions=b", "customFieldConditions=c"] {
        assert!(asked.split(['?', '&']).any(|parameter| parameter == wanted), "{asked}");
    }
}
