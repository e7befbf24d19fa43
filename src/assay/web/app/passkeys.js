// Passkeys: the one thing that a browser does only by script. The server checks everything.
"use strict";
(() => {
  const api = "/api/v1";
  const bytes = text => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), c => c.charCodeAt(0));
  const text = data => btoa(String.fromCharCode(...new Uint8Array(data))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  async function post(path, body, csrf) {
    const headers = {"content-type": "application/json"};
    if (csrf) headers["x-assay-csrf"] = csrf;
    const answer = await fetch(api + path, {method: "POST", headers, body: JSON.stringify(body || {}), credentials: "same-origin"});
    const found = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(found.detail || found.title), {status: answer.status, kind: found.error});
    return found;
  }

  function listed(of) {
    return (of || []).map(one => ({...one, id: bytes(one.id)}));
  }

  async function use(options) {
    const publicKey = {...options, challenge: bytes(options.challenge), allowCredentials: listed(options.allowCredentials)};
    const made = await navigator.credentials.get({publicKey});
    const {authenticatorData, clientDataJSON, signature, userHandle} = made.response;
    return shown(made, {authenticatorData: text(authenticatorData), clientDataJSON: text(clientDataJSON), signature: text(signature),
      userHandle: userHandle ? text(userHandle) : null});
  }

  async function create(options) {
    const publicKey = {...options, challenge: bytes(options.challenge), user: {...options.user, id: bytes(options.user.id)},
      excludeCredentials: listed(options.excludeCredentials)};
    const made = await navigator.credentials.create({publicKey});
    const {attestationObject, clientDataJSON} = made.response;
    return shown(made, {attestationObject: text(attestationObject), clientDataJSON: text(clientDataJSON),
      transports: made.response.getTransports ? made.response.getTransports() : []});
  }

  function shown(made, response) {
    return {id: made.id, rawId: text(made.rawId), type: made.type, response, clientExtensionResults: made.getClientExtensionResults(),
      authenticatorAttachment: made.authenticatorAttachment};
  }

  const ways = {
    login: async () => {
      const {options} = await post("/login/begin");
      await post("/login/complete", {answer: await use(options)});
    },
    enrol: async form => {
      const link = location.hash.slice(1);
      if (!link) throw new Error("This address is not whole: take the link as it was given to you, with what stands after #.");
      const {options} = await post("/enrol/begin", {link});
      await post("/enrol/complete", {link, label: form.elements.label.value, answer: await create(options)});
    },
    confirm: async (form, csrf) => {
      const {options} = await post("/me/confirmation/begin", {}, csrf);
      await post("/me/confirmation/complete", {answer: await use(options)}, csrf);
    },
    add: (form, csrf) => confirmed(form, csrf, async () => {
      const {options} = await post("/me/passkeys/begin", {}, csrf);
      await post("/me/passkeys", {label: form.elements.label.value, answer: await create(options)}, csrf);
    }),
  };

  // Asks for a passkey that is there before, where the last time is too long ago.
  async function confirmed(form, csrf, act) {
    try {
      await act();
    } catch (error) {
      if (error.kind !== "Unconfirmed") throw error;
      await ways.confirm(form, csrf);
      await act();
    }
  }

  const unknown = {
    enrol: "This link is not good here, or not any more: it works once, and for a limited time. Ask whoever gave it to you for a new one.",
    login: "This office does not know that passkey, or not any more. Ask an administrator for a link.",
  };

  function why(error, way) {
    if (error.status === 401 && unknown[way]) return unknown[way];
    if (error.name === "SecurityError") return "Passkeys do not work at this address: open the office at the address that it was set up for.";
    if (error.name === "NotAllowedError") return "No passkey was used. Try again, and follow what your device asks.";
    if (error.name === "InvalidStateError") return "This device has a passkey for this account already.";
    return error.message;
  }

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const secret = form.querySelector("[data-csrf]");
    const said = form.querySelector(".problem");
    form.addEventListener("submit", async event => {
      event.preventDefault();
      const button = form.querySelector("button");
      button.disabled = true;
      said.textContent = "";
      try {
        if (!window.PublicKeyCredential) throw new Error("This browser knows no passkeys.");
        await ways[form.dataset.passkey](form, secret ? secret.value : "");
        if (form.dataset.next) location.assign(form.dataset.next);
        else form.submit();
      } catch (error) {
        said.textContent = why(error, form.dataset.passkey);
        button.disabled = false;
      }
    });
  }
})();
