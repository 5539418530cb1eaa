/** An explanation for people. */
import type { Colors } from "../output/color.ts";
import { lines, section } from "../output/section.ts";
import { table } from "../output/table.ts";
import { harmless, plural } from "../text.ts";
import type { CheckReport } from "./checks.ts";
import type { AccountsReport, ComponentReport, DomainReport, GrantsReport } from "./grants.ts";
import type { AudienceReport, PersonReport } from "./people.ts";
import type { ConfigurationReport, Explanation } from "./report.ts";

type Paint = (text: string) => string;

/** `headers`: whether tables have them. */
export const screenOf = (explanation: Explanation, colors: Colors, headers: boolean): string => {
  const { audience, candidates, checks, configuration, grants, review, todo, works } = explanation;
  const grid = (rows: readonly (readonly string[])[], titles: readonly string[]): string =>
    rows.length === 0 ? "" : table(rows, headers ? titles : undefined);
  const ahead = grants === undefined || grants.inForce ? "" : ", once it is installed and runs";
  const part = (title: string, body: string): string => section(title, body, colors);
  return [
    `${colors.bold(harmless(`PackInstall ${explanation.namespace}/${explanation.name}`))}\n\n`,
    table(facts(explanation)),
    `\n${(works ? colors.green : colors.yellow)(harmless(explanation.headline))}\n`,
    part(works ? "What to do" : "What would make it work", lines(todo)),
    part("Choose one in spec.configurationRef", grid(candidates.map(candidateRow), ["configuration", "allows"])),
    part("Will be uninstalled", lines(pendingLines(explanation))),
    part("Was uninstalled", lines(uninstalledLines(explanation))),
    part("Checks", grid(checks.map(checkRow(colors)), ["check", "result", "why"])),
    part(configurationTitle(configuration), lines(configurationLines(configuration))),
    part(
      `Domains${ahead}`,
      grid((grants?.domains ?? []).map(domainRow(colors)), ["domain", "state", "about"]) + lines(reachLines(grants)),
    ),
    part("Waits for a review", lines(review === undefined ? [] : reviewLines(review))),
    part(
      `Building blocks${ahead}`,
      grid((grants?.components ?? []).map(componentRow(colors)), ["kind", "name", "state", "about"]),
    ),
    part(`OAuth scopes${ahead}`, grid(scopeRows(grants, colors), ["scope", "state", "needed by"])),
    part(`Accounts${ahead}`, lines(accountLines(grants?.accounts))),
    part("Who is in the doc", audienceText(audience, colors, grid)),
    part("Configurations on trial", lines(trialLines(explanation))),
    part("Not visible to you, and so not known", lines(explanation.hidden)),
  ].join("");
};

const facts = ({ configuration, contact, doc, installer, pack }: Explanation): readonly (readonly string[])[] =>
  [
    [
      "Pack",
      [pack.name, pack.version, pack.displayName === undefined ? undefined : `(${pack.displayName})`]
        .filter((it) => it !== undefined)
        .join(" "),
    ],
    ["Configuration", configuration?.bound === true ? configuration.name : "none is bound"],
    ["Installer", installer],
    ["Doc", doc.includes("/") ? doc : `the namespace ${doc}`],
    ...(contact === undefined ? [] : [["Whom to ask", contact]]),
  ].map((row) => row.map(harmless));

const candidateRow = ({ name, summary }: Explanation["candidates"][number]): readonly string[] =>
  [name, summary].map(harmless);

const pendingLines = ({ pendingUninstall: it }: Explanation): readonly string[] =>
  it === undefined
    ? []
    : [
        `${it.reason}: ${it.message}`,
        `It is revoked since ${it.since}, and it becomes final at ${it.deadline}; until then it comes back by itself once the cause is gone.`,
        ...(it.paused === undefined ? [] : [it.paused]),
      ];

const uninstalledLines = ({ uninstalled: it }: Explanation): readonly string[] =>
  it === undefined
    ? []
    : [
        `${it.time}, ${it.reason}: ${it.message}`,
        ...(it.configuration === undefined ? [] : [`It was bound to the configuration '${it.configuration}'.`]),
        ...(it.contact === undefined ? [] : [`Whom to ask: ${it.contact}`]),
      ];

const RESULT_TEXT = { Passed: "passed", Waiting: "waiting", Failed: "failed", NotReached: "not reached" } as const;

const checkRow =
  (colors: Colors) =>
  ({ message, reason, result, title }: CheckReport): readonly string[] => {
    const paints: Readonly<Record<CheckReport["result"], Paint>> = {
      Passed: colors.green,
      Waiting: colors.yellow,
      Failed: colors.red,
      NotReached: colors.dim,
    };
    const why = reason === undefined ? "" : `${reason}: ${message}`;
    return [title, paints[result](RESULT_TEXT[result]), harmless(why)];
  };

const configurationTitle = (it: ConfigurationReport | undefined): string =>
  it?.bound === true ? "The configuration that it is bound to" : "The configuration that it would be bound to";

const configurationLines = (it: ConfigurationReport | undefined): readonly string[] => {
  if (it === undefined) return [];
  const { admits, builtIn, installer, owner, summary } = it;
  return [
    builtIn ? `The organization's default access ${it.name}: no configuration speaks about the pack.` : it.name,
    ...(admits === undefined ? ["It cannot be read: it is gone, or you may not see it."] : [`It admits ${admits}.`]),
    ...(summary === undefined ? [] : [`In short: ${summary}.`]),
    ...(installer === undefined ? [] : [personLine("installer", installer)]),
    ...(owner === undefined || owner.name === installer?.name ? [] : [personLine("doc's owner", owner)]),
  ];
};

const personLine = (role: string, { admitted, by, name }: PersonReport): string => {
  if (admitted === "yes") return `The ${role} '${name}' is admitted ${by}.`;
  return admitted === "no"
    ? `The ${role} '${name}' is not admitted.`
    : `Whether the ${role} '${name}' is admitted is not known: ${by}.`;
};

const DOMAIN_TEXT = { Effective: "open", WaitingForReview: "waits for a review", NotAllowed: "not allowed" } as const;

const domainRow =
  (colors: Colors) =>
  ({ domain, state, text }: DomainReport): readonly string[] => [
    harmless(`${domain} and below`),
    (state === "Effective" ? colors.green : colors.yellow)(DOMAIN_TEXT[state]),
    harmless(text),
  ];

/** What the maker's code can do with data. */
const reachLines = (grants: GrantsReport | undefined): readonly string[] => {
  if (grants === undefined) return [];
  return grants.domains.some(({ state }) => state === "Effective")
    ? ["Its code can send what it is given to the open ones, and nowhere else."]
    : ["It reaches nothing."];
};

const reviewLines = ({ open, reviewDigest }: NonNullable<Explanation["review"]>): readonly string[] => [
  ...open,
  `A reviewer creates a PackReview with \`spec.reviewDigest: ${reviewDigest}\`.`,
];

const componentRow =
  (colors: Colors) =>
  ({ action, connection, enabled, explanation, kind, name, reason, restrictions, rule }: ComponentReport) => {
    const about = enabled
      ? [
          action ? "Changes something at the other service." : "",
          connection === "Required" ? "Needs an account." : connection === "Optional" ? "May use an account." : "",
          ...restrictions.map(({ rule: field, text }) => `${text} (\`${field}\`)`),
        ]
      : [explanation ?? reason ?? "", rule === undefined ? "" : `(\`${rule}\`)`];
    return [
      kind,
      harmless(name),
      enabled ? colors.green("on") : colors.yellow("off"),
      harmless(about.filter((text) => text !== "").join(" ")),
    ];
  };

const scopeRows = (grants: GrantsReport | undefined, colors: Colors): readonly (readonly string[])[] =>
  (grants?.scopes ?? []).map(({ allowed, neededBy, scope }) => [
    harmless(scope),
    allowed ? colors.green("allowed") : colors.yellow("not allowed"),
    harmless(neededBy.join(", ")),
  ]);

const accountLines = (accounts: AccountsReport | undefined): readonly string[] => {
  if (accounts === undefined) return [];
  const { authentication, finding, named, types } = accounts;
  return [
    ...(finding === undefined ? [] : [finding.message]),
    ...(authentication === "None" ? [] : [`It signs in with ${authentication}; accounts may be: ${listOf(types)}.`]),
    ...named.map(namedLine),
  ];
};

const listOf = (words: readonly string[]): string => (words.length === 0 ? "none" : words.join(", "));

const namedLine = (account: AccountsReport["named"][number]): string => {
  const { expireTime, hosts = [], name, owner, takeActions, usable, viewData } = account;
  if (!usable) return `${name}: it is not there, is not shared with this install, or does not count.`;
  const until = expireTime === undefined ? "" : `, until ${expireTime}`;
  return `${name}: of '${owner}'; its data is seen by: ${viewData}; actions through it: ${takeActions}; its credential goes to ${listOf(hosts)}${until}.`;
};

/** So many who have access are listed; those who have none, always. */
const SHOWN = 20;

const audienceText = (
  { entries, outsiders, unknown }: AudienceReport,
  colors: Colors,
  grid: (rows: readonly (readonly string[])[], titles: readonly string[]) => string,
): string => {
  const [fine, doubtful] = [
    entries.filter(({ access }) => access === "yes" || access === undefined),
    entries.filter(({ access }) => access === "no" || access === "unknown"),
  ];
  const rest = fine.length - SHOWN;
  const rows = [...doubtful, ...fine.slice(0, SHOWN)].map(({ access, folder, kind, name }) => [
    kind,
    harmless(kind === "Anyone" ? "" : name),
    harmless(folder === undefined ? "the doc" : `the folder ${folder}`),
    accessText(access, colors),
  ]);
  return [
    lines(unknown === undefined ? [] : [unknown]),
    grid(rows, ["kind", "name", "by", "may use the pack"]),
    lines(rest > 0 ? [`and ${plural(rest, "entry", "entries")} more, with access`] : []),
    lines(outsiders === undefined ? [] : [OUTSIDERS_TEXT[outsiders]]),
  ].join("");
};

const OUTSIDERS_TEXT = {
  yes: "People outside of the organization are, or may become, part of it.",
  no: "Nobody outside of the organization is part of it.",
  unknown: "Whether people outside of the organization are part of it is not known.",
} as const;

const accessText = (access: AudienceReport["entries"][number]["access"], colors: Colors): string => {
  switch (access) {
    case "yes":
      return colors.green("yes");
    case "no":
      return colors.red("no");
    case "unknown":
      return colors.yellow("not known");
    default:
      return "";
  }
};

const trialLines = ({ onTrial, trials }: Explanation): readonly string[] => {
  if (!onTrial) return [];
  if (trials.length === 0) return ["The install fits every configuration on trial that concerns it."];
  return trials.map(
    ({ configuration, message, reason }) =>
      `'${configuration}' would refuse it, or uninstall it: ${reason}: ${message}`,
  );
};
