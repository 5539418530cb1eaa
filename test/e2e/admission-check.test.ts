/** Whether the controller sees on a real API server that the admission policies are there and deny. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { VALIDATING_ADMISSION_POLICY, VALIDATING_ADMISSION_POLICY_BINDING } from "../../src/api/kinds.ts";
import type { Client } from "../../src/kube/client.ts";
import { describeCluster } from "../cluster/harness.ts";
import { installConfig } from "../cluster/manifests.ts";
import { admissionProblemOf, Office, WRITE } from "./admission-kit.ts";

describeCluster("the check of the admission policies", () => {
  let office: Office;
  let admin: Client;
  const ref = { name: "packs-review" };

  beforeAll(async () => {
    office = await Office.open("team-a");
    admin = office.admin;
  });

  afterAll(() => office?.close());

  const remove = async (): Promise<void> => {
    for (const resource of [VALIDATING_ADMISSION_POLICY, VALIDATING_ADMISSION_POLICY_BINDING]) {
      await admin.delete(resource, ref);
    }
  };

  it("is content with the manifests as the API server stores them", async () => {
    expect(await admissionProblemOf(admin)).toBeUndefined();
  });

  it.each([
    [
      "a policy that was removed",
      () => admin.delete(VALIDATING_ADMISSION_POLICY, ref),
      "there is no ValidatingAdmissionPolicy 'packs-review'. Apply config/policies again.",
    ],
    [
      "a binding that was removed",
      () => admin.delete(VALIDATING_ADMISSION_POLICY_BINDING, ref),
      "no ValidatingAdmissionPolicyBinding binds the policy 'packs-review'. Apply config/policies again.",
    ],
    [
      "a policy that fails open",
      () => admin.mergePatch(VALIDATING_ADMISSION_POLICY, ref, { spec: { failurePolicy: "Ignore" } }, WRITE),
      "the ValidatingAdmissionPolicy 'packs-review' does not have `failurePolicy: Fail`. Apply config/policies again.",
    ],
    [
      "a policy with another rule",
      () =>
        admin.mergePatch(VALIDATING_ADMISSION_POLICY, ref, { spec: { validations: [{ expression: "true" }] } }, WRITE),
      "the ValidatingAdmissionPolicy 'packs-review' is not the one of this version. Delete it and apply config/policies again.",
    ],
    [
      "a binding that only warns",
      () =>
        admin.mergePatch(VALIDATING_ADMISSION_POLICY_BINDING, ref, { spec: { validationActions: ["Warn"] } }, WRITE),
      "no binding of the policy 'packs-review' denies (there is 'packs-review'). Delete it and apply config/policies again.",
    ],
    [
      "a binding that leaves something out",
      () =>
        admin.mergePatch(
          VALIDATING_ADMISSION_POLICY_BINDING,
          ref,
          { spec: { matchResources: { objectSelector: { matchLabels: { a: "b" } } } } },
          WRITE,
        ),
      "no binding of the policy 'packs-review' applies it to everything (there is 'packs-review'). Delete it and apply config/policies again.",
    ],
  ])("finds %s, and what it advises repairs it", async (_, breakIt, what) => {
    await breakIt();
    expect(await admissionProblemOf(admin)).toEqual({
      reason: "AdmissionMissing",
      message: `Nobody can tell whether names in objects are true, because ${what}`,
    });
    if (what.includes("Delete it")) await remove();
    await installConfig(admin);
    expect(await admissionProblemOf(admin)).toBeUndefined();
  });
});
