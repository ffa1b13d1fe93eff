// The user side of the sandbox: one function a request, and the stream of changes.

const RECONNECT = 1000; // milliseconds

export class Api {
  // `groupId`: what this user reads and writes there, instead of the private chat with the bot.
  constructor(userId, groupId = 0) {
    this.userId = userId;
    this.chat = groupId ? `/api/groups/${groupId}` : `/api/chats/${userId}`;
    this.who = groupId ? { user_id: userId } : {};
  }

  createUser(profile) {
    return post("/api/users", { id: this.userId, ...profile });
  }

  async state() {
    const response = await fetch(this.chat);
    return response.json();
  }

  send(text) {
    return post(`${this.chat}/send`, { text, ...this.who });
  }

  tap(messageId, row, column) {
    return post(`${this.chat}/tap`, { message_id: messageId, row, column, wait: 20, ...this.who });
  }

  unblock() {
    return post(`${this.chat}/unblock`, {});
  }

  // Calls `onChanges` for each batch and `onState` with whether the stream stands; never ends.
  follow(onChanges, onState) {
    let revision = 0;
    let epoch = null;
    const connect = () => {
      const source = new EventSource(`${this.chat}/events?after=${revision}`);
      source.onopen = () => onState(true);
      source.onmessage = (event) => {
        const changes = JSON.parse(event.data);
        const isOtherRun = epoch !== null && changes.epoch !== epoch;
        epoch = changes.epoch;
        revision = isOtherRun ? 0 : changes.revision;
        onChanges(changes, isOtherRun);
        if (isOtherRun) {
          source.close(); // its first batch may lack what came before; ask for everything
          connect();
        }
      };
      source.onerror = () => {
        source.close();
        onState(false);
        setTimeout(connect, RECONNECT);
      };
    };
    connect();
  }
}

async function post(path, body) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = await response.json().catch(() => ({ error: response.statusText }));
  if (!response.ok) throw new Error(answer.error ?? response.statusText);
  return answer;
}
