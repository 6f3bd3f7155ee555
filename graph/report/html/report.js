// What the page does beyond what HTML does by itself: cards open and close, and details too, without it.
"use strict";
(() => {
  const pieces = (number) => document.querySelectorAll(`.sentence[data-sentence="${number}"]`);

  // Beside the text of a large screen, a card stands where the facts are.
  document.addEventListener("beforetoggle", (event) => {
    if (!event.target.matches(".card")) return;
    const top = document.querySelector(".glance").getBoundingClientRect().top;
    event.target.style.setProperty("--top", `${Math.max(top, 32)}px`);
  }, true);

  // A card takes the focus, which goes back to its chip by itself, and its sentence is marked. It stays in sight
  // above the card of a small screen.
  document.addEventListener("toggle", (event) => {
    const card = event.target;
    if (!card.matches(".card")) return;
    const open = event.newState === "open";
    for (const piece of pieces(card.dataset.sentence)) piece.classList.toggle("selected", open);
    if (open) card.focus({ preventScroll: true });
    else for (const picture of card.querySelectorAll(".page-image")) picture.open = false;
    if (!open || card.offsetWidth < innerWidth * 0.8) return;
    const last = [...pieces(card.dataset.sentence)].pop();
    const hidden = last.getBoundingClientRect().bottom + 16 - card.getBoundingClientRect().top;
    if (hidden > 0) scrollBy({ top: hidden });
  }, true);

  // A page was chosen: every sentence that comes from it is highlighted, and the link leads to the first.
  const clear = () => document.querySelectorAll(".sentence.highlighted").forEach((piece) => piece.classList.remove("highlighted"));
  document.addEventListener("click", (event) => {
    clear();
    const link = event.target.closest("a[data-sentences]");
    if (!link) return;
    for (const number of link.dataset.sentences.split(" ")) {
      for (const piece of pieces(number)) piece.classList.add("highlighted");
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") clear();
  });

  // The summary as text: its chips are drawn, and have none.
  const own = (item) => {
    const alone = item.cloneNode(true);
    for (const list of alone.querySelectorAll("ul, ol")) list.remove();
    return alone.textContent;
  };
  const written = (block) => {
    if (!/^[OU]L$/.test(block.tagName)) return block.innerText;
    const mark = (item) => item.parentElement.tagName === "OL" ? `${item.value}.` : "-";
    return [...block.querySelectorAll("li")].map((item) => `${mark(item)} ${own(item).trim()}`).join("\n");
  };
  const summary = () => {
    const blocks = [...document.querySelector("#summary .prose").children].map(written);
    return blocks.map((text) => text.replace(/\u00a0/g, " ").replace(/ +(?= |\n|$)/g, "").trim()).join("\n\n");
  };

  // Where there is no clipboard to write to, as in a page that came by plain HTTP, the old way still works.
  const copiedByHand = (text) => {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done ? Promise.resolve() : Promise.reject();
  };
  const copier = document.querySelector(".copy");
  if (copier) {
    const button = copier.querySelector("button");
    const said = copier.querySelector("[role=status]");
    copier.hidden = false;
    button.addEventListener("click", async () => {
      const text = summary();
      said.textContent = "";
      try {
        await (navigator.clipboard ? navigator.clipboard.writeText(text) : copiedByHand(text));
      } catch {
        await copiedByHand(text);
      }
      button.focus();
      said.textContent = said.dataset.said;
    });
  }

  // As with a link, a click with Ctrl or the middle button opens the page of the PDF, where a card leads to it.
  const leadOn = (event) => {
    const chip = event.target.closest(".chip");
    const link = chip && document.getElementById(chip.getAttribute("popovertarget"))?.querySelector("a[target]");
    if (!link || !(event.ctrlKey || event.metaKey || event.button === 1)) return;
    event.preventDefault();
    link.click();
  };
  document.addEventListener("click", leadOn);
  document.addEventListener("auxclick", leadOn);

  const toggles = document.querySelector(".toggles");
  if (toggles) {
    toggles.hidden = false;
    toggles.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      for (const details of document.querySelectorAll(".tree details")) details.open = button.dataset.tree === "open";
    });
  }
})();
