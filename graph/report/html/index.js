// Sorts and searches the index of a folder. The first rows stand in the page; all of them are data, read when needed.
"use strict";
(() => {
  const PIECE = 200;
  const body = document.querySelector(".rows tbody");
  const headings = [...document.querySelectorAll(".rows thead th")];
  const search = document.getElementById("search");
  const which = document.getElementById("which");
  const language = document.getElementById("language");
  const count = document.getElementById("count");
  const compare = new Intl.Collator(document.documentElement.lang, { numeric: true, sensitivity: "base" }).compare;
  const number = new Intl.NumberFormat(document.documentElement.lang);
  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().normalize("NFC");

  let data, found = [], shown = 0;
  let sorted = { column: 0, down: false };

  const read = () => {
    if (data) return;
    data = JSON.parse(document.getElementById("rows").textContent);
    found = data.rows;
    shown = body.rows.length;
  };

  const element = (name, text, attributes = {}) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) if (value) made.setAttribute(key, value);
    return made;
  };

  const rowOf = (row) => {
    const line = element("tr", undefined, { class: row.href ? "" : "missing" });
    const head = element("th", undefined, { scope: "row" });
    head.append(row.href ? element("a", row.title, { href: row.href, dir: "auto" }) : element("strong", row.document, { dir: "auto" }));
    if (row.href && row.title !== row.document) head.append(element("span", row.document, { class: "small", dir: "auto" }));
    if (row.text) head.append(element("p", row.text, { dir: "auto", lang: row.href ? row.language : "" }));
    if (row.warnings.length) {
      const details = element("details");
      const list = element("ul");
      list.append(...row.warnings.map((warning) => element("li", warning, { dir: "auto" })));
      details.append(element("summary", data.warnings), list);
      head.append(details);
    }
    line.append(head);
    row.shown.forEach((text, index) => {
      const kind = data.columns[index + 1] === "number" ? { class: "number" } : { dir: "auto" };
      line.append(element("td", text, { ...kind, "data-label": data.labels[index] }));
    });
    return line;
  };

  const more = () => {
    read();
    if (shown >= found.length) return;
    body.append(...found.slice(shown, shown + PIECE).map(rowOf));
    shown = body.rows.length;
  };

  const fits = (row, words) => {
    if (which.value === "flagged" && !row.flagged) return false;
    if (which.value === "warnings" && !row.warnings.length) return false;
    if (which.value === "missing" && row.href) return false;
    if (language?.value && row.language !== language.value) return false;
    row.folded ??= fold([row.title, row.document, row.text, row.more, ...row.shown.slice(row.values.length)].join("\n"));
    return words.every((word) => row.folded.includes(word));
  };

  const order = (one, other) => {
    const { column } = sorted;
    if (!column) return compare(one.document, other.document);
    if (data.columns[column] === "number") return one.values[column - 1] - other.values[column - 1];
    return compare(one.shown[column - 1], other.shown[column - 1]);
  };

  const show = () => {
    read();
    const words = fold(search.value).split(/\s+/).filter(Boolean);
    found = data.rows.filter((row) => fits(row, words)).sort(sorted.down ? (a, b) => order(b, a) : order);
    body.replaceChildren();
    shown = 0;
    more();
    const isAll = found.length === data.rows.length;
    count.textContent = isAll ? "" : count.dataset.text
      .replace("{shown}", number.format(found.length)).replace("{count}", number.format(data.rows.length));
  };

  headings.forEach((heading, column) => {
    const button = element("button", undefined, { type: "button" });
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      // Figures are looked at from the largest, and names from the first.
      const isNumber = heading.classList.contains("number");
      sorted = { column, down: sorted.column === column ? !sorted.down : isNumber };
      for (const other of headings) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", sorted.down ? "descending" : "ascending");
      show();
    });
  });

  let waiting;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 120);
  });
  for (const chosen of [which, language]) chosen?.addEventListener("change", show);
  const tools = document.querySelector(".tools");
  tools.addEventListener("submit", (event) => event.preventDefault());
  tools.hidden = false;
  document.getElementById("rest")?.remove();

  // Further rows come as the end of the table comes into sight.
  const end = element("div");
  document.querySelector(".rows").after(end);
  new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting)) more();
  }, { rootMargin: "800px" }).observe(end);
})();
