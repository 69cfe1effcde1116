// The proof of the person is given on the page that asks for it: what was typed into its other forms stays. Without this script a gate
// leads to a page of its own and back.

// Seconds that the page takes off the life of a proof, since the server began to count before it.
const EARLY = 30;
const root = document.documentElement;
const code = document.querySelector("[data-gate-code]");
// Pages of this browser have one session: what is proved in one of them is proved in all. `{ proof, passkey }`: seconds left.
const tabs = new BroadcastChannel("proof");
// Until when the proof of a form is good that is answered by a page or a file.
const ends = new WeakMap();
let asked;

const isAwake = () => root.dataset.ready !== undefined;
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
const open = ({ proof, passkey }) => {
  const left = (kind) => (kind === "passkey" ? passkey : proof) ?? 0;
  const all = (attribute) => [...document.querySelectorAll(`[data-${attribute}]`)];
  for (const place of all("gated")) if (left(place.dataset.gated)) place.replaceWith(...place.childNodes);
  for (const one of all("until")) if (left(one.dataset.until)) one.remove();
  for (const form of all("good-for")) {
    const seconds = left(form.dataset.proof);
    if (seconds) ends.set(form, Date.now() + seconds * 1000);
  }
  // The notice of a form goes, and what was typed stays.
  for (const link of document.querySelectorAll('form .notice a[href^="/confirm"]')) {
    if (!left(link.search.includes("by=passkey") ? "passkey" : "proof")) continue;
    if (isAwake()) link.closest("form").dispatchEvent(new Event("reset"));
    else link.closest(".notice").remove();
  }
};

// Where it was given: a line that takes the focus. Not the form: a hasty Enter after the last digit must do nothing.
const stay = (gate, life) => {
  const line = document.createElement("p");
  line.className = "muted small";
  line.tabIndex = -1;
  line.textContent = `It is you: for ${life / 60} minutes.`;
  gate.before(line);
  line.focus();
  setTimeout(() => line.remove(), life * 1000);
};

document.addEventListener("sent", (event) => {
  const form = event.target;
  const gate = form.closest(".gate");
  if (!gate) return;
  event.preventDefault();
  if (form.elements.namedItem("act_proof")) return typeCode(gate, form);
  const life = Number(gate.dataset.life);
  const proved = form.closest("[data-passkey]") ? { proof: life, passkey: life } : { proof: life };
  stay(gate, life);
  open(proved);
  tabs.postMessage(proved);
});
tabs.addEventListener("message", ({ data }) => open(data));
if (root.dataset.proof) tabs.postMessage({ proof: Number(root.dataset.proof), passkey: Number(root.dataset.passkeyProof ?? 0) });

// Before the bundle is awake, and where none comes, a gate's form is sent from here.
const send = async (form) => {
  if (form.ariaBusy) return;
  form.ariaBusy = "true";
  try {
    const body = new URLSearchParams(new FormData(form));
    const answer = await fetch(form.action, { method: "POST", headers: { Accept: "application/json" }, body });
    if (answer.ok) return form.dispatchEvent(new CustomEvent("sent", { bubbles: true, cancelable: true }));
    const problem = await answer.json();
    say(problem.errors?.[0]?.message ?? problem.detail);
  } catch {
    say("Portal did not answer. Try again.");
  } finally {
    form.ariaBusy = null;
  }
};
document.addEventListener(
  "submit",
  (event) => {
    if (!event.target.closest(".gate") || isAwake() || event.defaultPrevented) return;
    event.preventDefault();
    send(event.target);
  },
  true,
);

// A form that is answered by a page or a file: once the proof has ended, it is answered in a tab of its own, which asks for one.
for (const form of document.querySelectorAll("[data-good-for]")) ends.set(form, Date.now() + form.dataset.goodFor * 1000);
document.addEventListener("submit", ({ target }) => {
  if (!ends.has(target)) return;
  if (Date.now() > ends.get(target) - EARLY * 1000) target.setAttribute("target", "_blank");
  else target.removeAttribute("target");
});
