"""Faults, one at a time: the file, what stands there, what takes its place, and what has to be said of it."""

MODEL = "ConnectWise.SemanticModel/definition"
TIME = f"{MODEL}/tables/Time entries.tmdl"
INVOICES = f"{MODEL}/tables/Invoices.tmdl"
CALENDAR = f"{MODEL}/tables/Calendar.tmdl"
TICKETS = f"{MODEL}/tables/Tickets.tmdl"
RELATIONS = f"{MODEL}/relationships.tmdl"
CAPTIONS = f"{MODEL}/cultures/is-IS.tmdl"
FINANCE = f"{MODEL}/perspectives/Finance.tmdl"
HEAD = f"{MODEL}/model.tmdl"

MUTATIONS = [
    # Formulas.
    (TIME, "SUM('Time entries'[Actual hours of entry])", "SUM('Time entries'[Actual hour])", "there is no column Time"),
    (TIME, "COUNTROWS('Time entries')", "COUNTROWS('Time entry')", "there is no table Time entry"),
    (TIME, "COUNTROWS('Time entries')", "COUNTROWS(fact_timeentry)", "is a name of gold"),
    (TIME, "COUNTROWS('Time entries')", "COUNTROWS('Time entries'", "`)` is missing"),
    (TIME, "COUNTROWS('Time entries')", "COUNTROWS('Time entries'))", "closes nothing"),
    (TIME, "COUNTROWS('Time entries')", "COUNTROWS('Invoices')", "computes something else"),
    (INVOICES, "[Direct Cost] - [Addition Cost]", "[Direct Costs] - [Addition Cost]", "no measure [Direct Costs]"),
    (INVOICES, "[Direct Cost] - [Addition Cost]", "[Addition Cost] - [Direct Cost]", "computes something else"),
    (TIME, "VAR Counted", "VAR Members", "the variable Members is called like a table"),
    (TIME, "\tmeasure Utilization = ", "\tmeasure Utilisation = ", "measures.yaml has no [Utilisation]"),
    (TIME, "displayFolder: Hours", "displayFolder: Hour", "another format or folder"),
    (TIME, "formatString: #,##0.00\n\t\tdisplayFolder", "formatString: 0\n\t\tdisplayFolder",
     "another format or folder"),
    # Names.
    (TIME, "\tcolumn 'Actual hours of entry'", "\tcolumn 'Actual hours'", "the name `actual hours` is there 2 times"),
    (INVOICES, "\tmeasure Margin = ", "\tmeasure 'Actual Hours' = ", "the measure `actual hours` is there 2 times"),
    (TICKETS, "\tcolumn Board\n", "\tcolumn OWNER\n", "the name `owner` is there 2 times"),
    (TICKETS, "table Tickets\n", "table companies\n", "the table `companies` is there 2 times"),
    # Descriptions.
    (TICKETS, "\t/// The board.\n", "", "Board has no description"),
    (TIME, "\t/// The number of time entries.\n", "", "Time Entries has no description"),
    (CALENDAR, "\t/// From fiscal years by their quarters and months to days.\n", "",
     "Fiscal calendar has no description"),
    (TICKETS, "\t/// The board.\n", "\t/// The board.\n\n", "a description stands above nothing"),
    # Columns against gold.
    (TICKETS, "sourceColumn: board", "sourceColumn: boards", "boards is string, not None as in gold"),
    (TICKETS, "\tcolumn 'Age in days'\n\t\tdataType: int64", "\tcolumn 'Age in days'\n\t\tdataType: double",
     "ageDays is double"),
    (TICKETS, "entityName: dimticket", "entityName: dimcompany", "gold's dimticket is not in the model"),
    (TICKETS, "mode: directLake", "mode: import", "no Direct Lake"),
    (TICKETS, "schemaName: gold", "schemaName: dbo", "no Direct Lake"),
    (TICKETS, "expressionSource: 'DirectLake - ConnectWise'", "expressionSource: DirectLake",
     "an expression that is not"),
    (TICKETS, "sourceLineageTag: [gold].[dimticket]", "sourceLineageTag: [gold].[dimtickets]", "would rename it"),
    (TICKETS, "\t\tchangedProperty = Name\n\n", "", "would rename it"),
    (TICKETS, "summarizeBy: none", "summarizeBy: sum", "summed without a measure"),
    (TICKETS, "\t\tformatString: 0\n", "", "has no format"),
    (TICKETS, "\t\tisHidden\n", "", "is a key that people see"),
    (TIME, "\tpartition 'Time entries'",
     "\tcolumn Notes\n\t\tdataType: string\n\t\tsourceColumn: notes\n\n\tpartition 'Time entries'",
     "notes is string, not None as in gold"),
    # Sorting, hierarchies and the date table.
    (CALENDAR, "sortByColumn: 'Month number'", "sortByColumn: 'Months'", "sorted by Months, which is not there"),
    (CALENDAR, "\tcolumn 'Month number'\n\t\tdataType: int64\n\t\tisHidden\n\t\tformatString: 0\n",
     "\tcolumn 'Month number'\n\t\tdataType: int64\n\t\tisHidden\n\t\tformatString: 0\n\t\tisAvailableInMdx: false\n",
     "which is not available"),
    (TICKETS, "\t\t\tcolumn: Board", "\t\t\tcolumn: Boards", "the level Board of Boards and tickets has no column"),
    (CALENDAR, "\t\tisKey\n", "", "no one date table"),
    (CALENDAR, "\tdataCategory: Time\n", "", "no one date table"),
    (TICKETS, "\tsourceLineageTag: [gold].[dimticket]\n",
     "\tsourceLineageTag: [gold].[dimticket]\n\tdataCategory: Time\n",
     "no one date table"),
    # Relationships.
    (RELATIONS, "toColumn: Calendar.'Date key'", "toColumn: Calendar.'Day key'", "ends nowhere"),
    (RELATIONS, "toColumn: Calendar.'Date key'", "toColumn: Calendar.Date", "is from int64 to dateTime"),
    (RELATIONS, "toColumn: Calendar.'Date key'", "toColumn: Calendar.Year", "does not end at a dimension's key"),
    (RELATIONS, "toColumn: Calendar.'Date key'", "toColumn: Companies.'Company key'", "is none of gold"),
    (RELATIONS, "\tisActive: false\n", "", "have 2 active relationships"),
    (RELATIONS, "\tfromColumn: 'Time entries'.'Work date key'",
     "\tisActive: false\n\tfromColumn: 'Time entries'.'Work date key'",
     "have 0 active relationships"),
    (RELATIONS, "\tfromColumn: 'Time entries'.'Member key'", "\tfromColumn: 'Time entries'.'Ticket key'",
     "has 0 relationships"),
    # Captions.
    (CAPTIONS, "\t\t\t\tcolumn Board\n", "\t\t\t\tcolumn Boards\n", "column Boards, which is not there"),
    (CAPTIONS, "\t\t\t\tcolumn Board\n\t\t\t\t\tcaption: Borð\n", "", "column Board has no Icelandic caption"),
    (CAPTIONS, "\t\t\t\t\tcaption: Borð\n", "\t\t\t\t\tcaption: EYTT\n", "the caption `eytt` is there 2 times"),
    (CAPTIONS, "\t\t\t\tcaption: Starfsmenn\n", "\t\t\t\tcaption: Samningar\n",
     "the caption `samningar` is there 2 times"),
    (CAPTIONS, "caption: Nýting\n", "caption: Notkun\n", "another Icelandic caption"),
    (CAPTIONS, "\t\t\t\t\tdisplayFolder: Tímar\n", "", "has no Icelandic folder"),
    (CAPTIONS, "\t\t\t\t\tlevel Quarter\n", "\t\t\t\t\tlevel Quarters\n", "the level Quarters, which is not there"),
    (CAPTIONS, "\t\t\ttable Tickets\n", "\t\t\ttable Ticket\n", "the table Ticket, which is not there"),
    # Perspectives, references, roles.
    (FINANCE, "perspectiveMeasure MRR", "perspectiveMeasure MMR", "MMR, which is not there or hidden"),
    (FINANCE, "perspectiveColumn 'Agreement number'", "perspectiveColumn 'Agreement key'", "not there or hidden"),
    (FINANCE, "perspectiveTable Invoices", "perspectiveTable Invoice", "the table Invoice, which is not there"),
    (HEAD, "ref table Tickets", "ref table Ticket", "a ref to table Ticket, which is not there"),
    (HEAD, "ref table Tickets\n", "", "no ref to table Tickets"),
    (HEAD, "ref table Tickets\n", "ref table Tickets\nref table Tickets\n",
     "the ref to `table tickets` is there 2 times"),
    (HEAD, "ref cultureInfo is-IS", "ref cultureInfo is", "a ref to cultureInfo is, which is not there"),
    ("examples/Own work.tmdl", "[Office email]", "[Email]", "no column Members[Email]"),
    ("examples/Own work.tmdl", "tablePermission Members", "tablePermission Member",
     "filters Member, which is not there"),
    (f"{MODEL}/roles/All.tmdl", "", "role All\n\tmodelPermission: read\n", "a role is on"),
    # Identifiers and form.
    (TICKETS, "\tlineageTag: ", "\tlineageTag: 0", "is no UUID of a name"),
    (TICKETS, "4653744a-7a62-572e-bdb0-21fac61bf7f2", "6a92419e-6239-518a-b3fc-d8a26bfc4a0f", "is there 2 times"),
    (f"{MODEL}/database.tmdl", "1604", "1567", "the compatibility level is 1567"),
    ("ConnectWise.SemanticModel/.platform", "\"SemanticModel\"", "\"Report\"", ".platform is of no semantic model"),
    (TICKETS, "\t\tdataType: int64\n", "        dataType: int64\n", "indented by blanks"),
    (TICKETS, "dataType: int64\n", "dataType: int64 \n", "blanks at the end of the line"),
    (TICKETS, "dataType: int64\n", "dataType: int64\r\n", "its line ends"),
    (TICKETS, "dataType: int64\n", "dataType = int64\n", "neither object nor property"),
]
