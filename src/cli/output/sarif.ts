/** SARIF 2.1.0 (OASIS), for code scanning and editors. */
import { pathToFileURL } from "node:url";
import { type Finding, subjectText } from "../lint/finding.ts";
import type { RuleText } from "../lint/rules.ts";

const DOCS = "https://packs.dev/docs/cli";

/** A finding by a rule of any table; without a place it is about something that stands in no file. */
export type SarifFinding<Id extends string> = Omit<Finding, "place" | "rule"> &
  Partial<Pick<Finding, "place">> & { readonly rule: Id };

/** Rules by their ids. */
export type Catalog<Id extends string> = Readonly<Record<Id, RuleText>>;

const ruleOf = (id: string, { name, level, text, advice }: RuleText) => ({
  id,
  name,
  shortDescription: { text },
  help: { text: advice },
  helpUri: `${DOCS}#${id.toLowerCase()}`,
  defaultConfiguration: { level },
});

/** A relative path stays relative, for scanners resolve it at the root of the repository. */
const uriOf = (file: string): string => {
  if (file === "-") return "stdin";
  return file.startsWith("/")
    ? pathToFileURL(file).href
    : file.replace(/^\.\//, "").split("/").map(encodeURIComponent).join("/");
};

const physicalLocation = ({ column, file, line }: Finding["place"]) => ({
  artifactLocation: { uri: uriOf(file) },
  region: { startLine: line, startColumn: column },
});

const resultOf = ({ rule, level, message, place, subject, path }: SarifFinding<string>, ids: readonly string[]) => ({
  ruleId: rule,
  ruleIndex: ids.indexOf(rule),
  level,
  message: { text: path === undefined ? message : `\`${path}\` ${message}` },
  locations: [
    {
      ...(place === undefined ? {} : { physicalLocation: physicalLocation(place) }),
      ...(subject === undefined
        ? {}
        : { logicalLocations: [{ fullyQualifiedName: subjectText(subject), kind: "object" }] }),
    },
  ],
});

export const toSarif = <Id extends string>(
  findings: readonly SarifFinding<Id>[],
  version: string,
  rules: Catalog<Id>,
): unknown => ({
  $schema: "https://json.schemastore.org/sarif-2.1.0.json",
  version: "2.1.0",
  runs: [
    {
      tool: {
        driver: {
          name: "packctl",
          version,
          semanticVersion: version,
          informationUri: DOCS,
          rules: Object.entries<RuleText>(rules).map(([id, text]) => ruleOf(id, text)),
        },
      },
      columnKind: "utf16CodeUnits",
      results: findings.map((it) => resultOf(it, Object.keys(rules))),
    },
  ],
});
