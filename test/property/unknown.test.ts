/**
 * What is unknown never widens anything and never uninstalls anything (design: policy, section 3). A world in which
 * everything is known comes to rest; then something in it changes, and something cannot be read any more. What cannot
 * be read makes no pack come or go that would not otherwise, and by itself it never lets more through than before.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { PackGroup } from "../../src/api/v1alpha1/index.ts";
import { toTimestamp } from "../../src/lib/clock.ts";
import { type Evaluation, evaluateInstall } from "../../src/policy/evaluate.ts";
import { grantOf } from "../../src/policy/grant.ts";
import type { InstallInput } from "../../src/policy/input.ts";
import { problem } from "../../src/policy/problem.ts";
import { absent, unknown } from "../../src/policy/truth.ts";
import { NOW } from "../gen/objects.ts";
import { nextInput, settled } from "./live.ts";
import { excess, openGrant } from "./reach.ts";
import { type Draft, drafts, inputOf, movedSurroundings, type Place, RUNS } from "./worlds.ts";

/** Makes something unknown; undefined where there is no such thing. */
type Fog = (draft: Draft) => Draft | undefined;

const WHY = unknown("it cannot be listed at present");

const more =
  (change: Partial<InstallInput>): Fog =>
  (draft) => ({ ...draft, more: { ...draft.more, ...change } });

const overdue = (group: PackGroup): PackGroup => ({
  ...group,
  spec: { ...group.spec, source: { name: "directory", maxAgeSeconds: 60 } },
  status: { syncTime: toTimestamp(NOW - 61_000) },
});

const inPlace =
  <K extends Place["kind"]>(kind: K, hide: (place: Extract<Place, { kind: K }>) => Place): Fog =>
  (draft) =>
    draft.place.kind === kind ? { ...draft, place: hide(draft.place as Extract<Place, { kind: K }>) } : undefined;

const FOGS: readonly (readonly [sentence: string, fog: Fog])[] = [
  ["the organization cannot be read", (draft) => ({ ...draft, organization: WHY })],
  ["there is no organization", (draft) => ({ ...draft, organization: absent })],
  ["the definition cannot be read", (draft) => ({ ...draft, definition: WHY })],
  ["the configurations are not listed any more", more({ configurationsKnown: false })],
  ["the configurations are not listed yet", more({ configurations: [], configurationsKnown: false })],
  ["the reviews are not listed any more", more({ reviewsKnown: false })],
  ["the reviews are not listed yet", more({ reviews: [], reviewsKnown: false })],
  ["the requests are not listed any more", more({ requestsKnown: false })],
  ["the requests are not listed yet", more({ requests: [], requestsKnown: false })],
  ["the groups are not listed any more", (draft) => ({ ...draft, groupsKnown: false })],
  ["the groups are not listed yet", (draft) => ({ ...draft, groups: [], groupsKnown: false })],
  ["every group is overdue", (draft) => ({ ...draft, groups: draft.groups.map(overdue) })],
  [
    "one part of the groups is overdue",
    (draft) => ({ ...draft, groups: draft.groups.map((it, index) => (index === 0 ? overdue(it) : it)) }),
  ],
  ["the doc cannot be read", inPlace("doc", (place) => ({ ...place, doc: WHY }))],
  ["the folders cannot be read", inPlace("doc", (place) => ({ ...place, folders: [WHY, WHY] }))],
  ["the owner of the namespace cannot be read", inPlace("namespace", (place) => ({ ...place, owner: WHY }))],
  ["the accounts are not listed yet", more({ accounts: [], accountsKnown: false })],
  ["nobody vouches for names", more({ unvouched: problem("AdmissionMissing", "the policies are not in force.") })],
];

const goes = ({ outcome }: Evaluation): boolean => outcome === "Uninstalled" || outcome === "Uninstalling";

const told = (evaluation: Evaluation): string => {
  const { outcome } = evaluation;
  if (outcome !== "Installed") return "cause" in evaluation ? `${outcome} ${evaluation.cause.reason}` : outcome;
  const { permit, suspended, unknown: doubt } = evaluation;
  return `Installed by ${permit.binding.name} (suspended: ${suspended?.reason}, unknown: ${doubt?.reason})`;
};

const isClear = ({ definition, organization, place }: Draft): boolean => {
  if (definition.state === "unknown" || organization.state !== "found") return false;
  if (place.kind === "namespace") return place.owner.state !== "unknown";
  return place.doc.state !== "unknown" && place.folders.every(({ state }) => state === "found");
};

const evaluate = (draft: Draft): Evaluation => evaluateInstall(inputOf(draft));
const compile = (draft: Draft) => grantOf(inputOf(draft), evaluate(draft));

test.each(FOGS)("while %s, nothing comes, nothing goes and nothing widens by it", (_, hide) => {
  let met = 0;
  fc.assert(
    fc.property(drafts(), movedSurroundings, (start, moved) => {
      if (!isClear(start) || !isClear({ ...start, ...moved })) return;
      const rest = settled(inputOf(start));
      const { granted, install } = nextInput(inputOf(start), rest);
      const clear: Draft = { ...start, ...moved, granted, install };
      const [still, hidden] = [hide({ ...start, granted, install }), hide(clear)];
      if (still === undefined || hidden === undefined) return;
      met++;
      const [sure, unsure] = [evaluate(clear), evaluate(hidden)];
      const story = `${told(rest.evaluation)}; then ${told(sure)}, but in the fog ${told(unsure)}`;
      if (goes(unsure)) expect(goes(sure), story).toBe(true);
      if (install.status?.boundConfiguration === undefined && unsure.outcome === "Installed") {
        expect(sure.outcome, story).toBe("Installed");
      }
      if (rest.evaluation.outcome === "Uninstalling" && openGrant(compile(hidden)) !== undefined) {
        expect(openGrant(compile(clear)), story).toBeDefined();
      }
      if (rest.desired.grant === "keep") return;
      expect(excess(compile(still), rest.desired.grant?.spec), `${told(rest.evaluation)}, then hidden`).toBeUndefined();
    }),
    RUNS,
  );
  expect(met).toBeGreaterThan(RUNS.numRuns / 8);
});
