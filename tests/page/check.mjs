// Opens the pages in Chromium, and says what is wrong with them.
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const pages = process.argv.slice(2);
const { CHROMIUM, MEASURES, SHOTS } = process.env;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const MOST_BYTES = 3_000_000;
const faults = [];
let checks = 0;
const check = (holds, what) => {
  checks += 1;
  if (!holds) faults.push(what);
};

// A number as the language writes it.
const number = (text, language) => {
  const plain = text.replace(/[\s%]/g, "").replace("−", "-");
  return Number(language === "is" ? plain.replaceAll(".", "").replace(",", ".") : plain.replaceAll(",", ""));
};
const places = (text, language) => (text.replace("%", "").split(language === "is" ? "," : ".")[1] ?? "").length;
const measures = MEASURES ? new Map(JSON.parse(readFileSync(MEASURES)).map((row) => [row.measure, row.value])) : null;

const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] });

async function opened(path, language, options = {}) {
  const context = await browser.newContext({ locale: language, viewport: { width: 1280, height: 900 }, ...options });
  const tab = await context.newPage();
  tab.on("console", (message) => ["error", "warning"].includes(message.type()) && faults.push(`${language}: console: ${message.text()}`));
  tab.on("pageerror", (error) => faults.push(`${language}: script: ${error.message}`));
  tab.on("request", (request) => {
    if (request.url() !== pathToFileURL(path).href && !request.url().startsWith("data:")) faults.push(`${language}: a request left: ${request.url()}`);
  });
  await tab.goto(pathToFileURL(path).href);
  return tab;
}

const shot = async (tab, name) => {
  if (SHOTS) await tab.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
};

async function figures(tab, language) {
  const shown = await tab.locator("[data-figure]").evaluateAll((all) => all.map((one) => [one.dataset.figure, one.querySelector(".value").textContent]));
  check(shown.length > 20, `${language}: only ${shown.length} key figures`);
  let compared = 0;
  for (const [name, text] of shown) {
    if (!measures?.has(name)) continue;
    const wanted = measures.get(name);
    compared += 1;
    if (wanted === null) {
      check(text === "–", `${language}: ${name} is ${text}, and has no value`);
      continue;
    }
    const half = 0.5 * 10 ** -places(text, language) + 1e-6;
    check(Math.abs(number(text, language) - Number(wanted)) <= half, `${language}: ${name} is ${text} on the page, ${wanted} by report measures`);
  }
  check(!measures || compared > 20, `${language}: only ${compared} figures were compared`);
  // A table's total is the key figure.
  for (const [block, column, name] of [
    ["hours_month", -1, "Actual Hours"],
    ["utilization_month", 1, "Capacity Hours"],
    ["utilization_member", 4, "Actual Hours"],
    ["leakage_month", 1, "Leakage"],
    ["pots", 4, "Prepaid Hours Remaining"],
    ["prepaid_month", 1, "Prepaid Hours"],
    ["invoice_status", 2, "Invoiced Revenue"],
    ["unbilled_company", 3, "Unbilled Amount"],
    ["unbilled_age", 3, "Unbilled Amount"],
    ["leakage_company", 2, "Leakage"],
    ["agreement_profit", 7, "Agreement Profit"],
    ["invoice_month", -1, "Invoiced Revenue"],
    ["receivables_company", 1, "Receivables"],
  ]) {
    const foot = tab.locator(`#b-${block} tfoot tr`).last().locator("td, th");
    if ((await foot.count()) === 0) continue;
    const total = await foot.nth(column < 0 ? (await foot.count()) + column : column).textContent();
    const figure = shown.find(([known]) => known === name)?.[1];
    check(total === figure, `${language}: ${block} adds up to ${total}, ${name} is ${figure}`);
  }
}

async function tables(tab, language) {
  // Ordering by each kind of column, both ways.
  const table = tab.locator("#b-checks details.data table");
  await tab.locator("#b-checks details.data summary").click();
  const column = () => table.locator("tbody tr:not([hidden]) td:first-child").allTextContents();
  const before = await column();
  await table.locator("thead button").first().click();
  const up = await column();
  await table.locator("thead button").first().click();
  const down = await column();
  check(up.length === before.length && down.join() === [...up].reverse().join(), `${language}: ordering loses or mixes rows`);
  const filter = tab.locator("#b-checks details.data input.filter");
  // A short table has none.
  if (before.length > 11) {
    await filter.fill("TIMEENTRY");
    const found = await column();
    check(found.length > 0 && found.length < before.length, `${language}: the filter shows ${found.length} of ${before.length} rows`);
    await filter.fill("");
    check((await column()).length === before.length, `${language}: an empty filter hides rows`);
  }
  await tab.goto(tab.url().split("#")[0] + "#unbilled");
  await tab.locator("#b-unbilled_company details.data summary").click();
  const amounts = tab.locator("#b-unbilled_company thead button").nth(3);
  await amounts.click();
  await amounts.click();
  const values = await tab.locator("#b-unbilled_company tbody td:nth-child(4)").evaluateAll((cells) => cells.map((cell) => Number(cell.dataset.v)));
  check(values.every((value, place) => place === 0 || values[place - 1] <= value), `${language}: amounts are not in order`);
}

async function lineage(tab, language) {
  await tab.goto(tab.url().split("#")[0] + "#fact_timeentry.potentialRevenue");
  const column = tab.locator('[id="fact_timeentry.potentialRevenue"]');
  check(await column.evaluate((one) => one.open), `${language}: a link to a column does not open it`);
  const text = await column.innerText();
  check(["cw_timeentry.actualHours", "cw_timeentry.hourlyRate", "/time/entries"].every((part) => text.includes(part)), `${language}: potentialRevenue comes from ${text}`);
  await tab.locator("#find input").fill("billingLogId");
  const found = await tab.locator("#lineage details.column:visible").count();
  check(found > 0 && found < 20, `${language}: ${found} columns come from billingLogId`);
  await tab.locator("#find input").fill("");
}

async function accessible(tab, what) {
  const result = await tab.evaluate(`${axe}; axe.run(document, { resultTypes: ["violations"] })`);
  for (const { id, help, nodes } of result.violations) faults.push(`${what}: ${id}: ${help} (${nodes.length}, e.g. ${nodes[0].html.slice(0, 120)})`);
  checks += 1;
}

for (const [place, path] of pages.entries()) {
  const language = ["is", "en"][place];
  check(statSync(path).size < MOST_BYTES, `${language}: the page has ${statSync(path).size} bytes`);
  const tab = await opened(path, language);
  check((await tab.locator("html").getAttribute("lang")) === language, `${path} is in another language`);
  const missing = await tab.locator(".missing").evaluateAll((all) => all.map((one) => one.closest("[id]").id));
  check(missing.length === 0, `${language}: parts are missing: ${missing.join(", ")}`);
  await figures(tab, language);
  const sections = await tab.locator("nav a").evaluateAll((links) => links.map((link) => link.hash.slice(1)));
  check(sections.length === 6, `${language}: ${sections.length} sections`);
  for (const section of sections) {
    await tab.locator(`nav a[href="#${section}"]`).click();
    await tab.locator(`#${section}:not([hidden])`).waitFor();
    const shown = await tab.locator("section.page:not([hidden])").count();
    check(shown === 1, `${language}: ${shown} sections are shown at once`);
    check((await tab.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, `${language}: ${section} is wider than the window`);
    await shot(tab, `${language}-${section}`);
    if (language === "en") await accessible(tab, `${section}, light`);
  }
  await tab.locator('nav a[href="#quality"]').click();
  const english = /\b(rows|records|in bronze|in silver|found|expected)\b/;
  const untold = language === "is" ? (await tab.locator("#quality td").allTextContents()).filter((text) => english.test(text)) : [];
  check(untold.length === 0, `${language}: in English: ${untold.slice(0, 3).join(" | ")}`);
  await tables(tab, language);
  await lineage(tab, language);

  const background = () => tab.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await tab.locator("#theme").click();
  check((await background()) !== light, `${language}: the button does not change the colours`);
  for (const section of sections) {
    await tab.locator(`nav a[href="#${section}"]`).click();
    await shot(tab, `${language}-${section}-dark`);
    if (language === "en") await accessible(tab, `${section}, dark`);
  }
  if (SHOTS) await tab.pdf({ path: join(SHOTS, `${language}.pdf`), format: "A4", printBackground: true });
  await tab.context().close();

  const phone = await opened(path, language, { viewport: { width: 390, height: 844 }, colorScheme: "dark", isMobile: true, hasTouch: true });
  for (const section of sections) {
    await phone.locator(`nav a[href="#${section}"]`).click();
    check((await phone.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, `${language}: ${section} is wider than a phone`);
    await shot(phone, `${language}-${section}-phone`);
  }
  await phone.context().close();

  const plain = await opened(path, language, { javaScriptEnabled: false });
  check((await plain.locator("section.page:visible").count()) === 6, `${language}: without a script sections are hidden`);
  await plain.context().close();
}
await browser.close();
for (const fault of faults) console.log(`FAULT ${fault}`);
console.log(`the page: ${checks} checks, ${faults.length} faults${measures ? "" : "; figures were not compared"}`);
process.exit(faults.length ? 1 : 0);
