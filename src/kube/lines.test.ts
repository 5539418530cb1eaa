import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LineSplitter } from "./lines.ts";

const linesOf = (chunks: readonly Uint8Array[]): string[] => {
  const splitter = new LineSplitter();
  const lines = chunks.flatMap((chunk) => [...splitter.push(chunk)]);
  const rest = splitter.end();
  return rest === "" ? lines : [...lines, rest];
};

const cut = (bytes: Buffer, at: readonly number[]): Buffer[] => {
  const edges = [0, ...at.map((edge) => edge % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return edges.slice(1).map((edge, i) => bytes.subarray(edges[i], edge));
};

describe("lines", () => {
  test("are the same however the bytes are chunked", () => {
    const line = fc.string({ unit: "binary" }).map((text) => text.replaceAll("\n", "").toWellFormed());
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat(5_000)), fc.boolean(), (lines, edges, terminated) => {
        const text = lines.join("\n") + (terminated ? "\n" : "");
        expect(linesOf(cut(Buffer.from(text), edges))).toEqual(lines.filter((one) => one !== ""));
      }),
    );
  });

  test("may come byte by byte, in the middle of characters too", () => {
    const bytes = [...Buffer.from("naïve\n€🧱\n")].map((byte) => Uint8Array.of(byte));
    expect(linesOf(bytes)).toEqual(["naïve", "€🧱"]);
  });

  test("may be long", () => {
    const chunk = Buffer.alloc(1024 * 1024, "x");
    expect(linesOf([chunk, chunk, chunk, Buffer.from("\n")])[0]).toHaveLength(3 * 1024 * 1024);
  });

  test("may not be longer than memory allows", () => {
    const splitter = new LineSplitter();
    const chunk = Buffer.alloc(16 * 1024 * 1024, "x");
    expect(() => {
      for (let i = 0; i < 5; i++) splitter.push(chunk).next();
    }).toThrow("a line of more than");
  });
});
