/** Larger than anything that etcd stores, small enough to keep a process alive. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * Cuts a stream of bytes into lines, however it is chunked: a line may span chunks, and so may a character.
 * Empty lines are left out; a last line without its newline counts.
 */
export class LineSplitter {
  #parts: Buffer[] = [];
  #length = 0;

  /** The lines that this chunk completes. @throws Error if a line grows beyond 64 MiB */
  *push(chunk: Uint8Array): Generator<string> {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      const line = this.#take(bytes.subarray(start, end));
      start = end + 1;
      if (line !== "") yield line;
    }
    this.#keep(bytes.subarray(start));
  }

  /** What is left when the stream has ended. */
  end(): string {
    return this.#take(Buffer.alloc(0));
  }

  #take(tail: Buffer): string {
    if (this.#parts.length === 0) return tail.toString("utf8");
    const line = Buffer.concat([...this.#parts, tail]).toString("utf8");
    this.#parts = [];
    this.#length = 0;
    return line;
  }

  #keep(rest: Buffer): void {
    if (rest.length === 0) return;
    this.#length += rest.length;
    if (this.#length > MAX_LINE_BYTES) throw new Error(`a line of more than ${MAX_LINE_BYTES} bytes`);
    this.#parts.push(rest);
  }
}
