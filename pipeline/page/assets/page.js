"use strict";
// Improves the page, which can be read without it: one section at a time, tables in any order, a filter, a copy button.
(() => {
  const words = document.body.dataset;
  const make = (name, properties) => Object.assign(document.createElement(name), properties);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];

  // Colours: what was chosen is remembered where the browser allows it.
  const remembered = (value) => {
    try {
      if (value) localStorage.setItem("theme", value);
      return localStorage.getItem("theme");
    } catch {
      return null;
    }
  };
  const root = document.documentElement;
  root.classList.add("js");
  if (remembered()) root.dataset.theme = remembered();
  const theme = make("button", { type: "button", id: "theme", textContent: words.themeWord });
  theme.addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    remembered(root.dataset.theme);
  });
  document.getElementById("tools").append(theme);

  // Sections: the address says which one is shown, or a part of which one.
  const pages = all("section.page");
  const show = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const page = target?.closest("section.page") ?? pages[0];
    for (const other of pages) other.hidden = other !== page;
    for (const link of all("nav a")) {
      const here = link.hash === "#" + page.id;
      if (here) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    if (target && target !== page) target.scrollIntoView();
    else if (location.hash) scrollTo(0, 0);
  };
  addEventListener("hashchange", show);
  show();

  // Tables: a click orders by a column, the next one the other way round.
  const order = new Intl.Collator(root.lang, { numeric: true });
  const key = (row, column) => {
    const cell = row.cells[column];
    if (!("v" in cell.dataset)) return cell.textContent;
    return cell.dataset.v === "" ? null : Number(cell.dataset.v);
  };
  const compare = (one, other) => {
    if (one === null || other === null) return (one === null) - (other === null);
    return typeof one === "number" && typeof other === "number" ? one - other : order.compare(one, other);
  };
  for (const table of all("table.sortable")) {
    const body = table.tBodies[0];
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = make("button", { type: "button", textContent: head.textContent, title: words.sort });
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const numeric = head.classList.contains("n");
        const now = head.getAttribute("aria-sort");
        const up = now ? now === "descending" : !numeric;
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        const rows = [...body.rows].map((row) => [key(row, column), row]);
        rows.sort(([one], [other]) => {
          const missing = one === null || other === null;
          return up || missing ? compare(one, other) : compare(other, one);
        });
        body.append(...rows.map(([, row]) => row));
      });
    });
    if (body.rows.length < 12) continue;
    const filter = make("input", { type: "search", className: "filter", placeholder: words.filter });
    filter.setAttribute("aria-label", words.filter + ": " + table.caption.textContent);
    filter.addEventListener("input", () => {
      const wanted = filter.value.toLocaleLowerCase(root.lang);
      for (const row of body.rows) row.hidden = !row.textContent.toLocaleLowerCase(root.lang).includes(wanted);
    });
    table.closest(".scroll").before(filter);
  }

  // SQL: a button that copies it.
  for (const code of all("details.sql pre")) {
    const button = make("button", { type: "button", className: "copy", textContent: words.copy });
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = words.copied;
      } catch {
        getSelection().selectAllChildren(code);
      }
    });
    code.before(button);
  }

  // Lineage: a field that finds columns by any part of their name, source or meaning.
  const place = document.getElementById("find");
  const find = make("input", { type: "search", className: "filter", placeholder: place.dataset.find });
  find.setAttribute("aria-label", place.dataset.find);
  const tables = all("#lineage details.table").map((table) => [
    table,
    all("details.column", table).map((column) => [column, (column.id + " " + column.textContent).toLowerCase()]),
  ]);
  find.addEventListener("input", () => {
    const wanted = find.value.trim().toLowerCase();
    for (const [table, columns] of tables) {
      let found = 0;
      for (const [column, text] of columns) {
        column.hidden = !text.includes(wanted);
        if (!column.hidden) found += 1;
      }
      table.hidden = found === 0;
      table.open = wanted !== "" && found > 0;
    }
  });
  place.append(find);
})();
