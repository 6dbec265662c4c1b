// The report by Microsoft's own validator: validate.mjs FOLDER [FAULT…]
//
// Kinds of visuals and their parts, formatting, names and files; and each file against the JSON Schema that it names,
// where developer.microsoft.com can be reached.

import { getMetadataProvider, locateReport, runReportValidation } from "@microsoft/powerbi-report-authoring-cli";

const report = locateReport(`${process.argv[2]}/ConnectWise.Report`);
const summary = await runReportValidation({ ...report, provider: await getMetadataProvider() });
let faults = 0;
let unreachable = 0;
for (const [code, group] of Object.entries(summary.diagnostics ?? {})) {
  if (code === "PBIR_SCHEMA_UNREACHABLE") {
    unreachable = group.items.length;
    continue;
  }
  for (const { message, path } of group.items) {
    faults += 1;
    console.log(`validator: ${code}: ${message}${path ? ` (${path})` : ""}`);
  }
}
if (faults === 0) {
  const schemas = unreachable ? `; ${unreachable} JSON Schemas can't be had here` : "";
  console.log(`validator: Microsoft's finds nothing in the report${schemas}`);
}
process.exit(faults ? 1 : 0);
