// The line at the bottom: typing, Enter to send, and the list of commands.

export class Composer {
  // `onSend(text)` promises whether it was sent; if not, the text comes back.
  constructor({ form, input, menu, list }, onSend) {
    Object.assign(this, { form, input, menu, list, onSend });
    this.commands = [];
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    input.addEventListener("input", () => this.typed());
    input.addEventListener("keydown", (event) => this.pressed(event));
    menu.addEventListener("click", () => (list.hidden ? this.open(this.commands) : this.close()));
    list.addEventListener("keydown", (event) => this.moved(event));
    document.addEventListener("click", (event) => {
      if (!list.contains(event.target) && !menu.contains(event.target)) this.close();
    });
  }

  setCommands(commands) {
    this.commands = commands;
    this.menu.hidden = commands.length === 0;
  }

  async submit() {
    const text = this.input.value.trim();
    if (!text) return;
    this.input.value = "";
    this.typed();
    if (await this.onSend(text)) return;
    this.input.value = text;
    this.typed();
  }

  typed() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, 140)}px`;
    const typed = this.input.value;
    const fitting = this.commands.filter(({ command }) => `/${command}`.startsWith(typed));
    if (typed.startsWith("/") && fitting.length) this.open(fitting);
    else this.close();
  }

  pressed(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "Escape") {
      this.close();
    } else if (event.key === "ArrowUp" && !this.list.hidden) {
      event.preventDefault();
      this.list.lastChild?.focus();
    }
  }

  moved(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") {
      this.close();
      this.input.focus();
    } else if (step) {
      event.preventDefault();
      const items = [...this.list.children];
      const next = items.indexOf(document.activeElement) + step;
      (items[next] ?? this.input).focus();
    }
  }

  open(commands) {
    this.list.replaceChildren(...commands.map((each) => this.option(each)));
    this.list.hidden = false;
    this.menu.setAttribute("aria-expanded", "true");
  }

  close() {
    this.list.hidden = true;
    this.menu.setAttribute("aria-expanded", "false");
  }

  option({ command, description }) {
    const item = document.createElement("button");
    item.type = "button";
    item.setAttribute("role", "option");
    item.dataset.testid = "command";
    const name = document.createElement("b");
    name.textContent = `/${command}`;
    const what = document.createElement("span");
    what.textContent = description;
    item.append(name, what);
    item.addEventListener("click", () => {
      this.close();
      this.input.value = "";
      this.typed();
      this.input.focus();
      this.onSend(`/${command}`);
    });
    return item;
  }
}
