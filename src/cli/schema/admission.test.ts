/**
 * The verdicts of the offline checks on the very objects whose verdicts by a real API server test/crds holds: what is
 * accepted there passes here, what is refused there is refused here, at the same place.
 */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { kindsOf } from "../../../codegen/generate.ts";
import type { Kind } from "../../../codegen/model.ts";
import { BAD_STRINGS } from "../../../test/crds/bad-strings.ts";
import { objectOf, ROWS } from "../../../test/crds/object-rows.ts";
import { SAMPLES, type Sample, sample } from "../../../test/crds/samples.ts";
import { get, pathText, type Site, set, specSites, wrongValues } from "../../../test/crds/sites.ts";
import { type Admitted, admit, isRefused } from "./admission.ts";

const KINDS = kindsOf(join(import.meta.dirname, "..", "..", ".."));

const objectsOf = ({ resource }: Kind): readonly Sample[] =>
  (SAMPLES[resource.kind] ?? []).map((spec) =>
    sample(
      resource.kind,
      spec,
      resource.kind === "PackOrganization" ? "default" : "sample",
      resource.namespaced ? "x" : undefined,
    ),
  );

const admitSample = (object: Sample): Admitted =>
  admit(object.kind, object as unknown as Readonly<Record<string, unknown>>);

const texts = (admitted: Admitted): readonly string[] =>
  admitted.refusals.map(({ path, message }) => `${pathText(path)} ${message}`);

const holderOf = (kind: Kind, site: Site): Sample | undefined =>
  objectsOf(kind).find((object) => get(object, site.path) !== undefined);

describe.each(KINDS.map((kind) => [kind.resource.kind, kind] as const))("%s", (_, kind) => {
  test("every object that the API server accepts passes, with every rule evaluated", () => {
    for (const object of objectsOf(kind)) expect(texts(admitSample(object))).toEqual([]);
  });

  test("every limit of its schema that is broken is found where it is broken", () => {
    const missed = specSites(kind).flatMap((site) => {
      const holder = holderOf(kind, site);
      if (holder === undefined) return [];
      return wrongValues(site, get(holder, site.path)).flatMap(({ what, value }) => {
        const admitted = admitSample(set(holder, site.path, value));
        const there = admitted.refusals.some(({ path }) => pathText(path).startsWith(pathText(site.path)));
        return isRefused(admitted) && there ? [] : [`${pathText(site.path)}: ${what}: ${texts(admitted).join("; ")}`];
      });
    });
    expect(missed).toEqual([]);
  });

  test("every required field that is missing is found", () => {
    const missed = specSites(kind)
      .filter(({ required, path }) => required && path.length > 1)
      .flatMap((site) => {
        const holder = holderOf(kind, site);
        if (holder === undefined) return [];
        const admitted = admitSample(set(holder, site.path, undefined));
        return isRefused(admitted) ? [] : [pathText(site.path)];
      });
    expect(missed).toEqual([]);
  });

  test("every word that breaks a pattern is found, with the API server's message", () => {
    const missed = specSites(kind).flatMap((site) => {
      const { schema } = site;
      const holder = schema.type === "string" ? holderOf(kind, site) : undefined;
      if (holder === undefined || schema.type !== "string") return [];
      const messages = [
        ...schema.patterns.map(({ message }) => message),
        ...schema.rules.map(({ message }) => message),
      ];
      const words = messages.flatMap((message) => (BAD_STRINGS[message] ?? []).map((word) => ({ message, word })));
      const symbol = schema.schemaPattern === undefined ? [] : [{ message: messages[0], word: "a\u2603" }];
      return [...words, ...symbol].flatMap(({ message, word }) => {
        const admitted = admitSample(set(holder, site.path, word));
        const said = admitted.refusals.some((refusal) => refusal.message === message || refusal.rule === "PACK104");
        return isRefused(admitted) && said
          ? []
          : [`${pathText(site.path)} = ${JSON.stringify(word)}: ${texts(admitted).join("; ")}`];
      });
    });
    expect(missed).toEqual([]);
  });

  test("a field that does not exist is found in every object", () => {
    const missed = specSites(kind)
      .filter(({ schema }) => schema.type === "object")
      .flatMap(({ path, ...site }) => {
        const holder = holderOf(kind, { path, ...site });
        if (holder === undefined) return [];
        const wrong = set(holder, path, { ...(get(holder, path) as object), misspelt: 1 });
        const at = `${pathText(path)}.misspelt`;
        return admitSample(wrong).refusals.some((it) => it.rule === "PACK101" && pathText(it.path) === at) ? [] : [at];
      });
    expect(missed).toEqual([]);
  });
});

describe("a rule about several fields", () => {
  test.each(ROWS.map((row) => [`${row[1]}: ${row[0]}`, row] as const))("%s", (_, row) => {
    const [, , , message] = row;
    const admitted = admitSample(objectOf(row, "x"));
    expect(admitted.refusals.filter(({ rule }) => rule === "PACK107")).toEqual([]);
    if (message === undefined) {
      expect(texts(admitted)).toEqual([]);
      return;
    }
    expect(isRefused(admitted)).toBe(true);
    // The API server puts `: Invalid value` between a place and what is wrong there.
    for (const part of message.split("|")) expect(texts(admitted).join("\n")).toContain(part.split(": Invalid")[0]);
  });
});
