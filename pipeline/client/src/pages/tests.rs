//! The page reader against servers of every kind, over a scripted transport.

use super::*;
use crate::conditions::{Condition, Literal, Operator, field};
use crate::raw::RawPages;
use crate::request::Request;
use crate::selection::Selection;
use crate::testing::{Scripted, answer};
use crate::transport::Received;
use bytes::Bytes;
use proptest::prelude::*;
use std::collections::{BTreeSet, HashMap};

/// How a server treats `orderBy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sorting {
    Honoured,
    Ignored,
    Refused,
}

/// A list at a server with its own behaviour.
#[derive(Debug, Clone)]
struct Server {
    /// In the order in which it returns them.
    ids: Vec<i64>,
    forward_only: bool,
    sorting: Sorting,
    /// Whether numbered pages have a link to the next one.
    links: bool,
    /// Whether it supports page numbers.
    numbers: bool,
    /// The largest page size that it accepts.
    most: u64,
    /// The largest page that it can return.
    heavy: u64,
    /// Records that it fails to return.
    bad: BTreeSet<i64>,
    /// Whether it fails to return their keys, too.
    hides_keys: bool,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            ids: (1..=50).collect(),
            forward_only: true,
            sorting: Sorting::Honoured,
            links: false,
            numbers: true,
            most: 1000,
            heavy: u64::MAX,
            bad: BTreeSet::new(),
            hides_keys: false,
        }
    }
}

fn refused(message: &str) -> Received {
    answer(400, &format!(r#"{{"code":"InvalidParameter","message":"{message}"}}"#))
}

fn holds(condition: &Condition, id: i64) -> bool {
    match condition {
        Condition::And(parts) => parts.iter().all(|part| holds(part, id)),
        Condition::Compare(name, operator, Literal::Number(number)) if name.to_string() == "id" => {
            let number: i64 = number.to_string().parse().unwrap();
            match operator {
                Operator::Greater => id > number,
                Operator::LessOrEqual => id <= number,
                Operator::NotEqual => id != number,
                other => panic!("{other:?}"),
            }
        }
        other => panic!("{other}"),
    }
}

impl Server {
    fn answer(&self, request: &Request) -> Received {
        let asked: HashMap<&str, &str> =
            request.query.iter().map(|(name, value)| (name.as_ref(), value.as_str())).collect();
        let size: usize = asked["pageSize"].parse().unwrap();
        if size as u64 > self.most {
            return refused(&format!("pageSize must be between 1 and {}", self.most));
        }
        let condition =
            asked.get("conditions").map(|text| Condition::parse(text, chrono::DateTime::UNIX_EPOCH).unwrap());
        let selected = self.ids.iter().copied().filter(|id| condition.as_ref().is_none_or(|one| holds(one, *id)));
        let mut ids: Vec<i64> = selected.collect();
        match (asked.get("orderBy").copied(), self.sorting) {
            (Some(_), Sorting::Refused) => return refused("orderBy is no property"),
            (Some("id desc"), Sorting::Honoured) => ids.sort_by_key(|id| -id),
            (Some(_), Sorting::Honoured) => ids.sort_unstable(),
            _ => {}
        }
        let forward = request.forward_only && self.forward_only;
        let from = if forward {
            ids.sort_unstable();
            let after = asked.get("pageId").map_or(i64::MIN, |id| id.parse().unwrap());
            ids.iter().filter(|id| **id <= after).count()
        } else if self.numbers {
            (asked.get("page").map_or(1, |page| page.parse::<usize>().unwrap()) - 1) * size
        } else {
            0
        };
        let page: Vec<i64> = ids.iter().copied().skip(from).take(size).collect();
        let keys_alone = asked.get("fields") == Some(&"id") && !self.hides_keys;
        if page.len() as u64 > self.heavy || (!keys_alone && page.iter().any(|id| self.bad.contains(id))) {
            return answer(500, r#"{"message":"Object reference not set"}"#);
        }
        let records: Vec<String> = page.iter().map(|id| format!(r#"{{"id":{id}}}"#)).collect();
        let mut answer = answer(200, &format!("[{}]", records.join(",")));
        let more = from + page.len() < ids.len();
        let next = match (more, forward) {
            (true, true) => Some(format!("pageId={}", page.last().unwrap())),
            (true, false) if self.links => Some(format!("page={}", from / size + 2)),
            _ => None,
        };
        if let Some(next) = next {
            let link = format!("<https://cw.example.com/x?{next}>; rel=\"next\"");
            answer.headers.insert("link", link.parse().unwrap());
        }
        answer
    }
}

/// A decoder into keys, for a caller that compares them with the source's afterwards.
#[derive(Debug, Default)]
struct Keys {
    put_aside: BTreeSet<i64>,
}

impl DecodePage for Keys {
    type Page = Vec<i64>;

    const PROVEN_AFTERWARDS: bool = true;
    const CHECKS_ADDRESSES: bool = false;

    fn decode(&mut self, body: &Bytes) -> Result<DecodedPage<Vec<i64>>, String> {
        let records: Vec<HashMap<String, i64>> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let page: Vec<i64> = records.iter().map(|record| record["id"]).collect();
        let keys = page.iter().copied().map(RecordKey::Number).collect();
        Ok(DecodedPage { records: page.len() as u64, is_sorted: page.is_sorted(), page, keys, single: false })
    }

    fn keep(&mut self, page: Vec<i64>, _: &[bool]) -> Result<Option<Vec<i64>>> {
        Ok(Some(page))
    }

    fn unserved(&mut self, id: i64, _: &str) -> Result<Vec<i64>> {
        self.put_aside.insert(id);
        Ok(Vec::new())
    }

    fn passed_over(&self) -> BTreeSet<i64> {
        self.put_aside.clone()
    }
}

/// The outcome of reading a list.
#[derive(Debug)]
struct Came {
    ids: Vec<i64>,
    put_aside: BTreeSet<i64>,
    mode: PagingMode,
    error: Option<String>,
    asked: Vec<Request>,
}

impl Came {
    fn distinct(&self) -> BTreeSet<i64> {
        self.ids.iter().copied().collect()
    }

    fn sizes(&self) -> Vec<u64> {
        let size = |request: &Request| {
            request.query.iter().find(|(name, _)| *name == "pageSize").map(|(_, size)| size.clone())
        };
        self.asked.iter().filter_map(size).map(|size| size.parse().unwrap()).collect()
    }
}

fn query(page_size: u64) -> PageQuery {
    PageQuery { page_size, ..PageQuery::new("/x", Selection::all(field("id").unwrap())) }
}

fn client(server: &Server) -> (Client, Arc<Scripted>) {
    let server = server.clone();
    Scripted::client(move |request| Ok(server.answer(request)))
}

async fn read_with<D: DecodePage<Page: IntoIds>>(
    server: &Server,
    query: PageQuery,
    decoder: D,
) -> (Came, PageReader<D>) {
    let (client, transport) = client(server);
    let mut reader = PageReader::new(&client, &Arc::default(), query, decoder);
    let mut came =
        Came { ids: Vec::new(), put_aside: BTreeSet::new(), mode: reader.mode(), error: None, asked: Vec::new() };
    loop {
        match reader.next().await {
            Ok(Some(page)) => came.ids.extend(page.into_ids()),
            Ok(None) => break,
            Err(error) => {
                came.error = Some(error.to_string());
                break;
            }
        }
    }
    came.mode = reader.mode();
    came.asked = transport.asked();
    (came, reader)
}

trait IntoIds {
    fn into_ids(self) -> Vec<i64>;
}

impl IntoIds for Vec<i64> {
    fn into_ids(self) -> Vec<i64> {
        self
    }
}

impl IntoIds for Vec<Bytes> {
    fn into_ids(self) -> Vec<i64> {
        let id = |record: Bytes| serde_json::from_slice::<HashMap<String, i64>>(&record).unwrap()["id"];
        self.into_iter().map(id).collect()
    }
}

/// Reads keys, for a caller that proves afterwards that all were read.
async fn keys(server: &Server, query: PageQuery) -> Came {
    let (mut came, reader) = read_with(server, query, Keys::default()).await;
    came.put_aside = reader.decoder().put_aside.clone();
    came
}

/// Reads raw records, which are passed on at once.
async fn raw(server: &Server, query: PageQuery) -> Came {
    let decoder = RawPages::of(&client(server).0.list_at("/x"));
    read_with(server, query, decoder).await.0
}

fn expecting(expected: Expected, page_size: u64) -> PageQuery {
    PageQuery { expected, ..query(page_size) }
}

#[tokio::test]
async fn a_server_that_names_the_next_page_is_followed() {
    let server = Server::default();
    for came in [keys(&server, query(20)).await, raw(&server, query(20)).await] {
        assert_eq!((came.ids, came.mode, came.error), (server.ids.clone(), PagingMode::ForwardOnly, None));
        assert_eq!(came.asked.len(), 3);
        assert!(came.asked.iter().all(|request| request.forward_only));
        assert_eq!(came.asked[1].query[1], ("pageId".into(), "20".to_owned()));
    }
}

#[tokio::test]
async fn without_a_link_keys_lead_on() {
    let server = Server { forward_only: false, ..Server::default() };
    let came = keys(&server, expecting(Expected::Count(50), 20)).await;
    assert_eq!((came.ids.clone(), came.mode), (server.ids.clone(), PagingMode::Keyset));
    assert_eq!(came.asked[2].query.last().unwrap(), &("conditions".into(), "id > 20".to_owned()));
    let came = raw(&server, query(20)).await;
    assert_eq!((came.ids, came.mode, came.error), (server.ids, PagingMode::Keyset, None));
}

#[tokio::test]
async fn without_an_order_numbers_lead_on() {
    for sorting in [Sorting::Ignored, Sorting::Refused] {
        let ids: Vec<i64> = (1..=50).rev().collect();
        for links in [false, true] {
            let server = Server { ids: ids.clone(), forward_only: false, sorting, links, ..Server::default() };
            let came = keys(&server, expecting(Expected::Count(50), 20)).await;
            assert_eq!((came.distinct().len(), came.mode, came.error), (50, PagingMode::PageNumber, None));
            let came = raw(&server, query(20)).await;
            assert_eq!((came.ids, came.mode, came.error), (ids.clone(), PagingMode::PageNumber, None));
        }
    }
}

#[tokio::test]
async fn a_list_that_repeats_itself_is_an_error() {
    let ids: Vec<i64> = (1..=50).rev().collect();
    let server = Server { ids, forward_only: false, sorting: Sorting::Ignored, numbers: false, ..Server::default() };
    for came in [keys(&server, expecting(Expected::Unknown, 20)).await, raw(&server, query(20)).await] {
        let error = came.error.unwrap();
        assert_eq!(error, "/x: the API repeats page 2, so that it does not page");
    }
}

#[tokio::test]
async fn an_order_of_ones_own_is_read_by_numbers() {
    let ids: Vec<i64> = (1..=50).rev().collect();
    let server = Server { ids: ids.clone(), sorting: Sorting::Ignored, ..Server::default() };
    let came = raw(&server, PageQuery { order_by: Some("name asc".to_owned()), ..query(20) }).await;
    assert_eq!((came.ids, came.mode), (ids, PagingMode::PageNumber));
    assert!(came.asked.iter().all(|request| request.query.contains(&("orderBy".into(), "name asc".to_owned()))));
    let refusing = Server { sorting: Sorting::Refused, ..Server::default() };
    let came = raw(&refusing, PageQuery { order_by: Some("name asc".to_owned()), ..query(20) }).await;
    assert!(came.error.unwrap().contains("orderBy is no property"));
    assert_eq!(came.asked.len(), 2, "one for the page, one that sees whether it is its size");
}

#[tokio::test]
async fn a_limit_of_the_server_is_learned_for_all() {
    let server = Server { most: 7, ..Server::default() };
    let came = keys(&server, query(1000)).await;
    assert_eq!(came.ids, server.ids);
    assert_eq!(came.sizes(), [[1000].as_slice(), &[7; 8]].concat());
    let (client, _) = client(&server);
    let mut reader = PageReader::new(&client, &Arc::default(), query(1000), Keys::default());
    reader.next().await.unwrap();
    assert_eq!(client.page_limit(), 7);
}

#[tokio::test]
async fn pages_shrink_and_grow_back() {
    let server = Server { ids: (1..=2_000).collect(), heavy: 10, ..Server::default() };
    let came = keys(&server, query(40)).await;
    assert_eq!(came.ids, server.ids);
    let sizes = came.sizes();
    assert_eq!(sizes[0], 40);
    assert!(sizes.iter().filter(|size| **size == 10).count() > 100, "{sizes:?}");
    assert!(sizes[10..].iter().filter(|size| **size > 10).count() > 2, "larger ones are tried again: {sizes:?}");
    // One bad record does not make pages small for long.
    let server = Server { ids: (1..=2_000).collect(), bad: [500].into(), ..Server::default() };
    let came = keys(&server, query(40)).await;
    assert_eq!(came.put_aside, [500].into());
    assert_eq!(came.sizes().iter().rev().take(10).copied().collect::<Vec<_>>(), [40; 10]);
}

#[tokio::test]
async fn a_record_that_is_not_given_is_put_aside_or_named() {
    for hides_keys in [false, true] {
        for bad in [1, 20, 37, 50] {
            let server = Server { bad: [bad].into(), hides_keys, ..Server::default() };
            let came = keys(&server, query(20)).await;
            assert_eq!((came.put_aside.clone(), came.error.clone()), ([bad].into(), None), "{bad} {hides_keys}");
            let others: BTreeSet<i64> = (1..=50).filter(|id| *id != bad).collect();
            assert_eq!(came.distinct(), others, "{bad} {hides_keys}");
            let error = raw(&server, query(20)).await.error.unwrap();
            assert!(error.contains(&format!("the server fails at record {bad}: HTTP 500")), "{error}");
            assert!(error.ends_with(&format!("The others can be read by the condition id != {bad}")), "{error}");
        }
    }
}

#[tokio::test]
async fn a_server_that_fails_at_all_is_no_record_s_fault() {
    let server = Server { bad: (1..=50).collect(), ..Server::default() };
    for came in [keys(&server, query(20)).await, raw(&server, query(20)).await] {
        assert!(came.put_aside.is_empty());
        let error = came.error.unwrap();
        assert!(error.contains("fails at every page of /x") && error.contains("nothing was put aside"), "{error}");
    }
}

#[tokio::test]
async fn a_page_is_asked_for_once_where_that_is_wanted() {
    let server = Server { bad: [7].into(), ..Server::default() };
    let one = PageQuery { range: KeyRange::only(7), mode: PagingMode::Keyset, once: true, ..query(1) };
    let came = keys(&server, one).await;
    assert_eq!((came.asked.len(), came.put_aside.len()), (1, 0));
    assert!(came.error.unwrap().contains("HTTP 500"));
}

#[tokio::test]
async fn a_range_ends_at_its_last_key() {
    let server = Server::default();
    let range = KeyRange { after: Some(10), to: Some(30) };
    for mode in [PagingMode::ForwardOnly, PagingMode::Keyset] {
        let part = PageQuery { range, mode, expected: Expected::Part, ..query(20) };
        let came = keys(&server, part).await;
        assert_eq!(came.ids, (11..=30).collect::<Vec<i64>>());
        assert_eq!(came.asked.len(), 1, "no request sees that nothing follows");
    }
}

#[tokio::test]
async fn what_is_left_of_a_range_can_be_given_back() {
    let (client, _) = client(&Server::default());
    let range = KeyRange { after: Some(0), to: Some(50) };
    let mut reader = PageReader::new(&client, &Arc::default(), PageQuery { range, ..query(20) }, Keys::default());
    assert_eq!(reader.rest(), None);
    reader.next().await.unwrap();
    assert_eq!(reader.rest(), Some(KeyRange { after: Some(20), to: Some(50) }));
    while reader.next().await.unwrap().is_some() {}
    assert_eq!((reader.rest(), reader.last_key(), reader.pages()), (None, Some(50), 3));
}

#[tokio::test]
async fn no_more_comes_than_is_wanted() {
    for limit in [0, 1, 20, 33] {
        let came = raw(&Server::default(), PageQuery { limit, ..query(20) }).await;
        assert_eq!(came.ids, (1..=50).take(limit as usize).collect::<Vec<i64>>(), "{limit}");
    }
}

#[tokio::test]
async fn an_address_that_is_too_long_is_not_sent() {
    let groups = vec!["a".repeat(2_000)];
    let came = raw(&Server::default(), PageQuery { groups, ..query(20) }).await;
    assert!(came.error.unwrap().contains("servers take 2000") && came.asked.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn all_records_come_once_whatever_the_server(
        ids in prop::collection::hash_set(1_i64..200, 0..80),
        reversed: bool,
        forward_only: bool,
        links: bool,
        sorting in prop_oneof![Just(Sorting::Honoured), Just(Sorting::Ignored), Just(Sorting::Refused)],
        most in prop_oneof![Just(1000_u64), 1_u64..30],
        heavy in prop_oneof![Just(u64::MAX), 1_u64..30],
        page_size in 1_u64..40,
        counted: bool,
    ) {
        let mut ids: Vec<i64> = ids.into_iter().collect();
        if reversed { ids.sort_by_key(|id| -id) } else { ids.sort_by_key(|id| id * 7919 % 211) }
        let server = Server { ids: ids.clone(), forward_only, links, sorting, most, heavy, ..Server::default() };
        let expected = if counted { Expected::Count(ids.len() as u64) } else { Expected::Unknown };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let all: BTreeSet<i64> = ids.iter().copied().collect();
        // A page of one record is in any order: where the server ignores `orderBy`, only counts show it.
        let is_told_by_counts = sorting == Sorting::Ignored && !forward_only;
        let came = runtime.block_on(keys(&server, expecting(expected, page_size)));
        prop_assert_eq!(came.error.as_ref(), None);
        prop_assert!(came.distinct() == all || is_told_by_counts, "{:?}", came.ids);
        let expected = if counted { expected } else { Expected::Unchecked };
        let came = runtime.block_on(raw(&server, expecting(expected, page_size)));
        // Pages that were returned can't be read again in another mode: then it is an error, and never less than all.
        prop_assert_eq!(came.ids.len(), came.distinct().len());
        if came.error.is_none() {
            prop_assert!(came.distinct() == all || is_told_by_counts, "{:?}", came.ids);
        } else {
            prop_assert!(sorting != Sorting::Honoured, "{:?}", came.error);
        }
    }
}
