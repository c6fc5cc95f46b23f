// 受け取る画面: 届いたもの、取り除いたもの、理由、ダウンロード。 / What came, what was removed and why, download.
"use strict";

const byId = (id) => document.getElementById(id);
let cursor = null;

function download(href, text) {
  return element("a", { href, download: "", class: "download" }, text);
}

function card(item) {
  const state = element("span", { class: `state ${item.state}` }, words.state[item.state]);
  const from = item.sender ? `　差出人 ${item.sender}` : "";
  const made = element("section", { class: "item", id: `item-${item.id}` },
    element("h3", {}, item.subject || "（件名なし）", "　", state),
    element("p", { class: "meta" }, `受付番号 ${item.id}　${moment(item.received_at)}${from}`));
  if (item.note) made.append(element("p", { class: "meta" }, `連絡事項: ${item.note}`));
  if (item.hold) made.append(element("p", {}, words.hold[item.hold] || ""));
  const actions = element("div", { class: "actions" });
  const base = `/api/v1/items/${item.id}`;
  if (item.parts.length) {
    made.append(partsTable(item, (_, part) => element("td", {},
      part.fetchable ? download(`${base}/parts/${part.n}/content`, "ダウンロード") : "")));
    const ready = item.parts.filter((part) => part.fetchable).length;
    if (ready > 1) actions.append(download(`${base}/content`, `まとめてダウンロード（${ready}件、ZIP）`));
  } else {
    const open = element("button", { type: "button", class: "plain", onclick: () => show(item.id) }, "内訳を見る");
    actions.append(open);
  }
  made.append(actions);
  return made;
}

function place(item) {
  const made = card(item);
  const old = byId(`item-${item.id}`);
  if (old) old.replaceWith(made);
  else byId("items").append(made);
}

async function show(id) {
  try {
    place(await api("GET", `/api/v1/items/${id}`));
  } catch (error) {
    say(error.message);
  }
}

async function list() {
  try {
    say("");
    const page = await api("GET", "/api/v1/items?limit=20" + (cursor ? `&cursor=${cursor}` : ""));
    for (const item of page.items) place(item);
    for (const item of page.items) if (item.kind === "upload") await show(item.id);
    cursor = page.next;
    byId("more").hidden = !cursor;
    byId("nothing").hidden = byId("items").childElementCount > 0;
  } catch (error) {
    say(error.message);
  }
}

function again() {
  cursor = null;
  byId("items").replaceChildren();
  return list();
}

byId("again").addEventListener("click", again);
byId("more").addEventListener("click", list);
withSession(again);
