//! The properties that each entity may carry, as `name:kind` lists: what conditions may name and what the tests
//! hold the records against. A kind is `int`, `num`, `bool`, `text`, `time`, `map`, `any`, `[kind]`, or the name of a
//! nested shape; a shape that is not listed has an id, a name and `_info`.
//!
//! Invariant: a name that is not in these lists is unknown to conditions, even where some record carries it.

use crate::entity::Entity;

/// What a property holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A whole number.
    Int,
    /// A number.
    Num,
    /// True or false.
    Bool,
    /// Text, an enumeration or a UUID.
    Text,
    /// A date with a time, in UTC.
    Time,
    /// A map of text to text.
    Map,
    /// Anything.
    Any,
    /// A nested object, by the name of its shape.
    Shape(&'static str),
}

/// A property's kind and whether it is a list of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Property {
    /// The name as the API spells it.
    pub name: &'static str,
    /// What it, or each item of it, holds.
    pub kind: Kind,
    /// Whether it is a list.
    pub list: bool,
}

/// The names of `_info`, on a record or a reference, that conditions know.
const INFO: &str = "lastUpdated:time updatedBy:text dateEntered:time enteredBy:text createdDate:time createdBy:text";

/// The properties of an entity's records, in the API's order.
pub fn properties(entity: Entity) -> impl Iterator<Item = Property> {
    parse(list_of(entity))
}

/// The properties of a nested shape.
pub fn shape(name: &str) -> impl Iterator<Item = Property> + use<> {
    parse(shape_of(name))
}

/// The property that a slash-separated name means, with its canonical spelling, or `None` where there is none.
/// Case does not matter.
pub fn find(entity: Entity, path: &str) -> Option<(String, Property)> {
    find_in(list_of(entity), path)
}

/// The same for a nested shape.
pub(crate) fn find_in_shape(shape: &str, path: &str) -> Option<(String, Property)> {
    find_in(shape_of(shape), path)
}

fn find_in(list: &'static str, path: &str) -> Option<(String, Property)> {
    let mut steps = path.split('/');
    let mut found = named(list, steps.next()?)?;
    let mut spelled = found.name.to_owned();
    for step in steps {
        found = match found.kind {
            Kind::Map => named(INFO, step)?,
            Kind::Shape(name) => named(shape_of(name), step)?,
            _ => return None,
        };
        spelled.push('/');
        spelled.push_str(found.name);
    }
    Some((spelled, found))
}

fn named(list: &'static str, name: &str) -> Option<Property> {
    parse(list).find(|property| property.name.eq_ignore_ascii_case(name))
}

fn parse(list: &'static str) -> impl Iterator<Item = Property> {
    list.split_ascii_whitespace().map(|entry| {
        let (name, kind) = entry.split_once(':').unwrap_or((entry, "any"));
        let item = kind.strip_prefix('[').and_then(|kind| kind.strip_suffix(']'));
        let kind = match item.unwrap_or(kind) {
            "int" => Kind::Int,
            "num" => Kind::Num,
            "bool" => Kind::Bool,
            "text" => Kind::Text,
            "time" => Kind::Time,
            "map" => Kind::Map,
            "any" => Kind::Any,
            shape => Kind::Shape(shape),
        };
        Property { name, kind, list: item.is_some() }
    })
}

fn list_of(entity: Entity) -> &'static str {
    match entity {
        Entity::Agreement => AGREEMENT,
        Entity::TimeEntry => TIME_ENTRY,
        Entity::ExpenseEntry => EXPENSE_ENTRY,
        Entity::ProductItem => PRODUCT_ITEM,
        Entity::Invoice => INVOICE,
        Entity::UnpostedInvoice => UNPOSTED_INVOICE,
        Entity::Member => MEMBER,
        Entity::Company => COMPANY,
    }
}

fn shape_of(name: &str) -> &'static str {
    match name {
        "Agreement" => "id:int name:text type:text chargeFirmFlag:bool _info:map",
        "BillingStatus" => "id:int name:text isClosed:bool _info:map",
        "CatalogItem" => "id:int identifier:text name:text _info:map",
        "Company" => "id:int identifier:text name:text _info:map",
        "Country" => "id:int identifier:text name:text _info:map",
        "Currency" => {
            "id:int symbol:text currencyCode:text decimalSeparator:text numberOfDecimals:int \
             thousandsSeparator:text negativeParenthesesFlag:bool displaySymbolFlag:bool currencyIdentifier:text \
             displayIdFlag:bool rightAlign:bool name:text _info:map"
        }
        "CustomFieldValue" => {
            "id:int caption:text type:text entryMethod:text numberOfDecimals:int value:any connectWiseId:text"
        }
        "ExpenseTax" => "id:int amount:num type:ExpenseTaxType",
        "InvoiceGrouping" => {
            "id:int name:text description:text showPriceFlag:bool showSubItemsFlag:bool \
             groupParentChildAdditionsFlag:bool _info:map"
        }
        "Invoice" => {
            "id:int identifier:text billingType:text applyToType:text invoiceDate:text chargeFirmFlag:bool \
             _info:map"
        }
        "LdapConfiguration" => "id:int name:text server:text _info:map",
        "MemberOffice365" => "id:text name:text",
        "Member" => "id:int identifier:text name:text dailyCapacity:num _info:map",
        "MemberSsoSettings" => "id:int ssoUserId:text userName:text email:text _info:map",
        "ProductRecurring" => {
            "recurringRevenue:num recurringCost:num startDate:text endDate:text billCycleId:int \
             billCycle:BillingCycle cycles:int cycleType:text agreementType:AgreementType"
        }
        "SalesOrder" => "id:int identifier:text _info:map",
        "SystemDepartment" => "id:int identifier:text name:text _info:map",
        "Ticket" => "id:int summary:text _info:map",
        "Warehouse" => "id:int name:text lockedFlag:bool _info:map",
        "WorkType" => "id:int name:text utilizationFlag:bool _info:map",
        _ => "id:int name:text _info:map",
    }
}

const AGREEMENT: &str = "\
    id:int name:text type:AgreementType company:Company contact:Contact site:Site subContractCompany:Company \
    subContractContact:Contact parentAgreement:Agreement customerPO:text location:SystemLocation \
    department:SystemDepartment restrictLocationFlag:bool restrictDepartmentFlag:bool startDate:time endDate:time \
    noEndingDateFlag:bool opportunity:Opportunity cancelledFlag:bool dateCancelled:time reasonCancelled:text sla:SLA \
    workOrder:text internalNotes:text applicationUnits:text applicationLimit:num applicationCycle:text \
    applicationUnlimitedFlag:bool oneTimeFlag:bool coverAgreementTime:bool coverAgreementProduct:bool \
    coverAgreementExpense:bool coverSalesTax:bool carryOverUnused:bool allowOverruns:bool expiredDays:int limit:int \
    expireWhenZero:bool chargeToFirm:bool employeeCompRate:text employeeCompNotExceed:text compHourlyRate:num \
    compLimitAmount:num billingCycle:BillingCycle billOneTimeFlag:bool billingTerms:BillingTerms invoicingCycle:text \
    billToCompany:Company billToContact:Contact billToSite:Site billAmount:num taxable:bool prorateFirstBill:num \
    billStartDate:time taxCode:TaxCode restrictDownPayment:bool prorateFlag:bool invoiceProratedAdditionsFlag:bool \
    invoiceDescription:text topComment:bool bottomComment:bool workRole:WorkRole workType:WorkType \
    projectType:ProjectType invoiceTemplate:InvoiceTemplate billTime:text billExpenses:text billProducts:text \
    billableTimeInvoice:bool billableExpenseInvoice:bool billableProductInvoice:bool currency:Currency \
    periodType:text autoInvoiceFlag:bool nextInvoiceDate:text companyLocation:SystemLocation shipToCompany:Company \
    shipToContact:Contact shipToSite:Site agreementStatus:text _info:map customFields:[CustomFieldValue]";

const TIME_ENTRY: &str = "\
    id:int company:Company companyType:text chargeToId:int chargeToType:text member:Member locationId:int \
    businessUnitId:int businessGroupDesc:text location:OwnerLevel department:BillingUnit workType:WorkType \
    workRole:WorkRole agreement:Agreement agreementType:text activity:Activity opportunityRecid:int \
    projectActivity:text territory:text timeStart:time timeEnd:time hoursDeduct:num actualHours:num \
    billableOption:text notes:text internalNotes:text addToDetailDescriptionFlag:bool addToInternalAnalysisFlag:bool \
    addToResolutionFlag:bool emailResourceFlag:bool emailContactFlag:bool emailCcFlag:bool emailCc:text \
    hoursBilled:num invoiceHours:num hourlyCost:text enteredBy:text dateEntered:time invoice:Invoice mobileGuid:text \
    hourlyRate:num overageRate:num agreementHours:num agreementAmount:num agreementAdjustment:num adjustment:num \
    invoiceReady:int timeSheet:TimeSheet status:text ticket:Ticket project:Project phase:ProjectPhase \
    ticketBoard:text ticketStatus:text ticketType:text ticketSubType:text invoiceFlag:bool extendedInvoiceAmount:num \
    locationName:text taxCode:TaxCode _info:map customFields:[CustomFieldValue]";

const EXPENSE_ENTRY: &str = "\
    id:int expenseReport:ExpenseReport company:Company chargeToId:int chargeToType:text type:ExpenseType \
    member:Member paymentMethod:PaymentMethod classification:Classification amount:num billableOption:text date:time \
    locationId:int businessUnitId:int notes:text agreement:Agreement invoiceAmount:num mobileGuid:text \
    taxes:[ExpenseTax] invoice:Invoice currency:Currency status:text billAmount:num agreementAmount:num \
    odometerStart:num odometerEnd:num ticket:Ticket project:Project phase:ProjectPhase _info:map \
    customFields:[CustomFieldValue]";

const PRODUCT_ITEM: &str = "\
    id:int catalogItem:CatalogItem description:text sequenceNumber:num quantity:num unitOfMeasure:UnitOfMeasure \
    price:num cost:num extPrice:num extCost:num discount:num margin:num agreementAmount:num priceMethod:text \
    billableOption:text agreement:Agreement locationId:int location:SystemLocation businessUnitId:int \
    businessUnit:BillingUnit vendor:Company vendorSku:text taxableFlag:bool dropshipFlag:bool specialOrderFlag:bool \
    phaseProductFlag:bool cancelledFlag:bool quantityCancelled:num cancelledReason:text customerDescription:text \
    internalNotes:text productSuppliedFlag:bool subContractorShipToId:int subContractorAmountLimit:num \
    recurring:ProductRecurring sla:SLA entityType:EntityType ticket:Ticket project:Project phase:ProjectPhase \
    salesOrder:SalesOrder opportunity:Opportunity invoice:Invoice warehouseId:int warehouseIdObject:Warehouse \
    warehouseBinId:int warehouseBinIdObject:WarehouseBin calculatedPriceFlag:bool calculatedCostFlag:bool \
    forecastDetailId:int cancelledBy:int cancelledDate:time warehouse:text warehouseBin:text purchaseDate:time \
    taxCode:TaxCode integrationXRef:text listPrice:num serialNumberIds:[int] serialNumbers:[text] company:Company \
    forecastStatus:OpportunityStatus productClass:text needToPurchaseFlag:bool needToOrderQuantity:int \
    minimumStockFlag:bool shipSet:text calculatedPrice:num calculatedCost:num invoiceGrouping:InvoiceGrouping \
    poApprovedFlag:bool uom:text addComponentsFlag:bool ignorePricingSchedulesFlag:bool asioSubscriptionsID:text \
    _info:map bypassForecastUpdate:bool customFields:[CustomFieldValue]";

const INVOICE: &str = "\
    id:int invoiceNumber:text type:text status:BillingStatus company:Company billToCompany:Company \
    shipToCompany:Company accountNumber:text applyToType:text applyToId:int attention:text shipToAttention:text \
    billingSite:Site billingSiteAddressLine1:text billingSiteAddressLine2:text billingSiteCity:text \
    billingSiteState:text billingSiteZip:text billingSiteCountry:text shippingSite:Site \
    shippingSiteAddressLine1:text shippingSiteAddressLine2:text shippingSiteCity:text shippingSiteState:text \
    shippingSiteZip:text shippingSiteCountry:text billingTerms:BillingTerms reference:text customerPO:text \
    templateSetupId:int invoiceTemplate:InvoiceTemplateDetail emailTemplateId:int addToBatchEmailList:bool date:time \
    restrictDownpaymentFlag:bool locationId:int location:SystemLocation departmentId:int department:BillingUnit \
    territoryId:int territory:SystemLocation topComment:text bottomComment:text taxableFlag:bool taxCode:TaxCode \
    internalNotes:text downpaymentPreviouslyTaxedFlag:bool serviceTotal:num overrideDownPaymentAmountFlag:bool \
    currency:Currency dueDate:time expenseTotal:num productTotal:num previousProgressApplied:num \
    serviceAdjustmentAmount:num agreementAmount:num downpaymentApplied:num subtotal:num total:num \
    remainingDownpayment:num salesTax:num adjustmentReason:text adjustedBy:text closedBy:text payments:num \
    credits:num balance:num specialInvoiceFlag:bool billingSetupReference:BillingSetup ticket:Ticket project:Project \
    phase:ProjectPhase salesOrder:SalesOrder agreement:Agreement glBatch:Batch unbatchedBatch:Batch _info:map \
    customFields:[CustomFieldValue]";

const UNPOSTED_INVOICE: &str = "\
    id:int billingLogId:int locationId:int location:OwnerLevel departmentId:int department:SystemDepartment \
    company:Company accountNumber:text billToCompany:Company billToSite:Site shipToCompany:Company shipToSite:Site \
    invoiceNumber:text invoiceDate:text invoiceType:text description:text billingTerms:BillingTerms dueDays:text \
    dueDate:text currency:Currency subTotal:num total:num hasTime:bool hasExpenses:bool hasProducts:bool \
    invoiceTaxableFlag:bool taxCode:TaxCode avalaraTaxFlag:bool itemTaxableFlag:bool salesTaxAmount:num \
    stateTaxFlag:bool stateTaxXref:text stateTaxAmount:num countyTaxFlag:bool countyTaxXref:text countyTaxAmount:num \
    cityTaxFlag:bool cityTaxXref:text cityTaxAmount:num countryTaxFlag:bool countryTaxXref:text countryTaxAmount:num \
    compositeTaxFlag:bool compositeTaxXref:text compositeTaxAmount:num levelSixTaxFlag:bool levelSixTaxXref:text \
    levelSixTaxAmount:num createdBy:text dateClosed:text _info:map";

const MEMBER: &str = "\
    id:int identifier:text password:text disableOnlineFlag:bool licenseClass:text notes:text employeeIdentifer:text \
    vendorNumber:text enableMobileGpsFlag:bool inactiveDate:time inactiveFlag:bool lastLogin:text clientId:text \
    token:text firstName:text middleInitial:text lastName:text hireDate:time country:Country photo:Document \
    officeEmail:text mobileEmail:text homeEmail:text defaultEmail:text primaryEmail:text officePhone:text \
    officeExtension:text mobilePhone:text mobileExtension:text homePhone:text homeExtension:text defaultPhone:text \
    securityRole:SecurityRole office365:MemberOffice365 mapiName:text calendarSyncIntegrationFlag:bool \
    authenticationServiceType:text timebasedOneTimePasswordActivated:bool enableLdapAuthenticationFlag:bool \
    ldapConfiguration:LdapConfiguration ldapUserName:text directionalSync:DirectionalSync \
    ssoSettings:MemberSsoSettings signature:text phoneIntegrationType:text useBrowserLanguageFlag:bool title:text \
    reportCard:ReportCard enableMobileFlag:bool type:MemberType timeZone:TimeZoneSetup partnerPortalFlag:bool \
    stsUserAdminUrl:text toastNotificationFlag:bool memberPersonas:[int] adminFlag:bool structureLevel:Structure \
    securityLocation:SystemLocation defaultLocation:SystemLocation defaultDepartment:SystemDepartment \
    reportsTo:Member restrictLocationFlag:bool restrictDepartmentFlag:bool workRole:WorkRole workType:WorkType \
    timeApprover:Member expenseApprover:Member billableForecast:num dailyCapacity:num hourlyCost:num hourlyRate:num \
    includeInUtilizationReportingFlag:bool requireExpenseEntryFlag:bool requireTimeSheetEntryFlag:bool \
    requireStartAndEndTimeOnTimeEntryFlag:bool allowInCellEntryOnTimeSheet:bool enterTimeAgainstCompanyFlag:bool \
    allowExpensesEnteredAgainstCompaniesFlag:bool timeReminderEmailFlag:bool daysTolerance:int minimumHours:num \
    timeSheetStartDate:text serviceDefaultLocation:SystemLocation serviceDefaultDepartment:SystemDepartment \
    serviceDefaultBoard:Board restrictServiceDefaultLocationFlag:bool restrictServiceDefaultDepartmentFlag:bool \
    excludedServiceBoardIds:[int] teams:[int] serviceBoardTeamIds:[int] projectDefaultLocation:SystemLocation \
    projectDefaultDepartment:SystemDepartment projectDefaultBoard:ProjectBoard \
    restrictProjectDefaultLocationFlag:bool restrictProjectDefaultDepartmentFlag:bool excludedProjectBoardIds:[int] \
    scheduleDefaultLocation:SystemLocation scheduleDefaultDepartment:SystemDepartment scheduleCapacity:num \
    serviceLocation:ServiceLocation restrictScheduleFlag:bool hideMemberInDispatchPortalFlag:bool calendar:Calendar \
    salesDefaultLocation:SystemLocation restrictDefaultSalesTerritoryFlag:bool warehouse:Warehouse \
    warehouseBin:WarehouseBin restrictDefaultWarehouseFlag:bool restrictDefaultWarehouseBinFlag:bool \
    companyActivityTabFormat:text invoiceTimeTabFormat:text invoiceScreenDefaultTabFormat:text \
    invoicingDisplayOptions:text agreementInvoicingDisplayOptions:text autoStartStopwatch:bool \
    autoPopupQuickNotesWithStopwatch:bool globalSearchDefaultTicketFilter:text globalSearchDefaultSort:text \
    phoneSource:text _info:map copyPodLayouts:bool copySharedDefaultViews:bool copyColumnLayoutsAndFilters:bool \
    fromMemberRecId:int fromMemberTemplateRecId:int customFields:[CustomFieldValue]";

const COMPANY: &str = "\
    id:int identifier:text name:text status:CompanyStatus addressLine1:text addressLine2:text city:text state:text \
    zip:text country:Country phoneNumber:text faxNumber:text website:text territory:SystemLocation \
    market:MarketDescription accountNumber:text defaultContact:Contact dateAcquired:time sicCode:SicCode \
    parentCompany:Company annualRevenue:num numberOfEmployees:int yearEstablished:int revenueYear:int \
    ownershipType:OwnershipType timeZoneSetup:TimeZoneSetup leadSource:text leadFlag:bool unsubscribeFlag:bool \
    calendar:Calendar userDefinedField1:text userDefinedField2:text userDefinedField3:text userDefinedField4:text \
    userDefinedField5:text userDefinedField6:text userDefinedField7:text userDefinedField8:text \
    userDefinedField9:text userDefinedField10:text vendorIdentifier:text taxIdentifier:text taxCode:TaxCode \
    billingTerms:BillingTerms invoiceTemplate:InvoiceTemplate pricingSchedule:PricingSchedule \
    companyEntityType:EntityType billToCompany:Company billingSite:Site billingContact:Contact \
    invoiceDeliveryMethod:BillingDelivery invoiceToEmailAddress:text invoiceCCEmailAddress:text deletedFlag:bool \
    dateDeleted:time deletedBy:text mobileGuid:text facebookUrl:text twitterUrl:text linkedInUrl:text \
    currency:Currency territoryManager:Member resellerIdentifier:text isVendorFlag:bool types:[CompanyType] \
    site:Site integratorTags:[text] _info:map customFields:[CustomFieldValue]";
