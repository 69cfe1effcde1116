// Passkeys: a form marked with data-passkey is filled in by the browser's authenticator before it is sent. Without this script
// the forms are not there, and codes do.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const options = ({ publicKey: asked }) => {
  const known = (list) => list?.map((one) => ({ ...one, id: bytes(one.id) }));
  return {
    publicKey: {
      ...asked,
      challenge: bytes(asked.challenge),
      ...(asked.user && { user: { ...asked.user, id: bytes(asked.user.id) } }),
      ...(asked.excludeCredentials && { excludeCredentials: known(asked.excludeCredentials) }),
      ...(asked.allowCredentials && { allowCredentials: known(asked.allowCredentials) }),
    },
  };
};

const answer = ({ id, rawId, type, response }) => ({
  id,
  rawId: text(rawId),
  type,
  extensions: {},
  response: response.attestationObject
    ? {
        attestationObject: text(response.attestationObject),
        clientDataJSON: text(response.clientDataJSON),
        transports: response.getTransports?.() ?? [],
      }
    : {
        authenticatorData: text(response.authenticatorData),
        clientDataJSON: text(response.clientDataJSON),
        signature: text(response.signature),
        userHandle: response.userHandle ? text(response.userHandle) : null,
      },
});

// Said where the button is; a person who changed their mind needs no error.
const WORDS = {
  InvalidStateError: "This device has a passkey for Portal already.",
  NotAllowedError: "No passkey was shown. Try again, or use a code.",
  NotSupportedError: "This device cannot make the kind of passkey that Portal takes.",
  SecurityError: "Passkeys do not work at this address.",
};

const show = async (place, form) => {
  const headers = { Accept: "application/json" };
  const name = form.elements.namedItem("name")?.value;
  const begun = await fetch(place.dataset.begin, { method: "POST", headers, body: new URLSearchParams(name === undefined ? {} : { name }) });
  if (!begun.ok) {
    const problem = await begun.json().catch(() => null);
    const error = new Error(problem?.errors?.[0]?.message ?? problem?.detail ?? "Portal did not answer. Try again.");
    throw Object.assign(error, { act: problem?.act, by: problem?.code === "passkey-proof-required" ? "&by=passkey" : "" });
  }
  const asked = options(JSON.parse(await begun.json()));
  const shown = await (place.dataset.passkey === "create" ? navigator.credentials.create(asked) : navigator.credentials.get(asked));
  form.elements.response.value = JSON.stringify(answer(shown));
};

// Before the form's own script: it is sent when the passkey is in it, and each time asks for one anew.
document.addEventListener(
  "submit",
  async (event) => {
    const form = event.target;
    const place = form.closest("[data-passkey]");
    if (!place) return;
    if (form.dataset.shown !== undefined) return delete form.dataset.shown;
    event.preventDefault();
    event.stopImmediatePropagation();
    // A device makes nothing for a form that would be refused.
    if (form.dataset.asking !== undefined || !form.reportValidity()) return;
    const error = form.querySelector("[data-passkey-error] span");
    error.textContent = "";
    form.dataset.asking = "";
    try {
      await show(place, form);
      form.dataset.shown = "";
      form.requestSubmit();
    } catch (problem) {
      error.textContent = `${WORDS[problem.name] ?? problem.message} `;
      // It asks for a fresh proof: in a tab of its own, so that what was typed stays.
      if (problem.act) {
        const link = Object.assign(document.createElement("a"), { href: `/confirm?act=${problem.act}${problem.by}`, target: "_blank", textContent: "Confirm in a new tab" });
        error.append(link);
      }
    } finally {
      delete form.dataset.asking;
    }
  },
  true,
);

// A browser that knows no passkeys shows none of it.
if (!window.PublicKeyCredential) document.querySelectorAll("[data-passkey]").forEach((place) => place.remove());
