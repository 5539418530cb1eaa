/** Longer strings, and parts whose JSON is longer, are rarely equal and cost too much to remember. */
const LONGEST = 512;
/** A part that is used more often than once in so many others is found again. */
const GENERATION = 1_000;

/** What was asked for lately. Holds between one and two generations. */
class Recent<V> {
  #young = new Map<string, V>();
  #old = new Map<string, V>();

  /** What is known under the key; if nothing is, `value` is from now on. */
  getOrSet(key: string, value: V): V {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const known = this.#old.get(key) ?? value;
    if (this.#young.size === GENERATION) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, known);
    return known;
  }
}

/**
 * Freezes JSON values and makes their equal parts one part. Parsed text has a copy of its own of everything; thousands
 * of like objects then take the memory of what differs. Takes bounded memory itself, so it may miss equal parts.
 */
export class Interner {
  readonly #strings = new Recent<string>();
  readonly #parts = new Recent<object>();
  /** About the length of the JSON of the part that was visited last. */
  #length = 0;

  /** The value itself, frozen, its parts replaced by equal ones. What is frozen already stays as it is. */
  freeze<T>(value: T): T {
    if (typeof value === "string") return this.#string(value) as T;
    if (isOpen(value)) this.#freezeParts(value);
    return value;
  }

  #visit(value: unknown): unknown {
    if (typeof value === "string") {
      this.#length = value.length;
      return this.#string(value);
    }
    if (value === null || typeof value !== "object") {
      this.#length = 1;
      return value;
    }
    this.#length = isOpen(value) ? this.#freezeParts(value) : LONGEST;
    return this.#length < LONGEST ? this.#parts.getOrSet(JSON.stringify(value), value) : value;
  }

  /** Freezes a node whose parts it shares. Returns about the length of its JSON. */
  #freezeParts(node: Record<string, unknown>): number {
    let length = 0;
    for (const key of Object.keys(node)) {
      node[key] = this.#visit(node[key]);
      length += key.length + this.#length;
    }
    Object.freeze(node);
    return length;
  }

  #string(value: string): string {
    return value.length > LONGEST ? value : this.#strings.getOrSet(value, value);
  }
}

const isOpen = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === "object" && !Object.isFrozen(value);
