import { describe, expect, test } from "vitest";
import { kstatusOf } from "../../test/gen/kstatus.ts";
import { changed, decidedAs, NOW, ofGeneration, packRequest } from "../../test/gen/objects.ts";
import type { PackRequest } from "../api/v1alpha1/index.ts";
import { type Problem, problem } from "../policy/problem.ts";
import { conditionOf } from "./conditions.ts";
import { requestStatus } from "./request-status.ts";

const UNVOUCHED = problem("AdmissionMissing", "the admission policies are not installed.");

type Situation = { readonly packExists?: boolean; readonly unvouched?: Problem };

const looked = (request: PackRequest, { packExists = true, unvouched }: Situation = {}): PackRequest =>
  changed(request, (it) => ({ ...it, status: requestStatus({ now: NOW, request, packExists, unvouched }) }));

const open = packRequest("please");
const yes = packRequest("please", decidedAs("Approved", "needed for Q3"));
const no = packRequest("please", decidedAs("Denied", "too many domains"));

describe("S1-12 a request", () => {
  const rows: readonly (readonly [
    sentence: string,
    request: PackRequest,
    situation: Situation,
    ready: string,
    says: string,
    kstatus: string,
  ])[] = [
    ["waits for a decision", open, {}, "False ApprovalPending", "waits for a decision", "InProgress"],
    [
      "is done once it is approved",
      yes,
      {},
      "True Approved",
      "'ben@example.com' approved the pack 'crm': needed for Q3",
      "Current",
    ],
    [
      "has failed once it is denied",
      no,
      {},
      "False ApprovalDenied",
      "denied the pack 'crm': too many domains",
      "Failed",
    ],
    [
      "needs no reason for its decision",
      packRequest("please", decidedAs("Denied")),
      {},
      "False ApprovalDenied",
      "'ben@example.com' denied the pack 'crm'.",
      "Failed",
    ],
    [
      "waits for the pack",
      open,
      { packExists: false },
      "False PackNotFound",
      "no PackDefinition 'crm' yet",
      "InProgress",
    ],
    ["waits for the pack, though approved", yes, { packExists: false }, "False PackNotFound", "'crm'", "InProgress"],
    ["is denied, pack or no pack", no, { packExists: false }, "False ApprovalDenied", "denied", "Failed"],
    [
      "counts not while nobody vouches for it",
      yes,
      { unvouched: UNVOUCHED },
      "False AdmissionMissing",
      "not installed",
      "InProgress",
    ],
  ];
  test.each(rows)("%s", (_, request, situation, ready, says, kstatus) => {
    const after = looked(request, situation);
    const condition = conditionOf(after, "Ready");
    expect(`${condition?.status} ${condition?.reason}`).toBe(ready);
    expect(condition?.message).toContain(says);
    expect(kstatusOf(after)).toBe(kstatus);
    expect(looked(after, situation).status).toEqual(after.status);
  });

  test("that was decided before keeps its decision when the policies go missing, until it is edited", () => {
    const before = looked(yes);
    expect(looked(before, { unvouched: UNVOUCHED }).status).toEqual(before.status);
    const edited = changed(before, ofGeneration(2));
    expect(conditionOf(looked(edited, { unvouched: UNVOUCHED }), "Ready")?.reason).toBe("AdmissionMissing");
  });

  test("is undecided again when its decision is taken back", () => {
    const back = changed(
      looked(no),
      ofGeneration(2),
      ({ spec: { decision: _, decidedBy: __, decisionReason: ___, ...spec }, ...rest }) => ({ ...rest, spec }),
    );
    const after = looked(back);
    expect(conditionOf(after, "Ready")?.reason).toBe("ApprovalPending");
    expect(conditionOf(after, "Stalled")).toBeUndefined();
  });
});
