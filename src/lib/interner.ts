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

  /**
   * The value itself, frozen, its parts replaced by equal ones; or `former`, if that is equal. What is frozen already
   * stays as it is.
   * @param former what this interner has frozen before of the same object: most of it is still the same
   */
  freeze<T>(value: T, former?: T): T {
    if (typeof value === "string") return this.#string(value) as T;
    return isOpen(value) ? (this.#freezeParts(value, former) as T) : value;
  }

  #visit(value: unknown, former: unknown): unknown {
    if (typeof value === "string") {
      this.#length = value.length;
      return value === former ? former : this.#string(value);
    }
    if (value === null || typeof value !== "object") {
      this.#length = 1;
      return value;
    }
    if (!isOpen(value)) {
      this.#length = LONGEST;
      return value;
    }
    const frozen = this.#freezeParts(value, former);
    if (frozen === former || this.#length >= LONGEST) return frozen;
    return this.#parts.getOrSet(JSON.stringify(frozen), frozen);
  }

  /** Freezes a node whose parts it shares; gives `former` instead if all of its parts are those of the node. */
  #freezeParts(node: Fields, former: unknown): object {
    const before = isAlike(node, former) ? former : undefined;
    const keys = Object.keys(node);
    let isSame = before !== undefined && Object.keys(before).length === keys.length;
    let length = 0;
    for (const key of keys) {
      const known = before?.[key];
      const part = this.#visit(node[key], known);
      // An absent part looks like one that is undefined.
      if (part === undefined || part !== known) isSame = false;
      node[key] = part;
      length += key.length + this.#length;
    }
    this.#length = length;
    return isSame && before !== undefined ? before : Object.freeze(node);
  }

  #string(value: string): string {
    return value.length > LONGEST ? value : this.#strings.getOrSet(value, value);
  }
}

type Fields = Record<string, unknown>;

const isOpen = (value: unknown): value is Fields =>
  value !== null && typeof value === "object" && !Object.isFrozen(value);

const isAlike = (node: Fields, former: unknown): former is Readonly<Fields> =>
  former !== null && typeof former === "object" && Array.isArray(former) === Array.isArray(node);
