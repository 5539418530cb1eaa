/**
 * JSDoc as schema. Text before the first tag is the description for people; a tag starts a line with `@name`; lines
 * below it that are indented belong to it, and `message:`, `fieldPath:` and `reason:` there start a field of the tag.
 *
 * | tag | on | value |
 * | --- | --- | --- |
 * | `@minLength` `@maxLength` | string | number |
 * | `@pattern` `@notPattern` | string | regular expression that RE2 and JavaScript read alike; `message:` |
 * | `@schemaPattern` | string | regular expression for the structural schema (`\p{...}`) |
 * | `@format` | string | `date-time` |
 * | `@integer` | number | `int32` or `int64` |
 * | `@minimum` `@maximum` | number | number |
 * | `@listType` `@listMapKey` `@minItems` `@maxItems` | list | `atomic`, `set` or `map`; a key; numbers |
 * | `@minProperties` `@maxProperties` | record | number |
 * | `@default` | field outside lists | JSON |
 * | `@immutable` | field of a spec | |
 * | `@onlyWhen` `@exactlyWhen` | optional field | `sibling=Value`: may be set only if, must be set if and only if |
 * | `@rule` | anything | CEL; `message:`, and optionally `fieldPath:` and `reason:` |
 * | `@shortName` `@printColumn` `@selectableField` `@labelName` | kind | name; NAME type path [priority]; path; |
 */

export type Tag = {
  readonly name: string;
  readonly text: string;
  readonly message?: string;
  readonly fieldPath?: string;
  readonly reason?: string;
  /** The line of the source file, from 1. */
  readonly line: number;
};

export type JsDoc = { readonly description: string; readonly tags: readonly Tag[] };

type FieldName = "text" | "message" | "fieldPath" | "reason";
type OpenTag = { name: string; line: number; current: FieldName; parts: Partial<Record<FieldName, string>> };

/** Strips the frame of a comment; `*\/`, which cannot stand in a comment as it is, becomes what it means. */
const linesOf = (comment: string): readonly string[] =>
  comment
    .replace(/^\/\*\*/, "")
    .replace(/\*\/$/, "")
    .split("\n")
    .map((line) =>
      line
        .replace(/^\s*\* ?/, "")
        .replaceAll("*\\/", "*/")
        .trimEnd(),
    );

const close = (tag: OpenTag): Tag => {
  const { text = "", message, fieldPath, reason } = tag.parts;
  return {
    name: tag.name,
    line: tag.line,
    text,
    ...(message === undefined ? {} : { message }),
    ...(fieldPath === undefined ? {} : { fieldPath }),
    ...(reason === undefined ? {} : { reason }),
  };
};

const extend = (tag: OpenTag, line: string): void => {
  const field = /^(message|fieldPath|reason): (.*)$/.exec(line);
  if (field !== null) {
    tag.current = field[1] as FieldName;
    tag.parts[tag.current] = field[2] ?? "";
    return;
  }
  tag.parts[tag.current] = `${tag.parts[tag.current] ?? ""} ${line}`.trim();
};

/** Reads a comment with its frame. `firstLine` is where it starts in its file. */
export const parseJsDoc = (comment: string, firstLine: number): JsDoc => {
  const description: string[] = [];
  const tags: OpenTag[] = [];
  for (const [index, raw] of linesOf(comment).entries()) {
    const line = raw.trim();
    const start = /^@(\w+)(?: (.*))?$/.exec(line);
    if (start !== null) {
      tags.push({ name: start[1] ?? "", line: firstLine + index, current: "text", parts: { text: start[2] ?? "" } });
      continue;
    }
    const open = tags.at(-1);
    if (open === undefined) description.push(line);
    else if (line !== "") extend(open, line);
  }
  return { description: description.join(" ").trim(), tags: tags.map(close) };
};
