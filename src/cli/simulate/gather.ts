/** What `packctl simulate` and `packctl diff` read: a cluster or a folder as it is, and a change. */
import type { Command } from "commander";
import type { Settings } from "../../resources/settings.ts";
import { type ClusterOptions, withCluster, withClusterOptions } from "../cluster.ts";
import { CommandError, EXIT, usageError } from "../exit.ts";
import { type Loaded, load } from "../input/load.ts";
import type { Io } from "../io.ts";
import { type Finding, subjectText } from "../lint/finding.ts";
import { lint } from "../lint/lint.ts";
import { buildLiveWorld, type LiveWorld, readLiveWorld } from "../live-world.ts";
import { readSettings } from "../settings-file.ts";
import { harmless, plural } from "../text.ts";
import { parseTarget, type Step, stepsOf, storedObjects, targetText } from "./change.ts";
import { missingTargets } from "./report.ts";

export type ChangeOptions = ClusterOptions & {
  readonly filename?: readonly string[];
  readonly delete?: readonly string[];
  readonly against?: readonly string[];
  readonly namespace?: string;
  readonly settings?: string;
};

export const withChangeOptions = (command: Command): Command =>
  withClusterOptions(
    command
      .option("-f, --filename <path...>", "the changed YAML: files, folders or - for standard input")
      .option("--delete <object...>", "what is deleted: KIND/NAME or KIND/NAMESPACE/NAME")
      .option("--against <path...>", "files or folders taken for what a cluster has stored, instead of a cluster")
      .option("-n, --namespace <name>", "namespace of objects that name none; that of the context if not given")
      .option("--settings <file>", "the controller's settings, as YAML"),
  );

/** A world and what is to be done to it. */
export type Gathered = {
  readonly world: LiveWorld;
  readonly steps: readonly Step[];
  readonly settings: Settings;
};

/** The findings of `packctl lint` for which nothing is evaluated: what the API server would refuse, and placeholders. */
export type Refusal = { readonly findings: readonly Finding[] };

/**
 * @throws CommandError for what cannot be read, and for stored files that the API server would not have taken; also for
 * objects to delete that are not there
 */
export const gather = async (options: ChangeOptions, io: Io): Promise<Gathered | Refusal> => {
  const { against, filename = [] } = options;
  if (filename.length === 0 && options.delete === undefined) throw usageError("give a change: -f PATH or --delete.");
  const settings = await readSettings(options.settings, io);
  const loaded = await load(filename, io);
  const findings = refusals(loaded, settings, options, io);
  if (findings.length > 0) return { findings };
  if (loaded.others.length > 0) {
    io.stderr.write(`note: ${plural(loaded.others.length, "object")} of other kinds left out.\n`);
  }
  const stepsIn = (namespace: string): readonly Step[] => [
    ...(options.delete ?? []).map((it): Step => ({ verb: "delete", target: parseTarget(it, namespace) })),
    ...stepsOf(loaded, namespace),
  ];
  const gathered =
    against === undefined
      ? await fromCluster(stepsIn, settings, options, io)
      : await fromFiles(stepsIn, against, settings, options, io);
  if (gathered.steps.length === 0) throw usageError("there is no object in the change that packs depend on.");
  const [missing] = missingTargets(gathered.world, gathered.steps);
  if (missing !== undefined) throw new CommandError(EXIT.findings, `there is no ${targetText(missing)} to delete.`);
  return gathered;
};

type StepsIn = (namespace: string) => readonly Step[];

const fromCluster = (steps: StepsIn, settings: Settings, options: ChangeOptions, io: Io): Promise<Gathered> =>
  withCluster(options, async ({ client, namespace: own }) => {
    const namespace = options.namespace ?? own;
    return { world: await readLiveWorld(client, io.now(), namespace), steps: steps(namespace), settings };
  });

/** Nobody vouches for the names in files; they are taken as true. */
const fromFiles = async (
  steps: StepsIn,
  paths: readonly string[],
  settings: Settings,
  { namespace = "default" }: ChangeOptions,
  io: Io,
): Promise<Gathered> => {
  const loaded = await load(paths, io);
  const wrong = refusals(loaded, settings, { namespace }, io).filter(({ rule }) => rule !== GRANT);
  if (wrong.length > 0) throw refused(wrong, "what --against names is nothing that a cluster has stored");
  const now = io.now();
  return {
    world: buildLiveWorld(storedObjects(loaded, namespace, now), new Map(), now),
    steps: steps(namespace),
    settings: { ...settings, admission: "Unchecked" },
  };
};

const PLACEHOLDER = "PACK409";
/** What a cluster has stored has grants, too; they follow from the rest. */
const GRANT = "PACK111";
/** Rules from here on are about what the controller makes of objects; that is what is simulated. */
const FIRST_OF_MEANING = "PACK200";

const refusals = (
  loaded: Loaded,
  settings: Settings,
  { namespace = "default" }: Pick<ChangeOptions, "namespace">,
  io: Io,
): readonly Finding[] =>
  lint(loaded, { settings, namespace, now: io.now(), strict: false }).filter(
    ({ level, rule }) => level === "error" && (rule < FIRST_OF_MEANING || rule === PLACEHOLDER),
  );

const SHOWN = 20;

/** The findings as an error for people. */
export const refused = (findings: readonly Finding[], why: string): CommandError => {
  const rest = findings.length - SHOWN;
  return new CommandError(
    EXIT.usage,
    [`${why}:`, ...findings.slice(0, SHOWN).map(findingText), ...(rest > 0 ? [`and ${rest} more`] : [])]
      .map((line) => harmless(line))
      .join("\n  "),
  );
};

const findingText = ({ message, path, place, rule, subject }: Finding): string =>
  `${place.file}:${place.line}:${place.column}: ${rule}: ${subject === undefined ? "" : `${subjectText(subject)}: `}${
    path === undefined ? "" : `\`${path}\` `
  }${message}`;
