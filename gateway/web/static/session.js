// 両側の画面に共通: サインイン、API 呼び出し、言葉。 / Shared: sign-in, API calls, words.
"use strict";

const words = {
  state: {
    received: "受付済み", processing: "無害化しています", held: "保留中", ready: "受け取れます",
    delivered: "受け取り済み", bounced: "届きませんでした", rejected: "お渡しできません", expired: "期限切れ",
  },
  outcome: {
    clean: "無害化しました", partial: "一部をお渡しします", withheld: "お渡しできません",
    locked: "パスワードが必要です", failed: "処理できませんでした",
  },
  method: {
    text: "テキスト化", image_pdf: "画像PDF化", sanitize: "サニタイズ処理", visual_check: "目視確認", none: "",
  },
  action: { removed: "取り除きました", neutralized: "無効にしました", converted: "変換しました", noted: "確認しました" },
  kind: kindWords(),
  hold: { scanner: "ウイルス検査の再開を待っています" },
};

function kindWords() {
  return {
    type_mismatch: "名前と中身の種類の違い", double_extension: "二重の拡張子", metadata: "作成者などの付帯情報",
    comment: "コメント", trailing_data: "末尾の余分なデータ", unknown_data: "不明なデータ", thumbnail: "縮小画像",
    colour_profile: "色の設定", orientation: "画像の向き", format_changed: "ファイル形式", damaged: "形式の乱れ",
    rasterized: "画像にしたページ", truncated: "表示しきれない部分", program: "プログラム", script: "スクリプト",
    action: "自動で動く仕掛け", macro: "マクロ", embedded_file: "埋め込まれたファイル",
    embedded_object: "埋め込まれたオブジェクト", form: "入力欄", annotation: "注釈", signature: "電子署名",
    encryption: "暗号化", external_reference: "外部の参照", link: "リンク", formula: "数式",
    control_character: "制御文字", bidi_control: "文字の向きの制御", zero_width: "見えない文字",
    charset_guessed: "文字コードの推定", charset_loss: "読めない文字", html_body: "HTML本文", style: "書式",
    remote_content: "外部の画像など", tracking_pixel: "開封確認の画像", hidden_text: "隠れた文字",
    link_mismatch: "表示と異なるリンク先", header: "メールのヘッダー", header_defect: "ヘッダーの乱れ",
    mime_defect: "メール形式の乱れ", alternative_body: "別形式の本文", inline_image: "本文中の画像",
    file_name: "ファイル名", notice_imitation: "お知らせの偽装", signed_mail: "署名付きメール",
    unsafe_path: "危険なパス", duplicate_name: "重なる名前", special_file: "リンクなどの特殊なファイル",
    withheld_part: "お渡しできない部分", malware: "マルウェア", scan_unavailable: "ウイルス検査の未実施",
  };
}

const session = { csrf: "", name: "" };

function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "class") made.className = value;
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== null) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

function bytes(count) {
  if (count === null) return "";
  for (const unit of ["B", "KB", "MB"]) {
    if (count < 1000) return `${unit === "B" ? count : count.toFixed(1)} ${unit}`;
    count /= 1000;
  }
  return `${count.toFixed(1)} GB`;
}

function moment(text) {
  return new Date(text).toLocaleString("ja-JP", { dateStyle: "medium", timeStyle: "short" });
}

/** 問題の説明 (RFC 9457)。読めないときは一般的な文。 */
async function problemText(response) {
  const problem = await response.json().catch(() => ({}));
  return problem.detail || problem.title || `処理できませんでした (${response.status})`;
}

async function api(method, path, body) {
  const headers = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRF-Token"] = session.csrf;
  if (body !== undefined && !(body instanceof FormData)) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(body);
  }
  const response = await fetch(path, { method, headers, body, credentials: "same-origin" });
  if (response.status === 401 && path !== "/api/v1/session") showSignIn();
  if (!response.ok) throw new Error(await problemText(response));
  return response.status === 204 ? null : response.json();
}

function say(text) {
  document.getElementById("error").textContent = text;
}

function showSignIn() {
  document.getElementById("work").hidden = true;
  document.getElementById("sign-in").hidden = false;
  document.getElementById("sign-out").hidden = true;
  document.getElementById("name").focus();
}

function showWork(found) {
  session.csrf = found.csrf;
  session.name = found.name;
  document.getElementById("who").textContent = found.display_name || found.name;
  document.getElementById("sign-in").hidden = true;
  document.getElementById("sign-out").hidden = false;
  document.getElementById("work").hidden = false;
}

/** サインインしてから `start` を呼ぶ。 / Calls `start` once somebody is signed in. */
function withSession(start) {
  document.getElementById("sign-in").addEventListener("submit", async (event) => {
    event.preventDefault();
    say("");
    const name = document.getElementById("name");
    const password = document.getElementById("password");
    try {
      const found = await api("POST", "/api/v1/session", { name: name.value, password: password.value });
      password.value = "";
      showWork(found);
      start();
    } catch (error) {
      password.value = "";
      say(error.message);
      password.focus();
    }
  });
  document.getElementById("sign-out").addEventListener("click", async () => {
    await api("DELETE", "/api/v1/session").catch(() => null);
    location.reload();
  });
  api("GET", "/api/v1/session").then((found) => { showWork(found); start(); }, showSignIn);
}

function findingsText(part) {
  const shown = part.findings.map((f) => {
    const count = f.count > 1 ? `（${f.count}件）` : "";
    return `${words.kind[f.kind] || f.kind}を${words.action[f.action]}${count}`;
  });
  return shown.join("、");
}

/** 部分の表。 / The table of an item's parts; `last` makes the last cell of a row. */
function partsTable(item, last) {
  const rows = item.parts.map((part) => {
    const depth = (n) => (n === null ? 0 : 1 + depth(item.parts[n].parent));
    const name = "　".repeat(depth(part.parent)) + part.name;
    const what = element("td", {}, element("span", { class: `state ${part.outcome}` }, words.outcome[part.outcome]));
    if (words.method[part.method]) what.append(`　${words.method[part.method]}`);
    if (part.reason) what.append(element("p", { class: "reason" }, part.reason.ja));
    const found = findingsText(part);
    if (found) what.append(element("p", { class: "reason" }, found));
    return element("tr", {}, element("td", {}, name), what, element("td", {}, bytes(part.size)), last(item, part));
  });
  const head = ["ファイル", "結果", "大きさ", ""].map((text) => element("th", { scope: "col" }, text));
  return element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows));
}
