// 送る画面: ファイルごとに tus で送り、揃ったら一件として渡す。 / Each file by tus, then handed in as one item.
"use strict";

const PIECE = 16000000; // bytes of one request: what a broken line loses at most
const TRIES = 6;
const chosen = [];
const byId = (id) => document.getElementById(id);

function choose(list) {
  for (const file of list) {
    const bar = element("progress", { max: "1", value: "0", "aria-label": file.name });
    const status = element("span", {}, "");
    const entry = { file, bar, status, id: null };
    const remove = element("button", { type: "button", class: "plain", onclick: () => {
      chosen.splice(chosen.indexOf(entry), 1);
      entry.row.remove();
      byId("send").disabled = chosen.length === 0;
    } }, "取り消す");
    entry.remove = remove;
    entry.row = element("li", {}, element("span", {}, `${file.name}（${bytes(file.size)}）`), status, remove, bar);
    chosen.push(entry);
    byId("chosen").append(entry.row);
  }
  byId("send").disabled = chosen.length === 0;
}

/** 一つの要求。進み具合を知らせる。 / One request that reports its progress. */
function request(method, url, headers, body, onprogress) {
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    call.open(method, url);
    const all = { "Tus-Resumable": "1.0.0", "X-CSRF-Token": session.csrf, ...headers };
    for (const [key, value] of Object.entries(all)) call.setRequestHeader(key, value);
    if (onprogress) call.upload.addEventListener("progress", (event) => onprogress(event.loaded));
    call.addEventListener("load", () => resolve(call));
    call.addEventListener("error", () => reject(new Error("接続が切れました")));
    call.send(body);
  });
}

function refusal(call) {
  let problem = {};
  try { problem = JSON.parse(call.responseText); } catch { /* 本文がない */ }
  const error = new Error(problem.detail || problem.title || `送れませんでした (${call.status})`);
  error.final = call.status < 500 && call.status !== 409 && call.status !== 423;
  return error;
}

const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

async function create(entry) {
  const metadata = [`filename ${base64(entry.file.name)}`, `submit ${base64("no")}`];
  if (entry.file.type) metadata.push(`filetype ${base64(entry.file.type)}`);
  const call = await request("POST", "/api/v1/tus", {
    "Upload-Length": String(entry.file.size), "Upload-Metadata": metadata.join(","),
  });
  if (call.status !== 201) throw refusal(call);
  entry.url = new URL(call.getResponseHeader("Location"), location.href).pathname;
  entry.id = entry.url.split("/").pop();
}

async function send(entry) {
  const show = (sent) => {
    entry.bar.value = entry.file.size ? sent / entry.file.size : 1;
    entry.status.textContent = `${Math.floor(entry.bar.value * 100)}%`;
  };
  let offset = 0;
  for (let tries = 0; ; ) {
    try {
      if (!entry.id) await create(entry);
      while (offset < entry.file.size) {
        const piece = entry.file.slice(offset, offset + PIECE);
        const call = await request("PATCH", entry.url, {
          "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream",
        }, piece, (sent) => show(offset + sent));
        if (call.status !== 204) throw refusal(call);
        offset = Number(call.getResponseHeader("Upload-Offset"));
        tries = 0;
      }
      show(entry.file.size);
      return;
    } catch (error) {
      if (error.final || ++tries >= TRIES) throw error;
      entry.status.textContent = "つなぎ直しています";
      await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** tries));
      if (entry.id) {
        const call = await request("HEAD", entry.url, {}).catch(() => null);
        if (call && call.status === 200) offset = Number(call.getResponseHeader("Upload-Offset"));
      }
    }
  }
}

async function submit(event) {
  event.preventDefault();
  say("");
  byId("send").disabled = true;
  for (const entry of chosen) entry.remove.disabled = true;
  try {
    for (const entry of chosen) await send(entry);
    const form = new FormData();
    for (const entry of chosen) form.append("upload", entry.id);
    for (const name of byId("recipients").value.split(/[,、\s]+/).filter(Boolean)) form.append("recipient", name);
    form.append("note", byId("note").value);
    form.append("profile", byId("profile").value);
    const accepted = await api("POST", "/api/v1/uploads", form);
    chosen.length = 0;
    byId("chosen").replaceChildren();
    byId("upload").reset();
    await show(accepted.id, true);
  } catch (error) {
    say(error.message);
    for (const entry of chosen) entry.remove.disabled = false;
    byId("send").disabled = chosen.length === 0;
  }
}

function card(item) {
  const state = element("span", { class: `state ${item.state}` }, words.state[item.state]);
  const made = element("section", { class: "item", id: `item-${item.id}` },
    element("h3", {}, item.subject || "（無害化の前）", "　", state),
    element("p", { class: "meta" }, `受付番号 ${item.id}　${moment(item.received_at)}　${bytes(item.size)}`));
  if (item.recipients.length) made.append(element("p", { class: "meta" }, `受け取る人: ${item.recipients.join("、")}`));
  if (item.note) made.append(element("p", { class: "meta" }, `連絡事項: ${item.note}`));
  if (item.hold) made.append(element("p", {}, words.hold[item.hold] || ""));
  if (item.parts.length) made.append(partsTable(item, () => element("td", {})));
  return made;
}

function place(item, first) {
  const made = card(item);
  const old = byId(`item-${item.id}`);
  if (old) old.replaceWith(made);
  else if (first) byId("items").prepend(made);
  else byId("items").append(made);
}

/** 状態が変わるたびに表示を直す。 / Follows an item until it can be collected or has ended. */
function watch(id) {
  const events = new EventSource(`/api/v1/items/${id}/events`);
  events.addEventListener("state", (event) => {
    const item = JSON.parse(event.data);
    place(item, true);
    if (!["received", "processing", "held"].includes(item.state)) events.close();
  });
}

async function show(id, first) {
  const item = await api("GET", `/api/v1/items/${id}`);
  place(item, first);
  if (["received", "processing", "held"].includes(item.state)) watch(id);
}

let cursor = null;

async function list() {
  const page = await api("GET", "/api/v1/items?limit=20" + (cursor ? `&cursor=${cursor}` : ""));
  for (const item of page.items) await show(item.id, false);
  cursor = page.next;
  byId("more").hidden = !cursor;
}

async function start() {
  try {
    const profiles = await api("GET", "/api/v1/profiles");
    byId("profile").replaceChildren(element("option", { value: "" }, "規則どおり（標準）"),
      ...profiles.profiles.map((p) => element("option", { value: p.name }, p.description || p.name)));
    await list();
  } catch (error) {
    say(error.message);
  }
}

const drop = byId("drop");
for (const name of ["dragenter", "dragover"]) {
  drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
}
for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => { event.preventDefault(); choose(event.dataTransfer.files); });
byId("files").addEventListener("change", (event) => { choose(event.target.files); event.target.value = ""; });
byId("upload").addEventListener("submit", submit);
byId("more").addEventListener("click", () => list().catch((error) => say(error.message)));
withSession(start);
