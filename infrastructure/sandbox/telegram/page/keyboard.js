// Inline buttons below a bubble, changed in place so that none moves or blinks under a finger.

// `actions`: onTap(row, column) → promise, onCopy(text).
export function updateKeyboard(box, markup, actions) {
  const rows = markup?.inline_keyboard ?? [];
  while (box.children.length > rows.length) box.lastChild.remove();
  rows.forEach((buttons, row) => {
    const line = box.children[row] ?? box.appendChild(div("row"));
    buttons.forEach((button, column) => place(line, button, row, column, actions));
    while (line.children.length > buttons.length) line.lastChild.remove();
  });
  box.hidden = rows.length === 0;
}

function place(line, button, row, column, actions) {
  const known = line.children[column];
  const state = JSON.stringify(button);
  if (known?.dataset.state === state) return;
  if (known && known.dataset.kind === kindOf(button) && !button.url) {
    known.dataset.state = state;
    dress(known, button);
    known.firstChild.textContent = button.text;
    return;
  }
  const fresh = build(button, row, column, actions);
  fresh.dataset.state = state;
  if (known) known.replaceWith(fresh);
  else line.append(fresh);
}

function build(button, row, column, actions) {
  const kind = kindOf(button);
  const element = document.createElement(kind === "url" ? "a" : "button");
  element.dataset.testid = "button";
  element.dataset.kind = kind;
  dress(element, button);
  element.append(span(button.text));
  if (kind === "url") {
    element.href = button.url;
    element.target = "_blank";
    element.rel = "noopener noreferrer";
    return element;
  }
  element.type = "button";
  element.addEventListener("click", async () => {
    const current = JSON.parse(element.dataset.state);
    if (kind === "copy") return actions.onCopy(current.copy_text.text);
    if (kind !== "callback" || element.getAttribute("aria-busy") === "true") return;
    element.setAttribute("aria-busy", "true");
    try {
      await actions.onTap(row, column);
    } finally {
      element.removeAttribute("aria-busy");
    }
  });
  return element;
}

function dress(element, button) {
  element.className = `key ${button.style ?? ""}`.trim();
}

function kindOf(button) {
  if (button.url) return /^(https?|tg):/i.test(button.url) ? "url" : "other";
  if (button.copy_text) return "copy";
  return button.callback_data === undefined ? "other" : "callback";
}

function div(className) {
  const element = document.createElement("div");
  element.className = className;
  return element;
}

function span(text) {
  const element = document.createElement("span");
  element.textContent = text;
  return element;
}
