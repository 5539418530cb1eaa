/** SARIF 2.1.0 (OASIS), for code scanning and editors. */
import { pathToFileURL } from "node:url";
import type { Finding } from "../lint/finding.ts";
import { subjectText } from "../lint/finding.ts";
import { RULE_IDS, RULES, type RuleId } from "../lint/rules.ts";

const DOCS = "https://packs.dev/docs/cli";

const ruleOf = (id: RuleId) => {
  const { name, level, text, advice } = RULES[id];
  return {
    id,
    name,
    shortDescription: { text },
    help: { text: advice },
    helpUri: `${DOCS}#${id.toLowerCase()}`,
    defaultConfiguration: { level },
  };
};

/** A relative path stays relative, for scanners resolve it at the root of the repository. */
const uriOf = (file: string): string => {
  if (file === "-") return "stdin";
  return file.startsWith("/")
    ? pathToFileURL(file).href
    : file.replace(/^\.\//, "").split("/").map(encodeURIComponent).join("/");
};

const resultOf = ({ rule, level, message, place, subject, path }: Finding) => ({
  ruleId: rule,
  ruleIndex: RULE_IDS.indexOf(rule),
  level,
  message: { text: path === undefined ? message : `\`${path}\` ${message}` },
  locations: [
    {
      physicalLocation: {
        artifactLocation: { uri: uriOf(place.file) },
        region: { startLine: place.line, startColumn: place.column },
      },
      ...(subject === undefined
        ? {}
        : { logicalLocations: [{ fullyQualifiedName: subjectText(subject), kind: "object" }] }),
    },
  ],
});

export const toSarif = (findings: readonly Finding[], version: string): unknown => ({
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
          rules: RULE_IDS.map(ruleOf),
        },
      },
      columnKind: "utf16CodeUnits",
      results: findings.map(resultOf),
    },
  ],
});
