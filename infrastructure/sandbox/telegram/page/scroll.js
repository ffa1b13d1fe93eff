// Follows the newest message while the reader is at the bottom, and never pulls one who is not.

const NEAR = 90; // pixels from the bottom that still count as being there

export class Scroll {
  constructor(log, button, badge) {
    this.log = log;
    this.button = button;
    this.badge = badge;
    this.unread = 0;
    this.isFollowing = true;
    log.addEventListener("scroll", () => this.look(), { passive: true });
    button.addEventListener("click", () => this.toBottom("smooth"));
    const observer = new ResizeObserver(() => this.keep());
    [log, ...log.children].forEach((element) => observer.observe(element));
  }

  look() {
    const rest = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight;
    this.isFollowing = rest < NEAR;
    if (this.isFollowing) this.unread = 0;
    this.show();
  }

  // To be called after a change of the list, with the number of new bubbles.
  keep(added = 0) {
    if (this.isFollowing) this.toBottom("instant");
    else this.unread += added;
    this.show();
  }

  toBottom(behavior = "instant") {
    this.isFollowing = true;
    this.unread = 0;
    this.log.scrollTo({ top: this.log.scrollHeight, behavior });
  }

  show() {
    this.button.hidden = this.isFollowing;
    this.badge.hidden = this.unread === 0;
    this.badge.textContent = this.unread > 99 ? "99+" : String(this.unread);
  }
}
