// What the pages do beyond what HTML does by itself. The server makes all that is shown: the script asks for the page
// again and puts what has changed in its place, so that a reload shows the same, and two tabs do.
"use strict";
(() => {
  const { base, here } = document.body.dataset;
  const byId = (id) => document.getElementById(id);
  const page = () => byId("page");
  const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

  // For screen readers: what has changed, and only that.
  const announce = (text) => {
    if (text) byId("announcer").textContent = text;
  };

  // Times are in UTC until they can be in the reader's own.
  const clock = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  const localize = (root) => {
    for (const time of root.querySelectorAll("time")) time.textContent = clock.format(new Date(time.dateTime));
  };

  // The page as it is now on the server.

  const lost = (text) => {
    if (byId("lost").textContent !== text) byId("lost").textContent = text;
    byId("lost").hidden = !text;
  };

  let last = Promise.resolve();
  const refresh = () => last = last.then(ask, ask); // in turn, so that nothing old is shown after the new

  async function ask() {
    let answer, text;
    try {
      answer = await fetch(here, { cache: "no-store" });
      text = await answer.text();
    } catch {
      lost("There is no connection to the service; trying again …");
      return;
    }
    if (answer.redirected || answer.status === 401) location.reload();
    if (answer.status === 429 || answer.status >= 500) {
      lost("The service does not answer now; trying again …");
      return;
    }
    lost("");
    const next = new DOMParser().parseFromString(text, "text/html");
    localize(next);
    if (next.getElementById("page")) show(next);
  }

  function show(next) {
    document.title = next.title;
    const [old, fresh] = [page(), next.getElementById("page")];
    if (old.dataset.state !== fresh.dataset.state) {
      const focused = old.contains(document.activeElement);
      old.replaceWith(fresh);
      arrive();
      if (focused) (byId("summary") ?? byId("main")).focus({ preventScroll: true });
      announce(fresh.dataset.said);
      return;
    }
    for (const part of fresh.querySelectorAll("[data-live]")) {
      const current = byId(part.id);
      if (current && current.innerHTML !== part.innerHTML) replace(current, part);
    }
  }

  function replace(current, part) {
    const before = new Map([current, ...current.querySelectorAll("[data-said]")].map((each) => [each.id, each.dataset]));
    for (const each of [part, ...part.querySelectorAll("[data-said]")]) {
      const was = before.get(each.id);
      const ended = !["queued", "running"].includes(each.dataset.status);
      if (was && was.said !== each.dataset.said && ended) announce(each.dataset.said);
    }
    const focused = current.contains(document.activeElement) ? document.activeElement : null;
    current.replaceWith(part);
    if (!focused) return;
    const same = (each) => each.localName === focused.localName && each.href === focused.href
      && each.textContent === focused.textContent;
    ([...part.querySelectorAll("a, button")].find(same) ?? byId("main"))?.focus({ preventScroll: true });
  }

  // The list: asked for again while it is looked at, oftener while something is under way.
  async function watchList() {
    for (;;) {
      await wait(document.querySelector('.job[data-status="running"], .job[data-status="queued"]') ? 1500 : 3000);
      if (!document.hidden) await refresh();
    }
  }

  // A job under way: events say when to ask for the page again, and bring the summary as it is written. A tab that is
  // not looked at lets go of its connection, for a browser has few.
  let events = null;

  function follow() {
    events?.close();
    events = null;
    if (document.hidden || page().dataset.state !== "working") return;
    const source = events = new EventSource(`${base}/api/summaries/${page().dataset.job}/events`);
    source.addEventListener("progress", soon);
    source.addEventListener("token", (event) => write(JSON.parse(event.data)));
    for (const kind of ["done", "failed", "cancelled"]) {
      source.addEventListener(kind, () => {
        source.close();
        settle();
      });
    }
    source.addEventListener("error", () => {
      // While it is connecting, the browser tries again by itself.
      if (source.readyState === EventSource.CLOSED) wait(2000).then(settle);
      else refresh();
    });
  }

  async function settle() {
    await refresh();
    follow();
  }

  let pending = 0;
  function soon() {
    pending ||= setTimeout(() => {
      pending = 0;
      refresh();
    }, 700);
  }

  let length = 0; // of what is written, in code points, as the server counts
  function write({ text, at }) {
    const target = byId("writing");
    if (!target) return;
    byId("so-far").hidden = false;
    if (at !== length) target.textContent = [...target.textContent].slice(0, at).join("");
    target.append(text);
    length = at + [...text].length;
  }

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && here) settle();
    else events?.close();
  });

  // New summaries.

  const chosen = new Map();
  const readable = /\.(pdf|txt|text|md|markdown)$/i;
  const number = new Intl.NumberFormat();
  const size = (bytes) => bytes < 1e6 ? `${number.format(Math.ceil(bytes / 1e3))} kB` : `${number.format(Math.round(bytes / 1e5) / 10)} MB`;
  const make = (name, attributes = {}, ...inside) => {
    const element = Object.assign(document.createElement(name), attributes);
    element.append(...inside);
    return element;
  };
  // Sent again with the same key, a document whose answer was lost is not summarized twice.
  const newKey = () => crypto.getRandomValues(new Uint32Array(4)).join("-");
  const say = (text) => { byId("said").textContent = text; };
  function choose(files) {
    for (const file of files) {
      const known = `${file.name} ${file.size} ${file.lastModified}`;
      if (chosen.has(known)) continue;
      const remove = make("button", { type: "button", className: "close", ariaLabel: `Remove ${file.name}` }, "×");
      const bar = make("progress", { max: 1, value: 0, hidden: true, ariaLabel: `Sending ${file.name}` });
      const problem = make("p", { className: "why", hidden: true });
      const name = make("span", { className: "name" }, make("bdi", {}, file.name));
      const item = make("li", {}, name, make("span", { className: "small" }, size(file.size)), remove, bar, problem);
      const document_ = { file, item, bar, problem, remove };
      remove.addEventListener("click", () => {
        const next = item.nextElementSibling ?? item.previousElementSibling;
        forget(known);
        (next?.querySelector("button") ?? byId("files")).focus();
      });
      chosen.set(known, document_);
      byId("chosen").append(item);
    }
    if (files.length) say(`${chosen.size} ${chosen.size === 1 ? "document" : "documents"} chosen.`);
  }

  function forget(known) {
    chosen.get(known).item.remove();
    chosen.delete(known);
  }

  const inFolder = (files) => {
    const found = files.filter((file) => readable.test(file.name) && !file.name.startsWith("."));
    if (!found.length) say("There is no PDF and no text in this folder.");
    return found;
  };

  async function below(entry) {
    if (entry.name.startsWith(".")) return [];
    if (entry.isFile) return [await new Promise((done, failed) => entry.file(done, failed))];
    const [reader, entries] = [entry.createReader(), []];
    for (;;) {
      const some = await new Promise((done, failed) => reader.readEntries(done, failed));
      if (!some.length) break;
      entries.push(...some);
    }
    return (await Promise.all(entries.map(below))).flat();
  }

  async function take(transfer) {
    const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    const loose = [...transfer.files].filter((file) => !entries.some((entry) => entry.isDirectory && entry.name === file.name));
    const folders = entries.filter((entry) => entry.isDirectory);
    choose(loose);
    if (folders.length) choose(inFolder((await Promise.all(folders.map(below))).flat()));
  }

  // XMLHttpRequest, for fetch does not say how much of a file has been sent.
  const post = (body, headers, onProgress = () => {}) => new Promise((done) => {
    const request = new XMLHttpRequest();
    const ended = (problem) => done({ problem, summaries: request.response?.summaries ?? [] });
    request.open("POST", byId("new").action);
    request.responseType = "json";
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded / event.total));
    request.addEventListener("error", () => ended("The connection broke; choose Summarize to try again."));
    request.addEventListener("load", () => {
      if (request.status === 401) location.reload();
      const said = request.response?.detail ?? "The service could not take it; try again in a moment.";
      ended(request.status < 300 ? "" : said);
    });
    request.send(body);
  });

  const settings = (form) => JSON.stringify(Object.fromEntries(
    [...new FormData(form)].filter(([key, value]) => key.includes(".") && typeof value === "string" && value.trim()),
  ));

  async function send(document_, form) {
    const body = new FormData();
    const asked = settings(form);
    if (document_.asked !== asked) Object.assign(document_, { asked, key: newKey() });
    body.append("settings", asked);
    body.append("files", document_.file, document_.file.name);
    document_.bar.hidden = false;
    document_.remove.hidden = document_.problem.hidden = true;
    const answer = await post(body, { "Idempotency-Key": document_.key }, (part) => { document_.bar.value = part; });
    document_.bar.hidden = true;
    document_.remove.hidden = document_.problem.hidden = false;
    document_.problem.textContent = answer.problem;
    return answer;
  }

  async function sendText(form) {
    const text = byId("text").value;
    const body = JSON.stringify({ text, title: byId("text-title").value || undefined, settings: JSON.parse(settings(form)) });
    const answer = await post(body, { "Content-Type": "application/json" });
    if (!answer.problem) byId("text").value = byId("text-title").value = "";
    return answer;
  }

  const staying = (event) => event.preventDefault();

  async function start(form) {
    const hasText = byId("text").value.trim();
    if (!chosen.size && !hasText) {
      say("Choose a document or paste a text first.");
      return;
    }
    const button = form.querySelector("[type=submit]");
    button.disabled = true;
    addEventListener("beforeunload", staying);
    const [begun, problems] = [[], []];
    for (const [known, document_] of [...chosen]) {
      say(chosen.size === 1 ? "Sending the document …" : `Sending, ${chosen.size} to go …`);
      const answer = await send(document_, form);
      if (answer.problem) problems.push(answer.problem);
      else forget(known);
      begun.push(...answer.summaries);
    }
    if (hasText) {
      const answer = await sendText(form);
      if (answer.problem) problems.push(answer.problem);
      begun.push(...answer.summaries);
    }
    removeEventListener("beforeunload", staying);
    button.disabled = false;
    if (begun.length === 1 && !problems.length) location.assign(`${base}/summaries/${begun[0].id}`);
    const problem = chosen.size ? "Not everything could be sent; the reasons stand above." : problems[0];
    say(problem ?? (begun.length === 1 ? "" : `${begun.length} documents are being summarized.`));
    await refresh();
  }

  function watchForm() {
    const [form, drop] = [byId("new"), byId("drop")];
    byId("way-folder").hidden = !("webkitdirectory" in byId("folder"));
    for (const [name, meant] of [["files", (files) => files], ["folder", inFolder]]) {
      byId(name).addEventListener("change", (event) => {
        choose(meant([...event.target.files]));
        event.target.value = "";
      });
    }
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      start(form);
    });
    // Anywhere in the window will do.
    const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
    addEventListener("dragover", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      drop.classList.add("over");
    });
    addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) drop.classList.remove("over");
    });
    addEventListener("drop", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      drop.classList.remove("over");
      take(event.dataTransfer);
    });
    addEventListener("paste", (event) => {
      if (event.clipboardData?.files.length) choose([...event.clipboardData.files]);
    });
  }

  // What is asked has the focus on the harmless answer. (autofocus would act when a page is put in place, too.)
  document.addEventListener("toggle", (event) => {
    if (event.newState === "open") event.target.querySelector("[data-first]")?.focus();
  }, true);

  // The page of the document itself, in the card of a sentence.

  document.addEventListener("beforetoggle", (event) => {
    const card = event.target;
    const passage = card.matches(".card") && card.querySelector("figure[data-page]");
    if (event.newState !== "open" || !passage || card.querySelector(".picture, .no-picture")) return;
    card.querySelector("header").after(byId("picture").content.cloneNode(true));
    if (card.querySelector(".picture")) drawIn(card, Number(passage.dataset.page));
  }, true);

  function drawIn(card, first) {
    const { document: name, pages } = byId("main").dataset;
    const [figure, image, sheet] = [".picture", ".picture img", ".sheet"].map((one) => card.querySelector(one));
    const failure = figure.querySelector(".failure");
    const cited = new Set([...card.querySelectorAll("figure[data-page]")].map((one) => Number(one.dataset.page)));
    const sentence = card.dataset.sentence;
    let shown = 0;

    // The service knows the sentences of the summary by their numbers; of an answer it is told the passages.
    const passagesOn = (number) => [...card.querySelectorAll(`figure[data-page="${number}"] .excerpt`)]
      .map((one) => `quote=${encodeURIComponent(one.textContent)}`).join("&");
    const marksOn = (number) => card.closest("#answers") ? passagesOn(number) : `marks=${sentence}`;

    const draw = (number, again = "") => {
      shown = number;
      const address = `${base}/api/summaries/${page().dataset.job}/pages/${number}.png?${marksOn(number)}${again}`;
      figure.querySelector(".where").textContent = `Page ${number} of ${pages}`;
      for (const button of figure.querySelectorAll("[data-turn]")) {
        const target = number + Number(button.dataset.turn);
        button.setAttribute("aria-disabled", target < 1 || target > Number(pages));
      }
      for (const one of card.querySelectorAll("button[data-show]")) {
        one.setAttribute("aria-pressed", Number(one.dataset.show) === number);
      }
      const marked = cited.has(number) ? `, with the passage behind sentence ${sentence} marked` : "";
      image.alt = `Page ${number} of ${name}${marked}`;
      [sheet.hidden, failure.hidden] = [false, true];
      sheet.classList.add("drawing");
      image.src = address;
      sheet.href = `${address}&width=1800`;
    };
    image.addEventListener("load", () => sheet.classList.remove("drawing"));
    image.addEventListener("error", async () => {
      const failed = image.src;
      const why = await fetch(failed).then((answer) => answer.json()).then((problem) => problem.detail).catch(() => "");
      if (image.src !== failed) return;
      [sheet.hidden, failure.hidden] = [true, false];
      failure.querySelector("span").textContent = why || `Page ${shown} could not be drawn; the passage stands below.`;
    });
    figure.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button?.matches(".retry")) draw(shown, `&again=${Date.now()}`);
      const target = shown + Number(button?.dataset.turn ?? 0);
      if (target !== shown && target >= 1 && target <= Number(pages)) draw(target);
    });
    // Each passage leads to its page, where there are several.
    for (const passage of cited.size > 1 ? card.querySelectorAll("figure[data-page]") : []) {
      const [caption, number] = [passage.querySelector("figcaption"), Number(passage.dataset.page)];
      const button = make("button", { type: "button", className: "to-page" }, ...caption.childNodes);
      button.dataset.show = number;
      button.addEventListener("click", () => {
        draw(number);
        figure.scrollIntoView({ block: "nearest" });
      });
      caption.replaceChildren(button);
    }
    draw(first);
  }

  // Questions: the server answers with the page, of which the answer is taken.

  async function put(form) {
    const button = form.querySelector("button");
    byId("asked").textContent = "Looking for the answer …";
    button.disabled = true;
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      if (answer.status === 401) location.reload();
      const next = new DOMParser().parseFromString(await answer.text(), "text/html");
      const said = next.querySelector(".answer");
      const problem = answer.headers.get("Content-Type").startsWith("text/html")
        ? next.querySelector("main h1")?.textContent : "";
      byId("asked").textContent = said ? "" : `${problem || "The service could not answer"}.`;
      if (!said) return;
      form.elements.before.value = next.getElementById("ask").elements.before.value;
      form.elements.question.value = "";
      byId("answers").prepend(said);
      said.focus();
    } catch {
      byId("asked").textContent = "The connection broke; ask again.";
    } finally {
      button.disabled = false;
    }
  }

  document.addEventListener("submit", (event) => {
    if (event.target.id !== "ask") return;
    event.preventDefault();
    put(event.target);
  });

  // What a page needs once it is there.
  function arrive() {
    localize(document);
    for (const toggles of document.querySelectorAll(".toggles")) toggles.hidden = false;
    follow();
  }

  arrive();
  if (byId("new")) {
    watchForm();
    watchList();
  }
})();
