// Puts the chat page together: `?user=1001&name=You&lang=en`, in a group `?user=1001&group=-100200`.

import { Api } from "/page/api.js";
import { Bubbles } from "/page/bubbles.js";
import { Composer } from "/page/composer.js";
import { Scroll } from "/page/scroll.js";

const TYPING = 5000; // milliseconds that "typing…" stays without news
const TOAST = 8000; // milliseconds that the longest toast stays
const at = (id) => document.getElementById(id);
const query = new URLSearchParams(location.search);
const api = new Api(Number(query.get("user")) || 1001, Number(query.get("group")));
const scroll = new Scroll(at("log"), at("to-bottom"), at("unread"));
const bubbles = new Bubbles(at("messages"), { onTap, onCopy, onCommand: send });
const composer = new Composer(
  { form: at("composer"), input: at("input"), menu: at("menu"), list: at("commands") },
  send,
);
let toastTimer;
let typingTimer;
let isConnected = false;

async function send(text) {
  scroll.toBottom();
  try {
    await api.send(text);
    return true;
  } catch (error) {
    toast(`Not sent: ${error.message}`);
    return false;
  }
}

async function onTap(messageId, row, column) {
  try {
    const answer = await api.tap(messageId, row, column);
    if (!answer.answered) toast("The bot did not answer this tap");
    else if (answer.text && answer.show_alert) alertBox(answer.text);
    else if (answer.text) toast(answer.text);
  } catch (error) {
    toast(error.message);
  }
}

async function onCopy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast("Copied to clipboard");
  } catch {
    toast(text); // no clipboard here: show it, so that it can be marked by hand
  }
}

function toast(text) {
  const box = at("toast");
  box.textContent = text;
  box.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => (box.hidden = true), Math.min(2500 + 40 * text.length, TOAST));
}

function alertBox(text) {
  at("alert-text").textContent = text;
  at("alert").showModal();
}

function show(changes, isOtherRun) {
  if (isOtherRun) bubbles.clear();
  const wasEmpty = bubbles.size === 0;
  scroll.keep(bubbles.apply(changes.messages));
  const isEmpty = bubbles.size === 0;
  at("empty").hidden = !isEmpty;
  at("start").hidden = !isEmpty || changes.blocked;
  at("unblock").hidden = !changes.blocked;
  at("composer").hidden = changes.blocked;
  pin(changes.pinned);
  typing(changes.typing);
  if (wasEmpty || composer.commands.length === 0) refresh();
}

function pin(messageId) {
  const item = messageId && bubbles.find(messageId);
  at("pinned").hidden = !item;
  at("pinned").textContent = item ? item.view.text.split("\n")[0] : "";
  at("pinned").onclick = () => item?.element.scrollIntoView({ behavior: "smooth", block: "center" });
}

function typing(isTyping) {
  clearTimeout(typingTimer);
  status(isTyping ? "typing…" : "bot");
  if (isTyping) typingTimer = setTimeout(() => status("bot"), TYPING);
}

function status(text) {
  at("status").textContent = isConnected ? text : "connecting…";
}

async function refresh() {
  const state = await api.state();
  const name = state.chat?.title ?? state.bot.first_name;
  document.title = `${name} · sandbox`;
  at("bot-name").textContent = name;
  at("avatar").textContent = name.slice(0, 1);
  at("description").textContent =
    state.description || "Press Start and see. This chat lives on your machine only.";
  composer.setCommands(state.commands);
}

at("start").addEventListener("click", () => send("/start"));
at("unblock").addEventListener("click", async () => {
  await api.unblock();
  await send("/start");
});
at("menu").addEventListener("focus", refresh);
at("alert-close").addEventListener("click", () => at("alert").close());
if (matchMedia("(pointer: fine)").matches) at("input").focus();

const profile = {};
if (query.has("name")) profile.first_name = query.get("name");
if (query.has("lang")) profile.language_code = query.get("lang");
await api.createUser(profile);
api.follow(show, (isUp) => {
  isConnected = isUp;
  status("bot");
});
