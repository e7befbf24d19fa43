// Large files go up by digest, in pieces, and go on where they stopped (docs/formats/upload.md). Without script the form brings them whole.
"use strict";
(() => {
  const where = "/api/v1/uploads";
  const PIECE = 4 << 20, SMALL = 1 << 20, TOGETHER = 8 << 20, MOST = 1 << 30;  // bytes: of one request, and what the form itself brings
  const TRIES = 6;  // in a row, without a byte kept
  const BLOCK = 512;  // of a tar
  const ARTIFACT = /^(?:[.][/])?artifacts[/]sha256[/]([0-9a-f]{64})$/;
  const pause = ms => new Promise(done => setTimeout(done, ms));
  const bytes = async part => new Uint8Array(await part.arrayBuffer());
  const hex = data => Array.from(data, one => one.toString(16).padStart(2, "0")).join("");
  const unhex = text => Uint8Array.from(text.match(/../g), pair => parseInt(pair, 16));
  const base64 = data => btoa(String.fromCharCode(...data));
  const size = count => count < 1e6 ? Math.ceil(count / 1e3) + " kB" : (count / 1e6).toFixed(1) + " MB";

  class Final extends Error {}  // nothing that trying again mends

  async function call(path, method, csrf, headers, body) {
    const answer = await fetch(path, {method, headers: {...headers, "x-assay-csrf": csrf}, body, credentials: "same-origin"});
    if (answer.ok) return answer;
    if (answer.status === 429 || answer.status === 503) await pause(1000 * Math.min(60, Number(answer.headers.get("retry-after")) || 1));
    const said = await answer.json().catch(() => ({}));
    const mends = [408, 409, 429].includes(answer.status) || answer.status >= 500;
    throw new (mends ? Error : Final)(said.detail || said.title || "the office answers " + answer.status);
  }

  function state(answer, location) {
    return {location, offset: Number(answer.headers.get("upload-offset")), complete: answer.headers.get("upload-complete") === "?1"};
  }

  // Begun again with the same digest, an upload is the same, and says how far it is.
  async function begin(item, csrf) {
    const answer = await call(where, "POST", csrf, {"repr-digest": "sha-256=:" + base64(unhex(item.digest)) + ":",
      "upload-length": String(item.part.size), "upload-complete": "?0"});
    return state(answer, answer.headers.get("location"));
  }

  async function send(item, csrf, show) {
    let at = null, fails = 0;
    while (!at || !at.complete) {
      try {
        at = at || await begin(item, csrf);
        show(at.complete ? item.part.size : at.offset, "");
        if (at.complete) return;
        const end = Math.min(at.offset + PIECE, item.part.size);
        const answer = await call(at.location, "PATCH", csrf, {"content-type": "application/partial-upload",
          "upload-offset": String(at.offset), "upload-complete": end === item.part.size ? "?1" : "?0"}, item.part.slice(at.offset, end));
        at = state(answer, at.location);
        fails = 0;
      } catch (error) {
        at = null;
        if (error instanceof Final || ++fails === TRIES) throw error;
        show(null, (error instanceof TypeError ? "The connection broke" : error.message) + ". Trying again…");
        await pause(500 * 2 ** fails);
      }
    }
    show(item.part.size, "");
  }

  async function digested(file, show) {
    if (file.size > MOST) throw new Final(file.name + " is too large for a browser: use “assay submission upload”.");
    show(null, "Reading " + file.name + "…");
    return {name: file.name, part: file, digest: hex(new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer())))};
  }

  // What the form brings itself, and what goes up before.
  async function sorted(files, show) {
    const kept = [], large = [];
    let together = 0;
    for (const file of files) {
      if (file.size <= SMALL && together + file.size <= TOGETHER) {
        together += file.size;
        kept.push(file);
      } else large.push(await digested(file, show));
    }
    return {kept, large};
  }

  // A bundle without its large artifacts, block by block, and those.
  async function unbundled(file, show) {
    if (file.size <= SMALL) return {kept: [file], large: []};
    show(null, "Reading the bundle…");
    const packed = hex(await bytes(file.slice(0, 2))) === "1f8b";
    if (packed && !window.DecompressionStream) return {kept: [file], large: []};
    const tar = packed ? await new Response(file.stream().pipeThrough(new DecompressionStream("gzip"))).blob() : file;
    const rest = [], large = [], text = (head, from, to) => new TextDecoder().decode(head.slice(from, to)).replace(/[\0 ]+$/, "");
    let before = [];
    for (let at = 0; at + BLOCK <= tar.size;) {
      const head = await bytes(tar.slice(at, at + BLOCK));
      if (head.every(one => one === 0)) break;
      const length = parseInt(text(head, 124, 136), 8), kind = String.fromCharCode(head[156]);
      if (!Number.isSafeInteger(length)) return {kept: [file], large: []};
      const end = at + BLOCK + Math.ceil(length / BLOCK) * BLOCK, named = ARTIFACT.exec(text(head, 0, 100));
      if ("xLK".includes(kind)) before.push(tar.slice(at, end));
      else {
        const aside = named && (kind === "0" || kind === "\0") && length > SMALL && !before.length;
        if (aside) large.push({name: "artifact " + named[1].slice(0, 12), part: tar.slice(at + BLOCK, at + BLOCK + length), digest: named[1]});
        else rest.push(...before, tar.slice(at, end));
        before = [];
      }
      at = end;
    }
    return {kept: [new File([...rest, new Uint8Array(2 * BLOCK)], "bundle.tar")], large};
  }

  async function bring(form, input) {
    const box = form.querySelector(".upload"), bar = box.querySelector("progress"), line = box.querySelector("[role=status]");
    const csrf = form.elements.csrf.value;
    const reading = (_, says) => { box.hidden = false; line.textContent = says; };
    const files = [...input.files];
    const {kept, large} = form.dataset.uploads === "bundle" ? await unbundled(files[0], reading) : await sorted(files, reading);
    const whole = large.reduce((sum, item) => sum + item.part.size, 0);
    let done = 0;
    for (const item of large) {
      await send(item, csrf, (offset, says) => {
        box.hidden = false;
        if (offset !== null) bar.value = (done + offset) / (whole || 1);
        line.textContent = says || item.name + ": " + size(done + (offset || 0)) + " of " + size(whole) + " sent";
      });
      done += item.part.size;
    }
    if (!large.length) return;
    const left = new DataTransfer();
    for (const file of kept) left.items.add(file);
    input.files = left.files;
    if (form.dataset.uploads !== "bundle") box.querySelector("[name=artifacts]").value = large.map(item => "sha256:" + item.digest).join(" ");
    line.textContent = "All is sent.";
  }

  for (const form of document.querySelectorAll("form[data-uploads]")) {
    const input = form.querySelector("input[type=file]"), said = form.querySelector(".problem[role=alert]"), button = form.querySelector("button");
    form.addEventListener("submit", async event => {
      if (!input.files.length || !window.crypto || !crypto.subtle) return;
      event.preventDefault();
      button.disabled = true;
      said.textContent = "";
      try {
        await bring(form, input);
        form.submit();
      } catch (error) {
        said.textContent = "Not sent: " + error.message + (error instanceof Final ? "" : " – send it again, and it goes on where it stopped.");
      }
      button.disabled = false;
    });
  }
})();
