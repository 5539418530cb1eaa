import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { CONDITIONS } from "../src/api/conditions.ts";
import { PACK_KINDS } from "../src/api/kinds.ts";
import { REASONS, REASONS_OF } from "../src/api/reasons.ts";
import { ADMISSION_MODULE, generate, kindsOf, SOURCE_FOLDER } from "./generate.ts";
import { differences, run } from "./main.ts";
import type { Schema } from "./model.ts";
import { POLICIES_FOLDER } from "./to-admission.ts";

const ROOT = join(import.meta.dirname, "..");

describe("what is committed", () => {
  test("is exactly what the sources say", () => {
    expect(differences(ROOT, generate(ROOT))).toEqual([]);
  });

  test("is the same bytes every time", () => {
    expect([...generate(ROOT)]).toEqual([...generate(ROOT)]);
  });

  test("is plain ASCII without tabs or trailing spaces in the CRDs", () => {
    for (const [path, text] of generate(ROOT)) {
      if (path.startsWith("crds/")) expect(text, path).not.toMatch(/[^\x20-\x7e\n]|[ ]$/m);
    }
  });

  test("parses back to one CustomResourceDefinition and one JSON Schema a kind", () => {
    const files = generate(ROOT);
    for (const { kind, plural } of PACK_KINDS) {
      const crd = parse(files.get(`crds/${plural}.packs.dev.yaml`) ?? "");
      expect(crd.spec.names.kind).toBe(kind);
      const schema = JSON.parse(files.get(`schemas/${kind.toLowerCase()}.json`) ?? "");
      expect(schema.properties.kind).toEqual({ const: kind });
    }
  });
});

describe("the check", () => {
  let copy: string;
  const lines: string[] = [];
  const check = (): number => run(copy, ["--check"], (line) => lines.push(line));

  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), "codegen-"));
    for (const path of [SOURCE_FOLDER, "crds", "schemas", "docs/reference", POLICIES_FOLDER, ADMISSION_MODULE]) {
      cpSync(join(ROOT, path), join(copy, path), { recursive: true });
    }
  });

  afterAll(() => rmSync(copy, { recursive: true }));

  test("passes, lists what differs, and writing repairs it", () => {
    expect(check()).toBe(0);
    const crd = join(copy, "crds/packdocs.packs.dev.yaml");
    writeFileSync(crd, `${readFileSync(crd, "utf8")}# by hand\n`);
    writeFileSync(join(copy, "schemas/old.json"), "{}");
    rmSync(join(copy, "docs/reference/packdoc.md"));
    expect(check()).toBe(1);
    expect(lines).toEqual([
      "crds/packdocs.packs.dev.yaml differs from its source; run make generate",
      "docs/reference/packdoc.md differs from its source; run make generate",
      "schemas/old.json differs from its source; run make generate",
    ]);
    expect(run(copy, [], () => undefined)).toBe(0);
    expect(check()).toBe(0);
  });

  test("a change of a type shows in CRD, JSON Schema and reference at once", () => {
    const source = join(copy, SOURCE_FOLDER, "pack-folder.ts");
    writeFileSync(source, readFileSync(source, "utf8").replace("@maxItems 300", "@maxItems 301"));
    lines.length = 0;
    expect(check()).toBe(1);
    expect(lines.map((line) => line.split(" ")[0])).toEqual([
      "crds/packfolders.packs.dev.yaml",
      "docs/reference/packfolder.md",
      "schemas/packfolder.json",
    ]);
  });

  test("a change of what a policy refuses shows in what the controller compares with", () => {
    const source = join(copy, POLICIES_FOLDER, "packs-installer.yaml");
    run(copy, [], () => undefined);
    lines.length = 0;
    writeFileSync(source, readFileSync(source, "utf8").replace("failurePolicy: Fail", "failurePolicy: Fail # closed"));
    expect(check()).toBe(0);
    writeFileSync(source, readFileSync(source, "utf8").replaceAll("'install-as'", "'install'"));
    expect(check()).toBe(1);
    expect(lines).toEqual([`${ADMISSION_MODULE} differs from its source; run make generate`]);
  });

  test("a policy without a binding is an error", () => {
    const source = join(copy, POLICIES_FOLDER, "packs-installer.yaml");
    writeFileSync(source, readFileSync(source, "utf8").replace("policyName: packs-installer", "policyName: other"));
    expect(() => generate(copy)).toThrow("the policy packs-installer must have exactly one binding");
  });
});

describe("the tables of conditions and reasons", () => {
  test("have an entry for every kind", () => {
    const kinds = PACK_KINDS.map(({ kind }) => kind).sort();
    expect(Object.keys(CONDITIONS).sort()).toEqual(kinds);
    expect(Object.keys(REASONS_OF).sort()).toEqual(kinds);
  });

  test("fit the schema of a condition", () => {
    const words = [
      ...Object.keys(REASONS),
      ...Object.values(CONDITIONS).flatMap((list) => list.map(({ type }) => type)),
    ];
    for (const word of words) expect(word).toMatch(/^[A-Z][A-Za-z0-9]{0,63}$/);
  });

  test("every reason says what is the case in a sentence, and what is bad also says what to do", () => {
    for (const [word, { text, advice }] of Object.entries(REASONS)) {
      expect(text, word).toMatch(/^[A-Z].*\.$/);
      expect(advice, word).toMatch(/^$|^[A-Z].*\.$/);
    }
  });
});

describe("the schemas", () => {
  const walk = (schema: Schema, path: string, visit: (schema: Schema, path: string) => void): void => {
    visit(schema, path);
    if (schema.type === "object")
      for (const { name, schema: inner } of schema.properties) walk(inner, `${path}.${name}`, visit);
    if (schema.type === "array") walk(schema.items, `${path}[]`, visit);
    if (schema.type === "map") walk(schema.values, `${path}.*`, visit);
  };

  test.each(kindsOf(ROOT).map((kind) => [kind.resource.kind, kind] as const))(
    "%s: every message tells a person what to write",
    (_, kind) => {
      for (const root of [kind.spec, kind.status]) {
        walk(root, kind.resource.kind, (schema, path) => {
          const patterns = schema.type === "string" ? schema.patterns : [];
          for (const { message } of [...schema.rules, ...patterns]) {
            expect(message, path).toMatch(/must|may/);
            expect(message.length, path).toBeLessThanOrEqual(256);
          }
        });
      }
    },
  );
});
