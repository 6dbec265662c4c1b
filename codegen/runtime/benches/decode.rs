//! How fast pages of time entries are read, beside the readers that could have been used instead, and what flattening
//! and hashing cost.
//!
//! A page is 1000 records of about 3 kB with `_info` maps in every reference, as the API sends them. serde_json stops
//! at a tree of values, from which columns would still have to be filled; arrow-json gives the same batch as the
//! decoder here, with times and numbers in their usual form only.

use std::fmt::Write;
use std::hint::black_box;
use std::sync::Arc;

use arrow_schema::{DataType, Schema};
use connectwise_runtime::{
    ChangeDetection, Decoder, Field, Kind, SilverColumn, Source, Table, bronze_schema, flatten, row_hashes,
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const RECORDS: usize = 1000;

macro_rules! fields {
    ($($name:literal: $kind:expr),* $(,)?) => { &[$(Field { name: $name, kind: $kind }),*] };
}

const REFERENCE: &[Field] = fields! { "id": Kind::Int, "name": Kind::Text, "_info": Kind::Map };
const CODED: &[Field] = fields! { "id": Kind::Int, "identifier": Kind::Text, "name": Kind::Text, "_info": Kind::Map };
const TICKET: &[Field] = fields! { "id": Kind::Int, "summary": Kind::Text, "_info": Kind::Map };
const CUSTOM: &[Field] = fields! {
    "id": Kind::Int, "caption": Kind::Text, "type": Kind::Text, "entryMethod": Kind::Text,
    "numberOfDecimals": Kind::Int, "connectWiseId": Kind::Text, "value": Kind::Json,
};

static TABLE: Table = Table {
    entity: "TimeEntry",
    table: "cw_timeentry",
    endpoint: "/time/entries",
    counted: true,
    parent: None,
    optional: false,
    schema: "TimeEntry",
    key: "id",
    lookback_days: Some(30),
    change_detection: ChangeDetection::LastUpdated,
    variants: &[],
    sensitive: &[],
    excluded: &[],
    hashed: &[],
    reconcile: &[],
    shape: fields! {
        "id": Kind::Int,
        "company": Kind::Struct(CODED),
        "companyType": Kind::Text,
        "chargeToId": Kind::Int,
        "chargeToType": Kind::Text,
        "member": Kind::Struct(CODED),
        "locationId": Kind::Int,
        "businessUnitId": Kind::Int,
        "businessGroupDesc": Kind::Text,
        "location": Kind::Struct(REFERENCE),
        "department": Kind::Struct(CODED),
        "workType": Kind::Struct(REFERENCE),
        "workRole": Kind::Struct(REFERENCE),
        "agreement": Kind::Struct(REFERENCE),
        "agreementType": Kind::Text,
        "activity": Kind::Struct(REFERENCE),
        "opportunityRecId": Kind::Int,
        "projectActivity": Kind::Text,
        "timeStart": Kind::Timestamp,
        "timeEnd": Kind::Timestamp,
        "hoursDeduct": Kind::Float,
        "actualHours": Kind::Float,
        "billableOption": Kind::Text,
        "notes": Kind::Text,
        "internalNotes": Kind::Text,
        "addToDetailDescriptionFlag": Kind::Bool,
        "addToInternalAnalysisFlag": Kind::Bool,
        "addToResolutionFlag": Kind::Bool,
        "emailResourceFlag": Kind::Bool,
        "emailContactFlag": Kind::Bool,
        "emailCcFlag": Kind::Bool,
        "emailCc": Kind::Text,
        "hoursBilled": Kind::Float,
        "invoiceHours": Kind::Float,
        "hourlyCost": Kind::Text,
        "enteredBy": Kind::Text,
        "dateEntered": Kind::Timestamp,
        "invoice": Kind::Struct(CODED),
        "mobileGuid": Kind::Text,
        "hourlyRate": Kind::Float,
        "overageRate": Kind::Float,
        "agreementHours": Kind::Float,
        "agreementAmount": Kind::Float,
        "agreementAdjustment": Kind::Float,
        "adjustment": Kind::Float,
        "extendedInvoiceAmount": Kind::Float,
        "taxCode": Kind::Struct(REFERENCE),
        "timeSheet": Kind::Struct(REFERENCE),
        "status": Kind::Text,
        "ticket": Kind::Struct(TICKET),
        "project": Kind::Struct(REFERENCE),
        "phase": Kind::Struct(REFERENCE),
        "ticketBoard": Kind::Text,
        "ticketStatus": Kind::Text,
        "ticketType": Kind::Text,
        "ticketSubType": Kind::Text,
        "invoiceFlag": Kind::Bool,
        "customFields": Kind::List(&Kind::Struct(CUSTOM)),
        "_info": Kind::Map,
    },
    silver: &[
        SilverColumn { name: "id", source: Source::Path(&["id"]) },
        SilverColumn { name: "companyId", source: Source::Path(&["company", "id"]) },
        SilverColumn { name: "companyName", source: Source::Path(&["company", "name"]) },
        SilverColumn { name: "memberId", source: Source::Path(&["member", "id"]) },
        SilverColumn { name: "timeStart", source: Source::Path(&["timeStart"]) },
        SilverColumn { name: "actualHours", source: Source::Path(&["actualHours"]) },
        SilverColumn { name: "notes", source: Source::Path(&["notes"]) },
        SilverColumn { name: "ticketSummary", source: Source::Path(&["ticket", "summary"]) },
        SilverColumn { name: "customFields", source: Source::Path(&["customFields"]) },
        SilverColumn { name: "infoLastUpdated", source: Source::InfoTime(&["lastUpdated"]) },
        SilverColumn { name: "infoUpdatedBy", source: Source::InfoText(&["updatedBy"]) },
    ],
    children: &[],
};

/// A reference; some are absent from some records, as in life.
fn reference(out: &mut String, name: &str, id: usize, text: &str, code: bool, path: &str) {
    let identifier = if code { format!(r#""identifier":"{text}-{id}","#) } else { String::new() };
    let _ = write!(
        out,
        r#""{name}":{{"id":{id},{identifier}"name":"{text} {id}","_info":{{"{name}_href":"https://api-eu.myconnectwise.net/v4_6_release/apis/3.0/{path}/{id}"}}}},"#
    );
}

fn record(out: &mut String, n: usize) {
    let _ = write!(out, r#"{{"id":{},"#, 100_000 + n);
    reference(out, "company", n % 300, "Fyrirtækið ehf.", true, "company/companies");
    let _ = write!(out, r#""companyType":"Customer","chargeToId":{},"chargeToType":"ServiceTicket","#, 5000 + n % 900);
    reference(out, "member", n % 40, "Jón Jónsson", true, "system/members");
    out.push_str(r#""locationId":2,"businessUnitId":10,"businessGroupDesc":"Þjónusta","#);
    reference(out, "location", 2, "Reykjavík", false, "system/locations");
    reference(out, "department", 10, "Service", true, "system/departments");
    reference(out, "workType", n % 7, "Remote", false, "time/workTypes");
    reference(out, "workRole", n % 9, "Engineer", false, "time/workRoles");
    if !n.is_multiple_of(3) {
        reference(out, "agreement", n % 120, "yÞjónusta", false, "finance/agreements");
        out.push_str(r#""agreementType":"yÞjónusta:","#);
    }
    let _ = write!(
        out,
        r#""timeStart":"2025-06-{day:02}T08:{minute:02}:00Z","timeEnd":"2025-06-{day:02}T10:{minute:02}:00Z","hoursDeduct":0.00,"actualHours":{hours}.25,"billableOption":"Billable","notes":"Fór yfir stillingar á eldvegg og uppfærði.\nBeið eftir svari frá notanda vegna \"VPN\" tengingar, prófaði aftur og lokaði verkbeiðni {n}. Allt virkar eðlilega eftir endurræsingu.","#,
        day = 1 + n % 28,
        minute = n % 60,
        hours = n % 8,
    );
    if n.is_multiple_of(2) {
        out.push_str(r#""internalNotes":"Minna á að skrá tækið í eignaskrá.","#);
    }
    let _ = write!(
        out,
        r#""addToDetailDescriptionFlag":true,"addToInternalAnalysisFlag":false,"addToResolutionFlag":false,"emailResourceFlag":false,"emailContactFlag":false,"emailCcFlag":false,"hoursBilled":{hours}.25,"invoiceHours":{hours}.25,"hourlyCost":"10800.00","enteredBy":"JJonsson","dateEntered":"2025-06-{day:02}T10:05:12Z","#,
        day = 1 + n % 28,
        hours = n % 8,
    );
    if !n.is_multiple_of(5) {
        reference(out, "invoice", n % 800, "INV", true, "finance/invoices");
    }
    let _ = write!(
        out,
        r#""mobileGuid":"5f0c8f5a-6f0e-4f1b-9d3e-{n:012}","hourlyRate":21900.0,"overageRate":21900.0,"agreementHours":0.0,"agreementAmount":0.0,"agreementAdjustment":0.0,"adjustment":0.0,"extendedInvoiceAmount":{}.5,"#,
        n * 37
    );
    reference(out, "taxCode", 3, "VSK 24%", false, "finance/taxCodes");
    reference(out, "timeSheet", n % 200, "2025-06-01 to 2025-06-07", false, "time/sheets");
    out.push_str(r#""status":"Billed","#);
    let _ = write!(
        out,
        r#""ticket":{{"id":{id},"summary":"Aðgangur að netdrifi virkar ekki","_info":{{"ticket_href":"https://api-eu.myconnectwise.net/v4_6_release/apis/3.0/service/tickets/{id}"}}}},"#,
        id = 5000 + n % 900
    );
    let _ = write!(
        out,
        r#""ticketBoard":"Þjónustuborð","ticketStatus":">Closed","ticketType":"Incident","ticketSubType":"Network","invoiceFlag":true,"customFields":[{{"id":1,"caption":"Verknúmer","type":"Text","entryMethod":"EntryField","numberOfDecimals":0,"connectWiseId":"a1b2c3d4-0000-4000-8000-000000000001","value":"V-{n}"}},{{"id":2,"caption":"Samþykkt","type":"Checkbox","entryMethod":"EntryField","numberOfDecimals":0,"value":true}}],"_info":{{"lastUpdated":"2025-06-28T12:{:02}:{:02}Z","updatedBy":"JJonsson  ","dateEntered":"2025-06-27T10:05:12Z","enteredBy":"JJonsson"}}}}"#,
        n / 60 % 60,
        n % 60
    );
}

fn page() -> Vec<u8> {
    let mut out = String::from("[");
    for n in 0..RECORDS {
        if n > 0 {
            out.push(',');
        }
        record(&mut out, n);
    }
    out.push(']');
    out.into_bytes()
}

/// The records one after the other, which is what arrow-json reads.
fn lines() -> Vec<u8> {
    let mut out = String::new();
    for n in 0..RECORDS {
        record(&mut out, n);
        out.push('\n');
    }
    out.into_bytes()
}

#[expect(clippy::unwrap_used, reason = "a benchmark has nobody to report to")]
fn measure(criterion: &mut Criterion) {
    let (page, lines) = (page(), lines());
    let mut group = criterion.benchmark_group("page");
    group.throughput(Throughput::Bytes(page.len() as u64));
    group.sample_size(30);
    let mut decoder = Decoder::new(&TABLE);
    group.bench_function("decoder", |bench| {
        bench.iter(|| {
            let counts = decoder.page(black_box(&page)).unwrap();
            assert_eq!(counts.kept, RECORDS as u64);
            decoder.finish().unwrap()
        });
    });
    group.bench_function("serde_json to values", |bench| {
        bench.iter(|| serde_json::from_slice::<serde_json::Value>(black_box(&page)).unwrap());
    });
    // The decoder's own columns, without `_unknown`; arrow-json knows time zones as offsets only.
    let schema = bronze_schema(&TABLE);
    let fields = schema.fields().iter().take(schema.fields().len() - 1).map(|field| match field.data_type() {
        DataType::Timestamp(unit, _) => {
            Arc::new(field.as_ref().clone().with_data_type(DataType::Timestamp(*unit, Some("+00:00".into()))))
        }
        _ => Arc::clone(field),
    });
    let fields: Vec<_> = fields.collect();
    let builder = arrow_json::ReaderBuilder::new(Arc::new(Schema::new(fields)))
        .with_batch_size(RECORDS)
        .with_coerce_primitive(true);
    let mut reader = builder.build_decoder().unwrap();
    // Both give the same columns, but for the name of the time zone.
    decoder.page(&page).unwrap();
    let ours = decoder.finish().unwrap().batch;
    reader.decode(&lines).unwrap();
    let theirs = reader.flush().unwrap().unwrap();
    for ((ours, theirs), field) in ours.columns().iter().zip(theirs.columns()).zip(ours.schema().fields()) {
        let theirs = arrow_cast::cast(theirs, field.data_type()).unwrap();
        assert_eq!(ours, &theirs, "{}", field.name());
    }
    group.bench_function("arrow-json", |bench| {
        bench.iter(|| {
            // All bytes are taken and all records come out, or the comparison says nothing.
            let taken = reader.decode(black_box(&lines)).unwrap();
            let batch = reader.flush().unwrap().unwrap();
            assert_eq!((taken, batch.num_rows()), (lines.len(), RECORDS));
            batch
        });
    });
    group.bench_function("UTF-8 check alone", |bench| bench.iter(|| str::from_utf8(black_box(&page)).map(str::len)));
    group.finish();

    let batch = {
        decoder.page(&page).unwrap();
        decoder.finish().unwrap().batch
    };
    let columns: Vec<usize> = (0..batch.num_columns()).collect();
    let mut group = criterion.benchmark_group("batch");
    group.throughput(Throughput::Elements(RECORDS as u64));
    group.sample_size(30);
    group.bench_function("flatten", |bench| bench.iter(|| flatten(&TABLE, black_box(&batch)).unwrap()));
    group.bench_function("row hashes", |bench| bench.iter(|| row_hashes(black_box(&batch), &columns).unwrap()));
    group.finish();
}

criterion_group!(benches, measure);
criterion_main!(benches);
