/**
 * The READMEs of `examples/`, read as what they are: commands, and what is the case after them. A README is a list of
 * steps; a step is the `kubectl` commands of one code block and the tables below it.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { ComponentState, GrantAccount, GrantComponent, PackGrantSpec } from "../../src/api/v1alpha1/index.ts";
import { compileGrant } from "../../src/policy/decide.ts";
import type { GroupView } from "../../src/policy/user-access.ts";

export const ROOT = join(import.meta.dirname, "..", "..");

/** The folders whose READMEs are written so, each with what it promises. */
export const WALKTHROUGHS: readonly { readonly folder: string; readonly promise: string }[] = [
  { folder: "slack-view-only", promise: "S1-5 S1-29 data of Slack can be viewed, and no action taken" },
  {
    folder: "jira-two-groups",
    promise: "S1-6 S1-41 S1-43 S1-53 S1-60 one group has all projects of Jira, another one all but ProjectX",
  },
  {
    folder: "revenue-report",
    promise: "S1-7 S1-8 S1-66 S1-67 the revenue report is for one group, and its doc is not shared further",
  },
  {
    folder: "presets",
    promise: "S1-33 S1-34 S1-35 S1-36 S1-37 S1-38 the five presets, completed, allow what they say",
  },
  {
    folder: "trial-and-rollout",
    promise: "S1-46 S1-47 S1-48 new rules are tried by testers and as a shadow, and then rolled out",
  },
  { folder: "client-portal", promise: "S1-14 S3-2 each client sees the data of one client, in a doc of its own" },
  {
    folder: "reviews-and-approvals",
    promise: "S1-11 S1-12 S1-57 S1-58 two domains need a review, and the pack an approved request",
  },
];

export type Command = {
  /** Without `kubectl`. */
  readonly args: readonly string[];
  /** What the API server says when it refuses, where the README promises that. */
  readonly refused: string | undefined;
};

/** What a row promises of one install; a column that the table does not have is undefined. */
export type InstallRow = { readonly namespace: string; readonly name: string; readonly expected: Outcome };

export type Outcome = {
  /** `Installed`, or the reason why not. */
  readonly state: string;
  /** The bound configuration; empty for none. */
  readonly configuration?: string;
  /** The names of the building blocks that are enabled, sorted; an update of a table is `Table.update`. */
  readonly enabled?: readonly string[];
  /** What configurations on trial would do. */
  readonly trial?: string;
};

export type CallRow = {
  readonly namespace: string;
  readonly install: string;
  readonly user: string;
  /** The building block, and `parameter=value` for each input. */
  readonly call: string;
  /** Whose account the call uses: that of the user alone, or one that is shared with the doc. */
  readonly account: "own" | "shared";
  /** `Allowed`, or the reason why not. */
  readonly answer: string;
};

export type Step = {
  readonly commands: readonly Command[];
  readonly installs: readonly InstallRow[];
  readonly calls: readonly CallRow[];
};

export const readWalkthrough = (folder: string): readonly Step[] => {
  const text = readFileSync(join(ROOT, "examples", folder, "README.md"), "utf8");
  return text
    .split(/^```\n(?=kubectl )/m)
    .slice(1)
    .map(readStep);
};

const readStep = (text: string): Step => {
  const end = text.indexOf("\n```");
  const tables = readTables(text.slice(end));
  return {
    commands: readCommands(text.slice(0, end)),
    installs: tables.flatMap(({ rows }) => rows.filter((row) => "install" in row).map(installRow)),
    calls: tables.flatMap(({ rows }) => rows.filter((row) => "calls" in row).map(callRow)),
  };
};

/** Words in single quotes may span lines; a backslash ends a line that goes on. */
const readCommands = (block: string): readonly Command[] =>
  block
    .split(/^kubectl /m)
    .slice(1)
    .map((command) => {
      const [line = "", refused] = command.split("# refused: ");
      return {
        args: [...line.matchAll(/'([^']*)'|([^\s\\]\S*)/g)].map(([, quoted, word]) => quoted ?? word ?? ""),
        refused: refused?.trim(),
      };
    });

type Row = Readonly<Record<string, string>>;

const cellsOf = (line: string): readonly string[] =>
  line
    .slice(1, -1)
    .split("|")
    .map((cell) => cell.trim());

const readTables = (text: string): readonly { readonly rows: readonly Row[] }[] =>
  [...text.matchAll(/(?:^\|.*\|\n)+/gm)].map(([table]) => {
    const [header = "", , ...lines] = table.trim().split("\n");
    const names = cellsOf(header);
    return { rows: lines.map((line) => Object.fromEntries(cellsOf(line).map((cell, i) => [names[i] ?? "", cell]))) };
  });

const bare = (cell: string | undefined): string => (cell ?? "").replaceAll("`", "");

const split = (cell: string | undefined): readonly [namespace: string, name: string] => {
  const [namespace, name] = bare(cell).split("/");
  if (namespace === undefined || name === undefined) throw new Error(`'${cell}' is not namespace/name`);
  return [namespace, name];
};

const installRow = (row: Row): InstallRow => {
  const [namespace, name] = split(row["install"]);
  const [configuration, enabled, trial] = [row["configuration"], row["enabled"], row["on trial"]].map((cell) =>
    cell === undefined ? undefined : bare(cell),
  );
  return {
    namespace,
    name,
    expected: {
      state: bare(row["comes out"]),
      ...(configuration === undefined ? {} : { configuration }),
      ...(enabled === undefined ? {} : { enabled: enabled.split(/, */).filter((it) => it !== "") }),
      ...(trial === undefined ? {} : { trial }),
    },
  };
};

const callRow = (row: Row): CallRow => {
  const [namespace, install] = split(row["in"]);
  const account = row["account"];
  if (account !== "own" && account !== "shared") throw new Error(`'${account}' is no account`);
  const [user, call, answer] = [row["who"], row["calls"], row["answer"]].map(bare);
  return { namespace, install, user: user ?? "", call: call ?? "", account, answer: answer ?? "" };
};

/** The building blocks that are on, as READMEs name them. */
export const enabledNames = (components: readonly ComponentState[] = []): readonly string[] =>
  components
    .filter(({ state }) => state === "Enabled")
    .map(({ kind, name }) => (kind === "SyncTableUpdate" ? `${name}.update` : name))
    .sort();

/** What of an outcome a README speaks about. */
export const asTold = (outcome: Required<Outcome>, told: Outcome): Outcome =>
  Object.fromEntries(Object.entries(outcome).filter(([key]) => key in told)) as Outcome;

/** What a call comes to by this grant, once there is the account that its row names. */
export const answerTo = (row: CallRow, grant: PackGrantSpec, groups: GroupView, now: number): string => {
  const [word = "", ...inputs] = row.call.split(" ");
  const [name = "", update] = word.split(".");
  const component = (grant.components ?? []).find(
    (it) => it.name === name && it.kind !== "ColumnFormat" && (it.kind === "SyncTableUpdate") === (update === "update"),
  );
  if (component === undefined) throw new Error(`the grant has no '${word}'`);
  const decision = compileGrant({ ...grant, accounts: [accountFor(row, grant)] })(
    {
      caller: row.user,
      user: row.user,
      mayInvoke: true,
      component,
      parameters: Object.fromEntries(inputs.map((input) => inputOf(input, component))),
    },
    groups,
    now,
  );
  return decision.allowed ? "Allowed" : decision.reason;
};

const inputOf = (input: string, { parameters = [] }: GrantComponent): readonly [string, unknown] => {
  const [name = "", value = ""] = input.split("=");
  const isText = parameters.find((parameter) => parameter.name === name)?.type === "String";
  return [name, isText ? value : parse(value)];
};

const accountFor = ({ account, namespace, user }: CallRow, { components = [] }: PackGrantSpec): GrantAccount => ({
  name: `${namespace}/account`,
  secret: "account",
  placement: { type: "OAuth2" },
  grantedScopes: components.flatMap(({ scopes = [] }) => scopes),
  ...(account === "own"
    ? { owner: user, viewData: "Nobody", takeActions: "Owner" }
    : { owner: "somebody-else@example.com", viewData: "DocMembers", takeActions: "DocMembers" }),
});
