//! The record at which a server fails, for the message that names it.

use super::{Reading, Way, whole_number};
use crate::conditions::{Condition, field};
use crate::error::{ClientError, Error, Result};
use crate::page_size::least_key;
use crate::request::Request;

impl Reading {
    /// The error for the record after those that came, at which the server fails.
    pub(super) async fn stumbles(&self, failure: &ClientError) -> Error {
        let (key, said) = (self.list.key(), failure.said());
        let Some(id) = self.first_key().await else {
            return match self.highest {
                Some(last) => self.failing(&format!("the record after {key} {last}: {said}")),
                None => failure.clone().into(),
            };
        };
        if !self.size.came_meanwhile() && !self.gives_others(id).await {
            return ClientError::Down { url: self.list.endpoint.clone(), last: said }.into();
        }
        self.failing(&format!("record {id}: {said}. The others can be read by the condition {key} != {id}"))
    }

    fn failing(&self, what: &str) -> Error {
        Error::data(&self.list.endpoint, format!("the server fails at {what}"))
    }

    /// The key of the next record: the server may well give that, and whether there is one at all.
    async fn first_key(&self) -> Option<i64> {
        let key = self.list.key().to_owned();
        let page = self.fetch(once(self.request(Some(&key)))).await;
        if let Some(id) = page.ok().and_then(|page| whole_number(page.records.first()?)) {
            return Some(id);
        }
        if matches!(self.way, Way::ByNumber { .. }) {
            return None;
        }
        let holds = |after: i64, to: i64| {
            let key = key.clone();
            async move {
                let range = named(&key)?.more_than(after).and(named(&key)?.at_most(to));
                match self.fetch(once(self.one(range, Some(&key)))).await {
                    Ok(page) => Ok(!page.records.is_empty()),
                    Err(Error::Request(error)) if error.is_page_too_big() => Ok(true),
                    Err(error) => Err(error),
                }
            }
        };
        least_key(self.highest.unwrap_or(0), i64::MAX, holds).await.ok().flatten()
    }

    /// Whether the server gives any record of the list but this one.
    async fn gives_others(&self, id: i64) -> bool {
        let Ok(name) = named(self.list.key()) else { return false };
        let fields = self.groups.first().map(String::as_str);
        self.fetch(self.one(name.differs_from(id), fields)).await.is_ok()
    }

    /// A request for one of the list's records for which this holds.
    fn one(&self, condition: Condition, fields: Option<&str>) -> Request {
        let conditions = self.list.conditions.iter().fold(condition, |all, more| all.and(more.clone()));
        let request = Request::new(&self.list.endpoint).with("pageSize", 1).with("conditions", conditions);
        fields.into_iter().fold(request, |request, fields| request.with("fields", fields))
    }
}

fn once(request: Request) -> Request {
    Request { give_up_after: Some(1), ..request }
}

fn named(key: &str) -> Result<crate::conditions::Field> {
    Ok(field(key)?)
}
