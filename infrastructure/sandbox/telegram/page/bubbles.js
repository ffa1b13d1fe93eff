// The list of messages: one bubble a message, updated in place.

import { formatted } from "/page/entities.js";
import { updateKeyboard } from "/page/keyboard.js";

// An edit lights up its time only: nothing moves, and it is cheap beside hundreds of emoji.
const GLOW = { duration: 1100, easing: "ease-out" };
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

export class Bubbles {
  // `actions`: onTap(messageId, row, column), onCommand(text), onCopy(text).
  constructor(list, actions) {
    this.list = list;
    this.actions = actions;
    this.items = new Map(); // message id → { element, view }
    this.lastDay = null;
  }

  get size() {
    return this.items.size;
  }

  clear() {
    this.items.clear();
    this.list.replaceChildren();
    this.lastDay = null;
  }

  // Returns how many bubbles were added.
  apply(messages) {
    let added = 0;
    for (const view of [...messages].sort((a, b) => a.id - b.id)) {
      const known = this.items.get(view.id);
      if (view.deleted) this.remove(view.id);
      else if (!known) added += this.add(view);
      else if (known.view.revision < view.revision) this.update(known, view);
    }
    return added;
  }

  find(messageId) {
    return this.items.get(messageId);
  }

  add(view) {
    this.addDay(view.date);
    const element = skeleton(view);
    const item = { element, view: {} };
    this.items.set(view.id, item);
    this.fill(item, view);
    this.list.append(element);
    return 1;
  }

  update(item, view) {
    this.fill(item, view);
    if (STILL.matches) return;
    item.element.querySelector(".time").animate([{ color: "var(--glow)" }, {}], GLOW);
  }

  remove(messageId) {
    const item = this.items.get(messageId);
    if (!item) return;
    this.items.delete(messageId);
    item.element.remove();
  }

  fill(item, view) {
    const { element, view: before } = item;
    const part = (name) => element.querySelector(`.${name}`);
    if (changed(before, view, "photo", "document")) {
      part("media").replaceChildren(...media(view));
      part("bubble").classList.toggle("with-photo", Boolean(view.photo));
    }
    if (changed(before, view, "text", "entities")) {
      part("text").replaceChildren(formatted(view.text, view.entities, this.actions));
      part("text").hidden = view.text === "";
    }
    if (changed(before, view, "reply_to")) this.quote(part("quote"), view.reply_to);
    part("reaction").textContent = view.reaction;
    part("time").textContent = `${view.edit_date ? "edited " : ""}${clock(view.date)}`;
    updateKeyboard(part("keyboard"), view.reply_markup, {
      onTap: (row, column) => this.actions.onTap(view.id, row, column),
      onCopy: this.actions.onCopy,
    });
    element.classList.toggle("edited", Boolean(view.edit_date));
    element.classList.toggle("with-keyboard", Boolean(view.reply_markup));
    item.view = view;
  }

  quote(box, messageId) {
    box.hidden = !messageId;
    if (!messageId) return;
    const original = this.items.get(messageId);
    box.textContent = original ? original.view.text.split("\n")[0] : "Deleted message";
  }

  addDay(date) {
    const day = new Date(date * 1000).toLocaleDateString(undefined, {
      day: "numeric", month: "long",
    });
    if (day === this.lastDay) return;
    this.lastDay = day;
    const item = document.createElement("li");
    item.className = "day";
    item.textContent = day;
    this.list.append(item);
  }
}

function skeleton(view) {
  const item = document.createElement("li");
  item.className = view.from?.is_bot ? "message theirs" : "message mine";
  item.dataset.testid = "message";
  item.dataset.messageId = view.id;
  const bubble = box("div", "bubble");
  const foot = box("div", "foot");
  foot.append(box("span", "reaction"), box("time", "time"));
  const text = box("div", "text");
  text.dataset.testid = "text";
  bubble.append(box("div", "quote"), box("div", "media"), text, foot);
  item.append(bubble, box("div", "keyboard"));
  return item;
}

function media(view) {
  if (view.photo?.url) return [photo(view.photo)];
  if (view.document) return [file(view.document)];
  return [];
}

function photo({ url, width, height }) {
  const frame = document.createElement("a");
  frame.href = url;
  frame.target = "_blank";
  frame.rel = "noopener";
  frame.setAttribute("aria-label", "Open the picture");
  const image = document.createElement("img");
  image.src = url;
  image.width = width;
  image.height = height;
  image.alt = "Picture from the bot";
  frame.append(image);
  return frame;
}

function file({ url, name, size }) {
  const frame = document.createElement("a");
  frame.className = "file";
  frame.href = url;
  frame.download = name ?? "";
  const about = box("span", "about");
  const title = box("b", "");
  title.textContent = name ?? "file";
  const amount = box("small", "");
  amount.textContent = size < 1024 ? `${size} B` : `${(size / 1024).toFixed(1)} KB`;
  about.append(title, amount);
  frame.append(box("span", "icon"), about);
  return frame;
}

function changed(before, after, ...names) {
  return names.some((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
}

function clock(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString([], {
    hour: "2-digit", minute: "2-digit", hour12: false,
  });
}

function box(tag, className) {
  const element = document.createElement(tag);
  element.className = className;
  return element;
}
