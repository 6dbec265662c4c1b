//! SQL functions for rules that DataFusion has no exact function for.
//!
//! | function | meaning |
//! |---|---|
//! | `exact_decimal(x)` | a number or its text as Decimal(19,4), half away from zero; null for what is no number |
//! | `wide_decimal(x)` | the same as Decimal(38,4): for sums over what may not fit a column |
//! | `beyond_decimal(x)` | whether it is a number, or the text of one, that Decimal(19,4) does not hold |
//! | `trimmed(text)` | the text without white space of any kind at its ends |
//! | `digits(text)` | a whole number's digits, also where it came as 5.0 or 1e3; any other text as it came |
//! | `folded_name(name)` | a name as it is compared: NFC, trimmed, without a `:` at its end, in lower case |
//! | `whole_number(text)` | the whole number that a text is, also as 5.0 or 1e3; else null |
//! | `instant(text)` | the point in time that a text names as ISO 8601 writes it, in UTC without an offset; else null |
//! | `agreement_type(name)` | the class that the agreement rules give a type's name; null counts as no name |
//! | `percentage(part, whole)` | 100 × part ÷ whole as Decimal(19,4), half away from zero; 0 where whole is 0 |
//! | `text_key(text)` | 53 bits of the text's XXH64 (seed 42): a surrogate key that needs no register |
//! | `date_key(instant, zone)` | yyyymmdd of the instant in the time zone; null outside the years 1 to 9999 |
//! | `local_date(instant, zone)` | the instant's day in the time zone; null outside the years 1 to 9999 |
//! | `date_add_days(date, n)`, `days_between(from, to)` | whole days |
//! | `distinct_keys(a)`, `distinct_keys(a, b)` | how many different keys there are, of which no part is null |

mod dates;
mod decimals;
#[cfg(test)]
mod golden;
mod keys;
#[cfg(test)]
mod tests;
mod texts;

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::{
    AggregateUDF, ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::prelude::SessionContext;
use dates::{date_add_days, date_key, days_between, instant, local_date};
use decimals::{beyond_decimal, exact_decimal, percentage, wide_decimal};
use keys::DistinctKeys;
use texts::{agreement_type, digits, folded_name, text_key, trimmed, whole_number};

const PRECISION: u8 = 19;
const SCALE: i8 = 4;
/// The largest unscaled value of Decimal(19,4).
const LARGEST: i128 = 10_i128.pow(19) - 1;
/// The precision of sums, and the largest unscaled value of it.
const WIDE: u8 = 38;
const WIDEST: i128 = 10_i128.pow(38) - 1;

/// Version of the functions: another one may give other values, so gold tables of an earlier one get a full refresh.
///
/// A golden file of their values belongs to each version.
pub(crate) const SQL_FUNCTIONS_VERSION: i64 = 1;

/// Lists the scalar functions of this module.
pub(crate) fn scalar_functions() -> Vec<ScalarUDF> {
    functions().into_iter().map(ScalarUDF::from).collect()
}

/// Lists the aggregate functions of this module.
pub(crate) fn aggregate_functions() -> Vec<AggregateUDF> {
    vec![AggregateUDF::from(DistinctKeys::new())]
}

/// Registers the functions of this module.
pub fn register_functions(context: &SessionContext) {
    for function in scalar_functions() {
        context.register_udf(function);
    }
    for function in aggregate_functions() {
        context.register_udaf(function);
    }
}

fn functions() -> [Function; 15] {
    [
        Function::new("exact_decimal", 1, decimal_type(), exact_decimal),
        Function::new("wide_decimal", 1, DataType::Decimal128(WIDE, SCALE), wide_decimal),
        Function::new("beyond_decimal", 1, DataType::Boolean, beyond_decimal),
        Function::new("trimmed", 1, DataType::Utf8, trimmed),
        Function::new("digits", 1, DataType::Utf8, digits),
        Function::new("folded_name", 1, DataType::Utf8, folded_name),
        Function::new("whole_number", 1, DataType::Int64, whole_number),
        Function::new("instant", 1, DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), instant),
        Function::new("agreement_type", 1, DataType::Utf8, agreement_type),
        Function::new("percentage", 2, decimal_type(), percentage),
        Function::new("text_key", 1, DataType::Int64, text_key),
        Function::new("date_key", 2, DataType::Int64, date_key),
        Function::new("local_date", 2, DataType::Date32, local_date),
        Function::new("date_add_days", 2, DataType::Date32, date_add_days),
        Function::new("days_between", 2, DataType::Int64, days_between),
    ]
}

fn decimal_type() -> DataType {
    DataType::Decimal128(PRECISION, SCALE)
}

type Body = fn(&[ArrayRef]) -> Result<ArrayRef>;

/// Scalar function over whole arrays.
#[derive(Debug)]
struct Function {
    name: &'static str,
    signature: Signature,
    output: DataType,
    body: Body,
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Function {}

impl std::hash::Hash for Function {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl Function {
    fn new(name: &'static str, arguments: usize, output: DataType, body: Body) -> Self {
        Self { name, signature: Signature::any(arguments, Volatility::Immutable), output, body }
    }
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.output.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        (self.body)(&arrays).map(ColumnarValue::Array)
    }
}

fn wrong(function: &str, array: &ArrayRef) -> DataFusionError {
    DataFusionError::Execution(format!("{function} does not take {}", array.data_type()))
}
