// Text with entities as DOM nodes. Text from outside only ever becomes text nodes.
// JavaScript strings count in UTF-16 units, as the offsets of entities do.

const TAGS = {
  bold: "b", italic: "i", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote",
};
const BLOCKS = new Set(["pre", "blockquote", "expandable_blockquote"]);
const SAFE_LINK = /^(https?|tg):/i;

// `onCommand` is called with a command that was pressed, `onCopy` with code that was.
export function formatted(text, entities, { onCommand, onCopy }) {
  const ordered = [...(entities ?? [])].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return fragment(text, ordered, 0, text.length, { onCommand, onCopy });
}

function fragment(text, entities, at, end, actions) {
  const nodes = document.createDocumentFragment();
  while (entities.length) {
    const [outer, ...rest] = entities;
    const begin = Math.max(outer.offset, at);
    const stop = Math.min(outer.offset + outer.length, end);
    const inner = rest.filter((entity) => entity.offset < stop);
    entities = rest.slice(inner.length);
    if (stop <= begin) continue;
    nodes.append(text.slice(at, begin));
    const element = wrapper(outer, text.slice(begin, stop), actions);
    element.append(fragment(text, inner, begin, stop, actions));
    nodes.append(element);
    at = BLOCKS.has(outer.type) && text[stop] === "\n" ? stop + 1 : stop; // a block ends its line
  }
  nodes.append(text.slice(at, end));
  return nodes;
}

function wrapper(entity, text, { onCommand, onCopy }) {
  switch (entity.type) {
    case "url":
      return link(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`);
    case "text_link":
      return link(entity.url);
    case "bot_command":
      return pressable("span", "command", () => onCommand(text));
    case "code":
      return pressable("code", "", () => onCopy(text));
    case "spoiler": {
      const spoiler = pressable("span", "spoiler", () => spoiler.classList.add("shown"));
      return spoiler;
    }
    case "expandable_blockquote": {
      const quote = pressable("blockquote", "folded", () => quote.classList.toggle("folded"));
      return quote;
    }
    default: {
      const element = document.createElement(TAGS[entity.type] ?? "span");
      element.className = entity.type;
      return element;
    }
  }
}

function link(url) {
  const element = document.createElement("a");
  if (SAFE_LINK.test(url)) {
    element.href = url;
    element.target = "_blank";
    element.rel = "noopener noreferrer";
  }
  return element;
}

function pressable(tag, className, onPress) {
  const element = document.createElement(tag);
  element.className = className;
  element.tabIndex = 0;
  element.setAttribute("role", "button");
  element.addEventListener("click", onPress);
  element.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      onPress();
    }
  });
  return element;
}
