/** `packctl requests`: what people ask for, and the answers. */
import { type Command, Option } from "commander";
import { PACK_REQUEST } from "../../api/kinds.ts";
import type { PackRequest } from "../../api/v1alpha1/index.ts";
import { type ClusterOptions, listAll, withCluster, withClusterOptions } from "../cluster.ts";
import { CommandError, EXIT, type ExitCode } from "../exit.ts";
import type { Io } from "../io.ts";
import { type Colors, colorsFor } from "../output/color.ts";
import { toJson } from "../output/json.ts";
import { table } from "../output/table.ts";
import { toYaml } from "../output/yaml.ts";
import { type Answer, decideRequest } from "../requests/decide.ts";
import { type Decision, type RequestReport, reportRequests } from "../requests/report.ts";
import { ago } from "../status/screen.ts";
import { harmless } from "../text.ts";

type ListOptions = ClusterOptions & {
  readonly namespace?: string;
  readonly pack?: string;
  readonly pending?: true;
  readonly output: "table" | "json" | "yaml";
  readonly headers: boolean;
};

type AnswerOptions = ClusterOptions & { readonly namespace?: string; readonly reason?: string };

export const requestsCommand = (program: Command, io: Io, end: (code: ExitCode) => void): void => {
  const requests = program
    .command("requests")
    .summary("list, approve and deny requests for packs")
    .description("Lists what people ask for, and answers in your name.");
  withClusterOptions(
    requests
      .command("list")
      .summary("list requests, and how many there are per pack")
      .description("Lists PackRequests, the pending ones first, and how many there are per pack.")
      .option("-n, --namespace <name>", "those of one namespace; of all namespaces if not given")
      .option("--pack <pack>", "those for one pack")
      .option("--pending", "those that nobody has answered"),
  )
    .addOption(new Option("-o, --output <format>", "output format").choices(["table", "json", "yaml"]).default("table"))
    .option("--no-headers", "tables without headers")
    .action(async (options: ListOptions) => end(await list(options, io)));

  answerCommand(requests, "approve", "allow the pack")
    .option("--reason <text>", "why, for the requester")
    .action(async (name: string, options: AnswerOptions) => end(await answer(name, "Approved", options, io)));
  answerCommand(requests, "deny", "refuse the pack")
    .requiredOption("--reason <text>", "why, for the requester")
    .action(async (name: string, options: AnswerOptions) => end(await answer(name, "Denied", options, io)));
};

const answerCommand = (requests: Command, name: "approve" | "deny", does: string): Command =>
  withClusterOptions(
    requests
      .command(name)
      .summary(`${does} that somebody asks for`)
      .description(
        `Answers a PackRequest in your name. It needs the verb 'approve' on the pack's definition.\nAn earlier answer is replaced.`,
      )
      .argument("<request>", "the name of the PackRequest")
      .option("-n, --namespace <name>", "its namespace; that of the context if not given"),
  );

const list = ({ namespace, pack, pending, ...options }: ListOptions, io: Io): Promise<ExitCode> =>
  withCluster(options, async ({ client }) => {
    const requests = await listAll<PackRequest>(client, PACK_REQUEST, namespace === undefined ? {} : { namespace });
    const report = reportRequests(requests, {
      ...(pack === undefined ? {} : { pack }),
      ...(pending === undefined ? {} : { pending }),
    });
    io.stdout.write(print(report, options, io));
    return EXIT.ok;
  });

const print = (report: RequestReport, { output, headers }: Pick<ListOptions, "output" | "headers">, io: Io): string => {
  switch (output) {
    case "json":
      return toJson(report);
    case "yaml":
      return toYaml(report);
    case "table":
      return report.requests.length === 0 ? "" : screenOf(report, io.now(), colorsFor(io.stdout, io.env), headers);
  }
};

const PACK_HEADERS = ["pack", "pending", "approved", "denied", "requesters"];
const REQUEST_HEADERS = ["namespace", "name", "pack", "requester", "decision", "by", "age", "reason"];

const screenOf = ({ packs, requests }: RequestReport, now: number, colors: Colors, headers: boolean): string => {
  const paint: Readonly<Record<Decision, (text: string) => string>> = {
    Pending: colors.yellow,
    Approved: colors.green,
    Denied: colors.red,
  };
  const packRows = packs.map(({ pack, pending, approved, denied, requesters }) =>
    [pack, pending, approved, denied, requesters].map((cell) => harmless(String(cell))),
  );
  const requestRows = requests.map((it) => [
    ...[it.namespace, it.name, it.pack, it.requester].map(harmless),
    paint[it.decision](it.decision),
    harmless(it.decidedBy ?? ""),
    ago(it.created, now),
    harmless(it.decisionReason ?? it.reason ?? ""),
  ]);
  return `${table(packRows, headers ? PACK_HEADERS : undefined)}\n${table(requestRows, headers ? REQUEST_HEADERS : undefined)}`;
};

const answer = (name: string, decision: Answer["decision"], options: AnswerOptions, io: Io): Promise<ExitCode> =>
  withCluster(options, async (cluster) => {
    const ref = { namespace: options.namespace ?? cluster.namespace, name };
    const { reason } = options;
    const decided = await decideRequest(cluster.client, ref, { decision, ...(reason === undefined ? {} : { reason }) });
    if (decided === undefined)
      throw new CommandError(EXIT.findings, `there is no PackRequest '${name}' in the namespace '${ref.namespace}'.`);
    const { before, after } = decided;
    if (before.spec.decision !== undefined) io.stderr.write(`note: ${harmless(earlier(before))}\n`);
    io.stdout.write(`${harmless(sentence(after))}\n`);
    return EXIT.ok;
  });

const earlier = ({ spec: { decision, decidedBy } }: PackRequest): string =>
  `it was answered before: ${decision} by ${decidedBy}.`;

const sentence = ({ metadata: { namespace, name }, spec }: PackRequest): string =>
  `PackRequest ${namespace}/${name} of ${spec.requester} for the pack '${spec.packRef.name}': ${spec.decision} by ${spec.decidedBy}.`;
