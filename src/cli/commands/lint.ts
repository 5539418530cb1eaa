/** `packctl lint`: what the API server and the controller would refuse, and what is probably not meant; offline. */
import { type Command, Option } from "commander";
import { VERSION } from "../embedded.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import { load } from "../input/load.ts";
import type { Io } from "../io.ts";
import { type Finding, subjectText } from "../lint/finding.ts";
import { lint } from "../lint/lint.ts";
import { atLeast, type Level, RULES } from "../lint/rules.ts";
import { type Colors, colorsFor } from "../output/color.ts";
import { toJson } from "../output/json.ts";
import { toSarif } from "../output/sarif.ts";
import { table } from "../output/table.ts";
import { readSettings } from "../settings-file.ts";
import { harmless, plural } from "../text.ts";

type Options = {
  readonly filename: readonly string[];
  readonly settings?: string;
  readonly output: "table" | "json" | "sarif";
  readonly namespace: string;
  readonly failLevel: Level;
  readonly strict?: true;
  readonly headers: boolean;
};

/** The version of the JSON that `-o json` prints. */
const JSON_VERSION = "packctl.packs.dev/v1";

export const lintCommand = (program: Command, io: Io, end: (code: ExitCode) => void): void => {
  program
    .command("lint")
    .summary("check YAML against the API and the rules, offline")
    .description(
      "Finds what the API server would refuse, what the controller would not accept, references to nothing, and what is probably\nnot meant. Needs no cluster. Each rule has a stable id; docs/cli.md lists them.",
    )
    .requiredOption("-f, --filename <path...>", "files, folders or - for standard input")
    .option("--settings <file>", "the controller's settings, as YAML: clusterDomain, testMode, ...")
    .option("-n, --namespace <name>", "namespace of objects that name none", "default")
    .addOption(
      new Option("-o, --output <format>", "output format").choices(["table", "json", "sarif"]).default("table"),
    )
    .option("--strict", "everything is given: missing objects and installs that do not come about are errors")
    .addOption(
      new Option("--fail-level <level>", "exit with 1 from this level on")
        .choices(["error", "warning", "note"])
        .default("error"),
    )
    .option("--no-headers", "a table without headers")
    .action(async (options: Options) => end(await runLint(options, io)));
};

const runLint = async (options: Options, io: Io): Promise<ExitCode> => {
  const settings = await readSettings(options.settings, io);
  const loaded = await load(options.filename, io);
  const strict = options.strict === true;
  const found = lint(loaded, { settings, namespace: options.namespace, now: io.now(), strict });
  const nothing = [loaded.ours, loaded.unknown, loaded.unreadable].every((list) => list.length === 0);
  const findings = nothing ? [...found, nothingToCheck(options.filename)] : found;
  print(findings, loaded.ours.length, options, io);
  return findings.some(({ level }) => atLeast(level, options.failLevel)) ? EXIT.findings : EXIT.ok;
};

const nothingToCheck = ([file = "-"]: readonly string[]): Finding => ({
  rule: "PACK006",
  level: RULES.PACK006.level,
  message: "there is no object of packs.dev in the input.",
  place: { file, line: 1, column: 1 },
});

const print = (findings: readonly Finding[], objects: number, options: Options, io: Io): void => {
  switch (options.output) {
    case "json":
      io.stdout.write(toJson(jsonOf(findings, objects)));
      return;
    case "sarif":
      io.stdout.write(toJson(toSarif(findings, VERSION, RULES)));
      return;
    case "table":
      io.stdout.write(tableOf(findings, options.headers, colorsFor(io.stdout, io.env)));
      io.stderr.write(`${summary(findings, objects)}\n`);
  }
};

const count = (findings: readonly Finding[], level: Level): number =>
  findings.filter((finding) => finding.level === level).length;

const jsonOf = (findings: readonly Finding[], objects: number): unknown => ({
  apiVersion: JSON_VERSION,
  kind: "LintReport",
  summary: {
    objects,
    errors: count(findings, "error"),
    warnings: count(findings, "warning"),
    notes: count(findings, "note"),
  },
  findings: findings.map(({ rule, level, message, place, subject, path }) => ({
    rule,
    name: RULES[rule].name,
    level,
    ...place,
    ...(subject === undefined ? {} : { object: subject }),
    ...(path === undefined ? {} : { path }),
    message,
    advice: RULES[rule].advice,
  })),
});

const tableOf = (findings: readonly Finding[], headers: boolean, colors: Colors): string => {
  if (findings.length === 0) return "";
  const paint: Readonly<Record<Level, (text: string) => string>> = {
    error: colors.red,
    warning: colors.yellow,
    note: colors.dim,
  };
  const rows = findings.map(({ rule, level, message, place, subject, path }) => [
    harmless(`${place.file}:${place.line}:${place.column}`),
    paint[level](level),
    rule,
    subject === undefined ? "-" : harmless(subjectText(subject)),
    harmless(path === undefined ? message : `\`${path}\` ${message}`),
  ]);
  return table(rows, headers ? ["place", "level", "rule", "object", "message"] : undefined);
};

const summary = (findings: readonly Finding[], objects: number): string =>
  [
    `${plural(objects, "object")} checked`,
    plural(count(findings, "error"), "error"),
    plural(count(findings, "warning"), "warning"),
    plural(count(findings, "note"), "note"),
  ].join(", ");
