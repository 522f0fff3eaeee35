/**
 * Tells listeners what happens to the topics that they follow, in one order for all: what a listener brings about is told
 * after what is being told.
 */
export class Announcer<Topic, News extends { readonly version: number }> {
  readonly #followers = new Map<Topic, Set<Follower<News>>>();
  readonly #untold: { readonly topic: Topic; readonly news: News }[] = [];
  #telling = false;

  /** Tells `listener` the news of a topic that are later than `version`, until the function returned is called. */
  follow(topic: Topic, version: number, listener: (news: News) => void): () => void {
    const followers = this.#followers.get(topic) ?? new Set();
    this.#followers.set(topic, followers);
    const follower: Follower<News> = { listener, after: version };
    followers.add(follower);
    return () => followers.delete(follower);
  }

  /** Tells the news. All followers have heard them on return, unless this is called by one of them. */
  announce(topic: Topic, news: News): void {
    this.#untold.push({ topic, news });
    this.before(() => {});
  }

  /** Runs `first`, and tells after it what it brings about. */
  before(first: () => void): void {
    if (this.#telling) {
      first();
      return;
    }
    this.#telling = true;
    try {
      first();
      for (let next = this.#untold.shift(); next; next = this.#untold.shift()) {
        for (const { listener, after } of this.#followers.get(next.topic) ?? []) {
          if (next.news.version > after) listener(next.news);
        }
      }
    } finally {
      this.#telling = false;
    }
  }
}

interface Follower<News> {
  readonly listener: (news: News) => void;
  readonly after: number;
}
