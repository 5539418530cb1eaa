/** What Stryker found, as a page for people. */

/** What is read of the report of Stryker's `json` reporter. */
export type MutationReport = {
  readonly files: Readonly<Record<string, { readonly mutants: readonly { readonly status: string }[] }>>;
};

export type Score = { readonly killed: number; readonly survived: number; readonly uncovered: number };

/** A mutant that never ends counts as killed. What was ignored, and what does not compile, counts for nothing. */
export function scoreOf(mutants: readonly { readonly status: string }[]): Score {
  const count = (...statuses: readonly string[]) => mutants.filter(({ status }) => statuses.includes(status)).length;
  return { killed: count("Killed", "Timeout"), survived: count("Survived"), uncovered: count("NoCoverage") };
}

/** Percent of the mutants that were killed; 100 where there is none. */
export const percent = ({ killed, survived, uncovered }: Score): number => {
  const all = killed + survived + uncovered;
  return all === 0 ? 100 : (100 * killed) / all;
};

/** `date`: YYYY-MM-DD. */
export function mutationPage({ files }: MutationReport, date: string): string {
  const rows = Object.entries(files)
    .map(([path, { mutants }]) => ({ name: path.replace("src/policy/", ""), score: scoreOf(mutants) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const total = scoreOf(Object.values(files).flatMap(({ mutants }) => mutants));
  return `# Mutation testing

The rules are in \`src/policy\`. Stryker changes them in one place at a time: a condition, an operator, a constant, a word of
a sentence. A change that no test notices is a rule that nobody has written down.

On ${date} the tests killed ${percent(total).toFixed(1)} % of ${total.killed + total.survived + total.uncovered} mutants. \`make mutation\` tries them again (about 40 minutes on two
cores), writes this page, leaves every mutant in \`.mutation/report.json\`, and fails below 90 %. One file alone, in a minute
or two: \`node_modules/.bin/node node_modules/.bin/stryker run --mutate src/policy/latch.ts\`.

| file | killed | survived | not covered | score |
| --- | ---: | ---: | ---: | ---: |
${rows.map(({ name, score }) => row(`\`${name}\``, score)).join("\n")}
${row("all", total)}

- The tests are those beside the rules. The properties and the enumeration of \`test/property\`, the explorer and the
  end-to-end tests are left out: for each mutant they take far longer than these.
- What survives is mostly what nobody can tell from the rule: a default for a field that the API server fills, an optional
  chain behind a check that has looked already, a shortcut that only saves time, the order of names that are all different.
- Constants that are read while a module loads are not mutated: each would need every test.
`;
}

const row = (name: string, score: Score): string =>
  `| ${name} | ${score.killed} | ${score.survived} | ${score.uncovered} | ${percent(score).toFixed(1)} % |`;
