// What the page does beyond HTML. It writes text and numbers only, so that the policy may forbid all HTML from scripts.
for (const label of document.querySelectorAll("[data-reveal]")) {
  const fields = label.closest("form").querySelectorAll("input[type=password]");
  label.hidden = false;
  label.addEventListener("change", (event) => fields.forEach((field) => { field.type = event.target.checked ? "text" : "password"; }));
}
for (const form of document.querySelectorAll("form[data-confirm]")) {
  form.addEventListener("submit", (event) => { if (!confirm(form.dataset.confirm)) event.preventDefault(); });
}
for (const input of document.querySelectorAll("input[data-most]")) {
  const check = () => input.setCustomValidity([...input.files].some((file) => file.size > Number(input.dataset.most)) ? input.dataset.tooLarge : "");
  input.addEventListener("change", check);
}
// Counts the links of a text as control/batches/pasted.py takes them out of it.
const LINK = /(?:https?:\/\/|(?:www\.|m\.)?vk\.(?:com|ru)\/|vkvideo\.ru\/|(?<![\p{L}\p{N}_])(?:wall|video|clip)-?[0-9])[^\s<>"«»]*/giu;
const LINES = /[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+/, PATIENCE = 300;
function links(text) {
  const lines = text.split(LINES).map((line) => line.trim()).filter(Boolean);
  return lines.flatMap((line) => /\s/.test(line) ? (line.match(LINK) || []).map((link) => link.replace(/[.,;:!?()[\]{}']+$/, "")) : [line]);
}
for (const field of document.querySelectorAll("[data-count]")) {
  const said = document.getElementById(field.dataset.count), number = new Intl.NumberFormat(document.documentElement.lang);
  let timer = 0;
  const tell = () => {
    const found = links(field.value), again = found.length - new Set(found).size;
    said.textContent = found.length ? said.dataset.words.replace("{n}", number.format(found.length)).replace("{again}", number.format(again)) : "";
  };
  field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(tell, PATIENCE); });
  tell();
}
// Keys: "/" searches, "n" (on a Russian keyboard "т") goes to a new check, "?" tells them.
for (const help of document.querySelectorAll("dialog[data-keys]")) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open || event.target.closest("input, select, textarea")) return;
    const search = document.querySelector("[type=search]"), key = event.key.toLowerCase();
    if (key === "/" && search) { event.preventDefault(); search.focus(); }
    if (key === "?") help.showModal();
    if (key === "n" || key === "т") location.assign(help.dataset.keys);
  });
}
const FAST = 1000, SLOW = 15000, PATIENT = 3;
// Follows a page: asks less and less often (or always after data-every ms), not at all while its tab is hidden, and
// writes what came into its places.
function follow(root) {
  const bar = root.querySelector("progress"), said = root.querySelector("[role=status]");
  const lost = root.querySelector("[data-lost]"), button = root.querySelector("[data-over]"), began = Date.now();
  const rest = document.title.slice(document.title.indexOf(" · ")), every = Number(root.dataset.every);
  const quarters = () => bar ? Math.floor(bar.value / bar.max * 4) : 0;
  let tag = null, quarter = quarters(), over = false, timer = 0, failures = 0;
  const pause = () => (every || Math.min(SLOW, Math.max(FAST, (Date.now() - began) / 15))) * 2 ** Math.min(failures, 4);
  const later = () => {
    clearTimeout(timer);
    if (!document.hidden && (every || !over)) timer = setTimeout(look, pause() * (0.9 + Math.random() / 5));
  };
  async function look() {
    try {
      const answer = await fetch(root.dataset.follow, { headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store", redirect: "manual" });
      if (answer.type === "opaqueredirect" || answer.status === 404) { location.reload(); return; }
      if (answer.status !== 200 && answer.status !== 304) throw new Error(answer.status);
      failures = 0;
      if (answer.status === 200) { tag = answer.headers.get("ETag"); show(await answer.json()); }
    } catch { failures += 1; }
    lost.hidden = failures < PATIENT;
    later();
  }
  function show(news) {
    if (bar) bar.value = news.done;
    for (const [name, text] of Object.entries(news.texts)) {
      const place = root.querySelector(`[data-text="${CSS.escape(name)}"]`);
      if (place && place.textContent !== text) place.textContent = text;
    }
    document.title = news.tab + rest;
    if (quarters() !== quarter || news.over !== over) said.textContent = news.says;
    quarter = quarters(); over = news.over;
    button.classList.toggle("main", over);
    button.textContent = news.button;
    if (news.to) button.href = news.to;
  }
  document.addEventListener("visibilitychange", later);
  later();
}
for (const root of document.querySelectorAll("[data-follow]")) follow(root);
