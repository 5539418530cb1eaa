/** YAML text to objects, each with the places of its fields. YAML is read as kubectl reads it. */
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  type Tags,
} from "yaml";
import type { Path } from "../schema/crd.ts";

/** A place in a file; lines and columns start at 1. */
export type Place = { readonly file: string; readonly line: number; readonly column: number };

export type Json = Readonly<Record<string, unknown>>;

/** One object of a file. */
export type Manifest = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** As written; absent where nothing is written. */
  readonly namespace?: string;
  readonly object: Json;
  /** Where a field stands: its name or its value. Of a field that is not written: the nearest one that is. */
  locate(path: Path, at?: "key" | "value"): Place;
};

/** Something that is no object. */
export type Unreadable = { readonly place: Place; readonly why: "NotYaml" | "NotAnObject"; readonly message: string };

export type Source = { readonly name: string; readonly text: string };

export type Parsed = { readonly manifests: readonly Manifest[]; readonly unreadable: readonly Unreadable[] };

/** kubectl knows neither sexagesimal numbers nor dates: `12:30` and `2026-11-23` are text. */
const NOT_IN_KUBERNETES = /:(timestamp|binary|omap|pairs|set)$/;

const kubernetesTags = (tags: Tags): Tags =>
  tags.filter(
    (tag) =>
      typeof tag === "string" || !(NOT_IN_KUBERNETES.test(tag.tag) || ("format" in tag && tag.format === "TIME")),
  );

export const parseManifests = ({ name: file, text }: Source): Parsed => {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    version: "1.1",
    customTags: kubernetesTags,
    lineCounter: lines,
    prettyErrors: false,
    logLevel: "silent",
    keepSourceTokens: false,
  });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  const parts = Array.isArray(documents)
    ? documents.map((document) => parseDocument(document as Document, placeAt))
    : [];
  return {
    manifests: parts.flatMap(({ manifests }) => manifests),
    unreadable: parts.flatMap(({ unreadable }) => unreadable),
  };
};

type PlaceAt = (offset: number) => Place;

const parseDocument = (document: Document, placeAt: PlaceAt): Parsed => {
  const [error] = document.errors;
  if (error !== undefined) return unreadable("NotYaml", placeAt(error.pos[0]), firstLine(error.message));
  const value = plainValue(document);
  if (value instanceof Error)
    return unreadable("NotYaml", placeAt(offsetOf(document.contents)), firstLine(value.message));
  if (value === null || value === undefined) return { manifests: [], unreadable: [] };
  return objectsIn(value, [], (path, at) => placeAt(offsetAt(document, path, at)));
};

const firstLine = (message: string): string => message.split("\n")[0] ?? "";

/** An Error for aliases that multiply without end. */
const plainValue = (document: Document): unknown => {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
};

const unreadable = (why: Unreadable["why"], place: Place, message: string): Parsed => ({
  manifests: [],
  unreadable: [{ why, place, message }],
});

const isObject = (value: unknown): value is Json =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** An object, or the items of a `List`. */
const objectsIn = (value: unknown, path: Path, locate: Manifest["locate"]): Parsed => {
  if (!isObject(value)) return unreadable("NotAnObject", locate(path), "this is not an object with fields");
  const { apiVersion, kind, metadata, items } = value;
  if (typeof apiVersion !== "string" || apiVersion === "")
    return unreadable("NotAnObject", locate(path), "`apiVersion` must be written");
  if (typeof kind !== "string" || kind === "") return unreadable("NotAnObject", locate(path), "`kind` must be written");
  if (kind.endsWith("List") && Array.isArray(items)) {
    const parts = items.map((item, index) => objectsIn(item, [...path, "items", index], locate));
    return { manifests: parts.flatMap((part) => part.manifests), unreadable: parts.flatMap((part) => part.unreadable) };
  }
  const { name, namespace } = isObject(metadata) ? metadata : {};
  return {
    manifests: [
      {
        apiVersion,
        kind,
        name: typeof name === "string" ? name : "",
        ...(typeof namespace === "string" && namespace !== "" ? { namespace } : {}),
        object: value,
        locate: (inner, at) => locate([...path, ...inner], at),
      },
    ],
    unreadable: [],
  };
};

const offsetOf = (node: unknown): number => (isNode(node) ? (node.range?.[0] ?? 0) : 0);

const keyText = (key: unknown): string => (isScalar(key) ? String(key.value) : String(key));

const pairOf = (node: Node, step: string | number): Pair | undefined =>
  isMap(node) ? node.items.find(({ key }) => keyText(key) === String(step)) : undefined;

/** Follows a path as far as the document goes. */
const offsetAt = (document: Document, path: Path, at: "key" | "value" = "value"): number => {
  let node: unknown = document.contents;
  let offset = offsetOf(node);
  for (const [index, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    if (isSeq(node) && typeof step === "number") {
      node = node.items[step];
      if (node === undefined) return offset;
      offset = offsetOf(node);
      continue;
    }
    const pair = isNode(node) ? pairOf(node, step) : undefined;
    if (pair === undefined) return offset;
    const last = index === path.length - 1;
    offset = offsetOf(pair.key);
    if (last && at === "key") return offset;
    node = pair.value;
    if (last && isScalar(node)) return offsetOf(node) || offset;
  }
  return offset;
};
