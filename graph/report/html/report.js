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
