// The proof of the person is given on the page that asks for it: what was typed into its other forms stays. Without this script a gate
// leads to a page of its own and back.
const code = document.querySelector("[data-gate-code]");
// Seconds that a proof is good for.
const LIFE = 600;
let asked;
let since = Date.now();

// What a gate asked for comes by mail; whoever asks again gets it where they are.
const typeCode = (gate, asks) => {
  if (gate) {
    if (asked) asked.hidden = false;
    asked = asks;
    const again = code.querySelector("[name=act_proof]").form;
    for (const name of ["act", "act_proof"]) again.elements.namedItem(name).value = asks.elements.namedItem(name).value;
    asks.hidden = true;
  }
  code.hidden = false;
  // Taken anew each time: the wait for another code begins anew.
  (gate ?? code.parentElement).append(code);
  const field = code.querySelector("[name=code]");
  field.value = "";
  field.focus();
};

// A proof is one of the whole session: it opens all that it is enough for, and the code asks no more.
const open = (gate, byPasskey) => {
  const good = (one) => byPasskey || [one.dataset.until, one.dataset.gated].includes("proof");
  const line = document.createElement("p");
  line.className = "muted small";
  line.tabIndex = -1;
  line.textContent = `It is you: for ${LIFE / 60} minutes.`;
  gate.before(line);
  for (const place of [...document.querySelectorAll("[data-gated]")].filter(good)) place.replaceWith(...place.childNodes);
  for (const one of [...document.querySelectorAll("[data-until]")].filter(good)) one.remove();
  for (const form of document.querySelectorAll("[data-good-for]")) form.dataset.goodFor = LIFE;
  since = Date.now();
  // Not onto the form: a hasty Enter after the last digit must do nothing.
  line.focus();
};

document.addEventListener("sent", (event) => {
  const form = event.target;
  const gate = form.closest(".gate");
  if (!gate) return;
  event.preventDefault();
  if (form.elements.namedItem("act_proof")) typeCode(code.contains(form) ? null : gate, form);
  else open(gate, form.closest("[data-passkey]") !== null);
});

// A form that is answered by a page or a file: once the proof has ended, it is answered in a tab of its own, which asks for one.
document.addEventListener("submit", (event) => {
  const { goodFor } = event.target.dataset;
  if (goodFor === undefined) return;
  event.target.target = Date.now() - since > goodFor * 1000 ? "_blank" : "";
});
