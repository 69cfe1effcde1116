// What pages need of a script before WASM arrives, or without it: copying, focus, the code field, menus. Listens on the
// document, so that nothing has to be attached to parts that come later. Writes no HTML.

// The bundle makes static parts of pages from HTML that was compiled into it. Whatever else reaches such a sink, and anything
// that could run, is refused.
window.trustedTypes?.createPolicy("default", {
  createHTML: (html) => (/<(script|iframe|object|embed|link|meta|base|form)\b|\son\w+\s*=|javascript:/i.test(html) ? null : html),
});

const toast = (text) => {
  const place = document.querySelector(".toasts");
  if (!place) return;
  const box = document.createElement("div");
  box.className = "toast toast-ok";
  const line = document.createElement("p");
  line.textContent = text;
  box.append(line);
  place.append(box);
  setTimeout(() => box.remove(), 4000);
};

document.addEventListener("toast", (event) => toast(event.detail));

// What a form did may show nowhere near its button.
if (sessionStorage.getItem("done") !== null) {
  sessionStorage.removeItem("done");
  toast("Done");
}

document.addEventListener("click", async (event) => {
  const copy = event.target.closest?.("[data-copy]");
  if (copy) {
    await navigator.clipboard.writeText(document.getElementById(copy.dataset.copy).textContent);
    copy.dataset.copied = "";
    toast("Copied");
    setTimeout(() => delete copy.dataset.copied, 2000);
  }
  const download = event.target.closest?.("[data-download]");
  if (download) {
    const value = document.getElementById(download.dataset.download).textContent;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([`${download.dataset.name}=${value}\n`], { type: "text/plain" }));
    link.download = "portal.env";
    link.click();
    URL.revokeObjectURL(link.href);
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

const digitsOf = (field) => field.value.replace(/\D/g, "");

// The code form goes off at the last digit, once: a refused code is corrected at leisure.
document.addEventListener("input", (event) => {
  const wanted = Number(event.target.dataset?.submitAt);
  if (!wanted) return;
  const digits = digitsOf(event.target);
  if (digits.length !== wanted || event.target.dataset.sent === digits) return;
  event.target.dataset.sent = digits;
  event.target.form.requestSubmit();
});

// What follows from a choice that is typed: the words of the option in the list.
document.addEventListener("input", (event) => {
  const { facts } = event.target.dataset ?? {};
  if (!facts) return;
  const typed = event.target.value.trim().toLowerCase();
  const chosen = [...event.target.list.options].find((option) => option.value.toLowerCase() === typed);
  document.getElementById(facts).textContent = chosen?.label ?? "";
});

// A code works once: who presses Enter just after the last digit must not send it twice, since the second answer would be the
// one that shows. Another code is another try.
let lastCode = { code: "", at: 0 };
document.addEventListener(
  "submit",
  (event) => {
    const field = event.target.querySelector("[data-submit-at]");
    if (!field) return;
    const code = digitsOf(field);
    if (code === lastCode.code && Date.now() - lastCode.at < 2000) {
      event.preventDefault();
      event.stopImmediatePropagation();
    } else {
      lastCode = { code, at: Date.now() };
    }
  },
  true,
);

// Focus goes to the first problem: the field, or else the notice.
const focusProblem = (root) => {
  const notice = root.matches?.("[data-focus]") ? root : root.querySelector?.("[data-focus]");
  if (!notice) return;
  const field = (notice.closest("form") ?? document).querySelector("[aria-invalid=true]");
  (field ?? notice).focus();
};

// A page may have two fields of a name; the one that is meant stands in the same form.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.('.notice a[href^="#"]');
  const field = link?.closest("form")?.elements.namedItem(link.hash.slice(1));
  if (!(field instanceof HTMLElement)) return;
  event.preventDefault();
  field.focus();
});

// "Send another code" waits for its time; the rest shows in the button.
const countDown = (button) => {
  // A second more: the server's clock began to count before this one.
  const until = Date.now() + (Number(button.dataset.countdown) + 1) * 1000;
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    button.disabled = left > 0;
    if (left > 0) {
      button.dataset.left = left;
      setTimeout(tick, 250);
    } else {
      delete button.dataset.left;
    }
  };
  tick();
};

const arrive = (root) => {
  if (!(root instanceof Element)) return;
  const buttons = [...root.querySelectorAll("[data-countdown]")];
  if (root.matches("[data-countdown]")) buttons.push(root);
  for (const button of buttons) if (button.dataset.left === undefined && !button.closest("[hidden]")) countDown(button);
  focusProblem(root);
};

// Parts of a page that the server sends anew when they change; a reload shows the same. A page that nobody looks at lets go.
const watch = (part) => {
  const stale = part.parentElement.querySelector("[data-live-stale]");
  let stream, again;
  const look = () => {
    stream?.close();
    clearTimeout(again);
    if (document.hidden) return;
    stream = new EventSource(part.dataset.live);
    stream.addEventListener("part", (event) => {
      stale.hidden = true;
      if (part.innerHTML === event.data) return;
      // What somebody has opened stays open.
      const open = [...part.querySelectorAll("details[open][id]")].map((one) => one.id);
      part.innerHTML = event.data;
      for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    });
    // A refused stream is closed for good: what stands there must not be taken for what is.
    stream.addEventListener("error", () => {
      if (stream.readyState !== EventSource.CLOSED) return;
      stale.hidden = false;
      again = setTimeout(look, 15_000);
    });
  };
  document.addEventListener("visibilitychange", look);
  look();
};
document.querySelectorAll("[data-live]").forEach(watch);

// On a phone the places of a Team are a row that scrolls: the place one is at stands in sight.
const here = document.querySelector(".sidenav [aria-current]");
here?.closest("nav").scrollTo({ left: here.offsetLeft - innerWidth / 3 });

new MutationObserver((changes) => {
  for (const change of changes) change.addedNodes.forEach(arrive);
}).observe(document.documentElement, { childList: true, subtree: true });
arrive(document.documentElement);
