/** The examples without a cluster: `packctl` finds nothing wrong, and each step ends as its README says. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { parse } from "yaml";
import { PACK_KINDS } from "../../src/api/kinds.ts";
import { type KubeObject, keyOf } from "../../src/api/meta.ts";
import type { PackConfiguration, PackDefinition, PackInstallStatus } from "../../src/api/v1alpha1/index.ts";
import { renderInstalls } from "../../src/cli/commands/render.ts";
import { type Loaded, sortOut, validObjects } from "../../src/cli/input/load.ts";
import { parseManifests } from "../../src/cli/input/manifest.ts";
import { lint } from "../../src/cli/lint/lint.ts";
import { run } from "../../src/cli/main.ts";
import { partsOf } from "../../src/cli/pack/parts.ts";
import { PLACEHOLDER } from "../../src/cli/placeholder.ts";
import { PRESET_NAMES, presetYaml } from "../../src/cli/presets/presets.ts";
import { buildWorld, inputFor } from "../../src/cli/world.ts";
import { type Evaluation, evaluateInstall } from "../../src/policy/evaluate.ts";
import { componentStates, grantOf } from "../../src/policy/grant.ts";
import type { InstallInput } from "../../src/policy/input.ts";
import { trialFindings } from "../../src/policy/trial.ts";
import { DEFAULT_SETTINGS } from "../../src/resources/settings.ts";
import { NOW } from "../gen/objects.ts";
import {
  answerTo,
  asTold,
  type Command,
  enabledNames,
  type Outcome,
  ROOT,
  readWalkthrough,
  WALKTHROUGHS,
} from "./walkthrough.ts";

/** Without walkthrough: test/e2e/manifests.test.ts applies them. */
const SHORT = ["denied", "narrow", "quickstart"];
const OPTIONS = { settings: DEFAULT_SETTINGS, namespace: "default", now: NOW } as const;

const SILENT = { write: () => undefined, isTerminal: false };

/** Its exit code. */
const packctl = (...args: readonly string[]): Promise<number> =>
  run(args, {
    stdout: SILENT,
    stderr: SILENT,
    readStdin: async () => new Uint8Array(),
    env: {},
    program: "packctl",
    now: () => NOW,
  });

/** As `kubectl apply -f` finds them: a file, or those of a folder without its sub-folders. */
const filesOf = (path: string): readonly string[] => {
  const full = join(ROOT, path);
  if (!statSync(full).isDirectory()) return [path];
  return readdirSync(full)
    .filter((file) => file.endsWith(".yaml"))
    .sort()
    .map((file) => join(path, file));
};

const loadFrom = (path: string): Loaded =>
  sortOut(filesOf(path).map((name) => parseManifests({ name, text: readFileSync(join(ROOT, name), "utf8") })));

type Store = ReadonlyMap<string, KubeObject>;

const idOf = (object: KubeObject): string => `${object.kind} ${keyOf(object)}`;

const kindOf = (word: string): string => {
  const kind = PACK_KINDS.find(({ kind, plural }) => plural === word || kind.toLowerCase() === word)?.kind;
  if (kind === undefined) throw new Error(`there is no kind '${word}'`);
  return kind;
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** RFC 7386. */
const mergePatched = (target: unknown, patch: unknown): unknown => {
  if (!isObject(patch)) return patch;
  const base = isObject(target) ? target : {};
  const merged = Object.entries(patch).map(([key, value]) => [key, mergePatched(base[key], value)] as const);
  return Object.fromEntries(Object.entries({ ...base, ...Object.fromEntries(merged) }).filter(([, it]) => it !== null));
};

const flagOf = (args: readonly string[], flag: string): string | undefined => {
  const at = args.indexOf(flag);
  return at < 0 ? undefined : args[at + 1];
};

/** What a command of a README leaves behind; one that is refused leaves everything as it is. */
const after = (store: Store, { args, refused }: Command): Store => {
  const [verb, word = "", ...rest] = args;
  if (refused !== undefined || verb === "get") return store;
  const namespace = flagOf(args, "-n");
  const id = (name: string): string => `${kindOf(word)} ${namespace === undefined ? name : `${namespace}/${name}`}`;
  switch (verb) {
    case "apply":
      return new Map([
        ...store,
        ...validObjects(loadFrom(flagOf(args, "-f") ?? "")).map((it) => [idOf(it), it] as const),
      ]);
    case "delete":
      return new Map([...store].filter(([key]) => !rest.some((name) => id(name) === key)));
    case "patch": {
      const target = id(rest[0] ?? "");
      const object = store.get(target);
      if (object === undefined) throw new Error(`there is no ${target}`);
      return new Map([...store, [target, mergePatched(object, JSON.parse(flagOf(args, "-p") ?? "")) as KubeObject]]);
    }
    default:
      throw new Error(`'kubectl ${verb}' is not understood here`);
  }
};

type Told = { readonly outcome: Required<Outcome>; readonly input: InstallInput; readonly evaluation: Evaluation };

const stateOf = (evaluation: Evaluation): string => {
  switch (evaluation.outcome) {
    case "Installed":
    case "Latched":
      return evaluation.outcome;
    case "Waiting":
    case "Refused":
      return evaluation.problem.reason;
    case "Uninstalling":
    case "Uninstalled":
      return evaluation.cause.reason;
  }
};

const grantFor = ({ evaluation, input }: Pick<Told, "evaluation" | "input">) => {
  const grant = grantOf(input, evaluation);
  return grant === "keep" ? undefined : grant;
};

const tell = (input: InstallInput): Told => {
  const evaluation = evaluateInstall(input);
  const grant = grantFor({ evaluation, input });
  const trials = trialFindings(input);
  return {
    input,
    evaluation,
    outcome: {
      state: stateOf(evaluation),
      configuration: "permit" in evaluation ? evaluation.permit.binding.name : "",
      enabled: grant === undefined ? [] : enabledNames(componentStates(grant)),
      trial: trials === undefined ? "" : (trials[0]?.reason ?? "WithinPolicy"),
    },
  };
};

/** What an install remembers from one step to the next. */
const memoryOf = ({ evaluation, input: { doc } }: Told): PackInstallStatus => {
  if (evaluation.outcome !== "Installed") return {};
  const audience = doc.state === "found" ? doc.value.audience : doc;
  return {
    boundConfiguration: evaluation.permit.binding,
    folders: audience.state === "found" ? audience.value.folders : [],
  };
};

const evaluateAll = (store: Store, before: ReadonlyMap<string, Told>): ReadonlyMap<string, Told> => {
  const world = buildWorld([...store.values()], OPTIONS.namespace, OPTIONS.now);
  return new Map(
    world.installs.map((install) => {
      const known = before.get(keyOf(install));
      const status = known === undefined ? {} : memoryOf(known);
      return [keyOf(install), tell({ ...inputFor(world, install, OPTIONS.settings), install: { ...install, status } })];
    }),
  );
};

describe.each(WALKTHROUGHS)("examples/$folder", ({ folder, promise }) => {
  const steps = readWalkthrough(folder);
  const path = join("examples", folder);

  it(`${promise}, step by step as its README says`, () => {
    let store: Store = new Map();
    let told: ReadonlyMap<string, Told> = new Map();
    expect(steps.flatMap(({ installs }) => installs)).not.toEqual([]);
    for (const { calls, commands, installs } of steps) {
      store = commands.reduce(after, store);
      told = evaluateAll(store, told);
      for (const { expected, name, namespace } of installs) {
        const { outcome } = told.get(`${namespace}/${name}`) ?? {};
        expect(outcome && asTold(outcome, expected), `${namespace}/${name}`).toEqual(expected);
      }
      for (const row of calls) {
        const known = told.get(`${row.namespace}/${row.install}`);
        const grant = known && grantFor(known);
        if (known === undefined || grant === undefined) throw new Error(`${row.namespace}/${row.install} has no grant`);
        const answer = answerTo(row, grant, known.input.groups, NOW);
        expect(answer, `${row.user} calls ${row.call} in ${row.namespace}/${row.install}`).toBe(row.answer);
      }
    }
  });

  it("packctl lint finds no error in the whole folder, and warns of nothing but what the README says", async () => {
    const [first] = steps;
    expect(await packctl("lint", "-f", join(ROOT, path))).toBe(0);
    const refused = first?.installs.filter(({ expected }) => expected.state !== "Installed") ?? [];
    const announced = (message: string): boolean =>
      refused.some(({ expected }) => message.startsWith(`${expected.state}: `));
    const warnings = lint(loadFrom(path), { ...OPTIONS, strict: false }).filter(({ level }) => level !== "note");
    expect(warnings.filter(({ message }) => !announced(message))).toEqual([]);
  });

  it("packctl render makes the three objects of every install that comes about", async () => {
    expect(await packctl("render", "--allow-refused", "-f", join(ROOT, path))).toBe(0);
    const rendered = renderInstalls(validObjects(loadFrom(path)), OPTIONS);
    for (const { expected, name, namespace } of steps[0]?.installs ?? []) {
      const found = rendered.find(({ install }) => keyOf(install) === `${namespace}/${name}`);
      const kinds = expected.state === "Installed" ? ["PackGrant", "NetworkPolicy", "Pod"] : [];
      expect(
        found?.objects.map(({ kind }) => kind),
        `${namespace}/${name}`,
      ).toEqual(kinds);
    }
  });

  it("its README names every install of the folder, and is short", () => {
    const installs = validObjects(loadFrom(path)).filter(({ kind }) => kind === "PackInstall");
    const named = new Set(steps.flatMap((step) => step.installs.map(({ name, namespace }) => `${namespace}/${name}`)));
    expect(installs.map(keyOf).filter((key) => !named.has(key))).toEqual([]);
    const text = readFileSync(join(ROOT, path, "README.md"), "utf8");
    const [intro = ""] = text.split("```");
    expect(intro.trim().split("\n").length).toBeLessThanOrEqual(7);
  });
});

describe("examples/presets", () => {
  const definition = loadFrom("examples/presets/definition.yaml").ours[0]?.admitted.object as unknown as PackDefinition;
  const [pack, parts] = [definition.metadata.name, partsOf(definition)];

  test.each(PRESET_NAMES)(
    "S1-33 S1-39 %s is the outline of packctl with its placeholder replaced, and nothing else",
    (preset) => {
      const name = `${pack}-${preset}`;
      const outline = presetYaml(preset, { pack, name, parts });
      const completed = outline
        .replaceAll(PLACEHOLDER.group, "leads")
        .replaceAll(PLACEHOLDER.syncTable, "Tasks")
        .replaceAll(PLACEHOLDER.scope, "tasks:read");
      const file = readFileSync(join(ROOT, "examples", "presets", `configuration-${preset}.yaml`), "utf8");
      expect(parse(file) as PackConfiguration).toEqual(parse(completed));
    },
  );
});

test("S1-40 every folder of examples/ is listed in its README, and read by a test", () => {
  const folders = readdirSync(join(ROOT, "examples"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  expect([...WALKTHROUGHS.map(({ folder }) => folder), ...SHORT].sort()).toEqual([...folders].sort());
  const index = readFileSync(join(ROOT, "examples", "README.md"), "utf8");
  for (const folder of folders) expect(index).toContain(`[${folder}](${folder}/)`);
});
