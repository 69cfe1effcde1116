// The proof of the person is given on the page that asks for it: what was typed into its other forms stays. Without this script a gate
// leads to a page of its own and back.

// Seconds that a proof is good for; and those that the page takes off, since the server began to count before it.
const LIFE = 600;
const EARLY = 30;
const root = document.documentElement;
const code = document.querySelector("[data-gate-code]");
// Pages of this browser have one session: what is proved in one of them is proved in all.
const tabs = new BroadcastChannel("proof");
let since = Date.now();
let asked;

const say = (detail) => document.dispatchEvent(new CustomEvent("toast", { detail }));

// A code is on its way, to be typed at this gate. One that was asked for before is worth nothing now, nor what was said of it.
const typeCode = (gate, asks) => {
  const again = code.querySelector("[name=act_proof]").form;
  if (asks !== again) {
    if (asked) asked.hidden = false;
    asked = asks;
    asked.hidden = true;
    for (const name of ["act", "act_proof"]) again.elements.namedItem(name).value = asks.elements.namedItem(name).value;
    gate.append(code);
  }
  // A new button: the wait of the old one goes on counting for itself.
  const button = again.querySelector("button");
  const next = button.cloneNode(true);
  delete next.dataset.left;
  code.hidden = false;
  button.replaceWith(next);
  const field = code.querySelector("[name=code]");
  field.form.reset();
  delete field.dataset.sent;
  // After the notice of the last try is gone, which would take it.
  setTimeout(() => field.focus());
  say("A code is on its way");
};

// A proof is one of the whole session: it opens all that it is enough for, and what asked for one asks no more.
const open = (byPasskey, gate) => {
  const good = (one) => byPasskey || [one.dataset.until, one.dataset.gated].includes("proof");
  since = Date.now();
  if (gate) {
    const line = document.createElement("p");
    line.className = "muted small";
    line.tabIndex = -1;
    line.textContent = `It is you: for ${LIFE / 60} minutes.`;
    gate.before(line);
    setTimeout(() => line.remove(), LIFE * 1000);
    // Not onto the form: a hasty Enter after the last digit must do nothing.
    line.focus();
  }
  for (const place of [...document.querySelectorAll("[data-gated]")].filter(good)) place.replaceWith(...place.childNodes);
  for (const one of [...document.querySelectorAll("[data-until]")].filter(good)) one.remove();
  for (const form of document.querySelectorAll("[data-good-for]")) form.dataset.goodFor = LIFE;
  // Takes the notice of a form away, and leaves what was typed.
  for (const link of document.querySelectorAll('form .notice a[href^="/confirm"]')) link.closest("form").dispatchEvent(new Event("reset"));
};

document.addEventListener("sent", (event) => {
  const form = event.target;
  const gate = form.closest(".gate");
  if (!gate) return;
  event.preventDefault();
  if (form.elements.namedItem("act_proof")) return typeCode(gate, form);
  const byPasskey = form.closest("[data-passkey]") !== null;
  open(byPasskey, gate);
  tabs.postMessage(byPasskey);
});
tabs.addEventListener("message", ({ data }) => open(data));
const proved = document.querySelector("[data-proved]");
if (proved) tabs.postMessage(proved.dataset.proved === "passkey");

// A gate that is pressed before the bundle is awake waits for it; where none comes, it leads to a tab of its own.
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!form.closest(".gate") || root.dataset.ready !== undefined || form.hasAttribute("target")) return;
    if (root.dataset.bundle === undefined) return form.setAttribute("target", "_blank");
    event.preventDefault();
    event.stopImmediatePropagation();
    const go = () => {
      watch.disconnect();
      clearTimeout(late);
      // The passkey that was shown is in it.
      if (form.elements.namedItem("response")?.value) form.dataset.shown = "";
      form.requestSubmit();
    };
    const watch = new MutationObserver(() => root.dataset.ready !== undefined && go());
    watch.observe(root, { attributes: true });
    const late = setTimeout(() => {
      form.setAttribute("target", "_blank");
      go();
    }, 4000);
  },
  true,
);

// A form that is answered by a page or a file: once the proof has ended, it is answered in a tab of its own, which asks for one.
document.addEventListener("submit", (event) => {
  const { goodFor } = event.target.dataset;
  if (goodFor === undefined) return;
  if (Date.now() - since > (goodFor - EARLY) * 1000) event.target.setAttribute("target", "_blank");
  else event.target.removeAttribute("target");
});
