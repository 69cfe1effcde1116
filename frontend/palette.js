// The command palette (Ctrl-K or Cmd-K) and the keys listed under "?". Everything that it leads to can be reached without it.
const palette = document.getElementById("palette");
// Signed-in pages without the frame have none.
if (palette) {
  const shortcuts = document.getElementById("shortcuts");
  const input = palette.querySelector("input");
  const list = palette.querySelector("[role=listbox]");
  const nothing = palette.querySelector(".palette-nothing");

  const options = () => [...list.children].filter((one) => !one.hidden);

  const choose = (one) => {
    for (const other of list.children) other.ariaSelected = String(other === one);
    if (one) input.setAttribute("aria-activedescendant", one.id);
    else input.removeAttribute("aria-activedescendant");
    one?.scrollIntoView({ block: "nearest" });
  };

  const chosen = () => [...list.children].find((one) => one.ariaSelected === "true");

  const filter = (keep) => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const one of list.children) one.hidden = !words.every((word) => one.textContent.toLowerCase().includes(word));
    nothing.hidden = options().length > 0;
    const shown = options();
    choose(keep && shown.includes(chosen()) ? chosen() : shown[0]);
  };

  const go = (one) => {
    if (one) location.assign(one.dataset.href);
  };

  const option = ({ name, kind, hint, path }, n) => {
    const one = document.createElement("li");
    one.role = "option";
    one.id = `palette-found-${n}`;
    one.dataset.href = path;
    for (const [tag, text] of [["span", name], ["small", [kind, hint].filter(Boolean).join(" · ")]]) {
      const part = document.createElement(tag);
      part.textContent = text;
      one.append(part);
    }
    return one;
  };

  // What the Team has is asked for once, when somebody wants to go there.
  let asked = !palette.dataset.team;
  const ask = async () => {
    if (asked) return;
    asked = true;
    const body = new URLSearchParams({ team: palette.dataset.team });
    const answer = await fetch("/act/places", { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok) return void (asked = false);
    list.append(...(await answer.json()).map(option));
    filter(true);
  };

  const open = () => {
    if (palette.open) return palette.close();
    shortcuts.close();
    input.value = "";
    palette.showModal();
    filter();
    ask();
  };

  input.addEventListener("input", () => filter(false));
  list.addEventListener("click", (event) => go(event.target.closest("[role=option]")));
  palette.addEventListener("click", (event) => event.target === palette && palette.close());
  palette.addEventListener("keydown", (event) => {
    // A word that is still being composed is no choice.
    if (event.isComposing) return;
    const all = options();
    const at = all.findIndex((one) => one.ariaSelected === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && all.length) choose(all[(at + step + all.length) % all.length]);
    else if (event.key === "Enter") go(all[at]);
    else return;
    event.preventDefault();
  });

  // Keys of one letter can be switched off: they are in the way of people who speak to their browser (WCAG 2.1.4).
  const single = shortcuts.querySelector("input");
  single.checked = localStorage.getItem("keys") !== "off";
  single.addEventListener("change", () => localStorage.setItem("keys", single.checked ? "on" : "off"));

  for (const button of document.querySelectorAll("[data-opens]")) {
    button.addEventListener("click", () => (button.dataset.opens === "palette" ? open() : shortcuts.showModal()));
  }

  let before = "";
  let forget;
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      return open();
    }
    const typing = event.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
    // Until the next frame the browser leaves the focus in what was closed just now: nobody types there.
    if (!single.checked || typing?.checkVisibility() || event.ctrlKey || event.metaKey || event.altKey || palette.open) return;
    if (event.key === "?") return shortcuts.open ? shortcuts.close() : shortcuts.showModal();
    const keys = before + event.key;
    before = event.key === "g" ? "g " : "";
    clearTimeout(forget);
    forget = setTimeout(() => (before = ""), 1500);
    go([...list.children].find((one) => one.dataset.keys === keys));
  });
}
