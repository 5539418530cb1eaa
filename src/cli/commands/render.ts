/** `packctl render`: the objects that given YAML would become, by the very functions of the controller. */
import type { Command } from "commander";
import { Option } from "commander";
import { type KubeObject, keyOf } from "../../api/meta.ts";
import type { PackInstall } from "../../api/v1alpha1/index.ts";
import { type Evaluation, evaluateInstall } from "../../policy/evaluate.ts";
import type { Problem } from "../../policy/problem.ts";
import { type Desired, desiredObjects } from "../../resources/desired.ts";
import type { Settings } from "../../resources/settings.ts";
import { CommandError, EXIT, type ExitCode } from "../exit.ts";
import { type Checked, type Loaded, load, unknownKindMessage, validObjects } from "../input/load.ts";
import type { Manifest, Place } from "../input/manifest.ts";
import type { Io } from "../io.ts";
import { toJson } from "../output/json.ts";
import { toYaml, toYamlStream } from "../output/yaml.ts";
import { pathText } from "../schema/crd.ts";
import { readSettings } from "../settings-file.ts";
import { harmless, plural } from "../text.ts";
import { buildWorld, inputFor } from "../world.ts";

type Options = {
  readonly filename: readonly string[];
  readonly settings?: string;
  readonly output: "yaml" | "json";
  readonly namespace: string;
  readonly allowRefused?: true;
};

/** One install and what it would become. */
export type Rendered = {
  readonly install: PackInstall;
  readonly objects: readonly KubeObject[];
  /** Why nothing would run, or not yet. */
  readonly problem: Problem | undefined;
  readonly installed: boolean;
};

export const renderCommand = (program: Command, io: Io, end: (code: ExitCode) => void): void => {
  program
    .command("render")
    .summary("print the objects that installs would become, offline")
    .description(
      "Prints the PackGrant, NetworkPolicy and Pod that each PackInstall would become, exactly as the controller would write them\nfor the same settings. Needs no cluster. Statuses in the input are ignored: it is a first installation. UIDs are zeros.",
    )
    .requiredOption("-f, --filename <path...>", "files, folders or - for standard input")
    .option("--settings <file>", "the controller's settings, as YAML: sandboxImage, gatewayAddress, clusterDomain, ...")
    .option("-n, --namespace <name>", "namespace of objects that name none", "default")
    .addOption(new Option("-o, --output <format>", "output format").choices(["yaml", "json"]).default("yaml"))
    .option("--allow-refused", "exit with 0 even if an install would not be installed")
    .action(async (options: Options) => end(await render(options, io)));
};

const render = async (options: Options, io: Io): Promise<ExitCode> => {
  const settings = await readSettings(options.settings, io);
  const loaded = await load(options.filename, io);
  refuseInvalid(loaded);
  const rendered = renderInstalls(validObjects(loaded), { namespace: options.namespace, settings, now: io.now() });
  if (rendered.length === 0) io.stderr.write("note: there is no PackInstall in the input.\n");
  if (loaded.others.length > 0) io.stderr.write(`note: ${passedOver(loaded.others)}\n`);
  for (const it of rendered) report(it, io);
  io.stdout.write(print(rendered, options.output));
  const refused = rendered.some(({ installed }) => !installed);
  return refused && options.allowRefused !== true ? EXIT.findings : EXIT.ok;
};

/** `namespace`: of objects that name none; `now`: milliseconds since 1970. */
export type RenderOptions = { readonly namespace: string; readonly now: number; readonly settings: Settings };

/** Every install among the objects, in their order. The objects must be valid and have their defaults. */
export const renderInstalls = (
  objects: readonly KubeObject[],
  { namespace, now, settings }: RenderOptions,
): readonly Rendered[] => {
  const world = buildWorld(objects, namespace, now);
  return world.installs.map((install) => {
    const input = inputFor(world, install, settings);
    const evaluation = evaluateInstall(input);
    const desired = desiredObjects(input, evaluation, settings);
    return {
      install,
      objects: [desired.grant, desired.networkPolicy, desired.pod].filter((it) => it !== undefined && it !== "keep"),
      problem: problemOf(evaluation, desired),
      installed: evaluation.outcome === "Installed" && !isRevoked(desired),
    };
  });
};

const isRevoked = ({ grant }: Desired): boolean =>
  grant !== undefined && grant !== "keep" && grant.spec.state === "Revoked";

const problemOf = (evaluation: Evaluation, { grant }: Desired): Problem | undefined => {
  switch (evaluation.outcome) {
    case "Waiting":
    case "Refused":
      return evaluation.problem;
    case "Uninstalling":
    case "Uninstalled":
      return evaluation.cause;
    case "Installed":
      return evaluation.suspended ?? evaluation.unknown ?? revocation(grant);
    default:
      return undefined;
  }
};

const revocation = (grant: Desired["grant"]): Problem | undefined =>
  grant !== undefined && grant !== "keep" && grant.spec.state === "Revoked"
    ? { reason: "PolicyTooLarge", message: grant.spec.message ?? "" }
    : undefined;

const report = ({ install, installed, problem }: Rendered, io: Io): void => {
  if (problem === undefined) return;
  const state = installed ? "would be installed, but nothing runs" : "would not be installed";
  io.stderr.write(`${harmless(`PackInstall ${keyOf(install)}: ${state}: ${problem.reason}: ${problem.message}`)}\n`);
};

const print = (rendered: readonly Rendered[], output: Options["output"]): string => {
  if (output === "json") {
    return toJson({ apiVersion: "v1", kind: "List", items: rendered.flatMap(({ objects }) => objects) });
  }
  return toYamlStream(
    rendered.flatMap(({ install, objects }) =>
      objects.map((object) => toYaml(object, `PackInstall ${keyOf(install)}`)),
    ),
  );
};

const passedOver = (others: readonly Manifest[]): string => {
  const kinds = [...new Set(others.map(({ kind }) => harmless(kind)))].sort();
  return `${plural(others.length, "object")} of other kinds (${kinds.slice(0, 8).join(", ")}) left out.`;
};

const SHOWN = 20;

/** @throws CommandError that lists what the API server would refuse: nothing true can be said about such input */
export const refuseInvalid = (loaded: Loaded): void => {
  const lines = [
    ...loaded.unreadable.map(({ place, message }) => `${placeText(place)}: ${message}`),
    ...loaded.unknown.map((manifest) => `${placeText(manifest.locate([]))}: ${unknownKindMessage(manifest)}`),
    ...loaded.flawedBuiltIn.map(
      ({ manifest, flaw }) =>
        `${placeText(manifest.locate(flaw.path, flaw.at))}: ${subject(manifest)}: \`${pathText(flaw.path)}\` ${flaw.message}`,
    ),
    ...loaded.ours.flatMap(refusalLines),
  ];
  if (lines.length === 0) return;
  const rest = lines.length > SHOWN ? [`and ${lines.length - SHOWN} more`] : [];
  throw new CommandError(
    EXIT.usage,
    ["the API server would refuse the input:", ...lines.slice(0, SHOWN), ...rest]
      .map((line) => harmless(line))
      .join("\n  "),
  );
};

const subject = ({ kind, name }: Manifest): string => `${kind} ${name}`;

const refusalLines = ({ manifest, admitted }: Checked): readonly string[] =>
  admitted.refusals
    .filter(({ rule }) => rule !== "PACK107")
    .map(
      ({ path, at, message }) =>
        `${placeText(manifest.locate(path, at))}: ${subject(manifest)}: \`${pathText(path)}\` ${message}`,
    );

const placeText = ({ file, line, column }: Place): string => `${file}:${line}:${column}`;
