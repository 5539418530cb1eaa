import { describe, expect, test } from "vitest";
import {
  acceptingDomains,
  boundTo,
  changed,
  denied,
  enabling,
  formula,
  installInput,
  knowing,
  NOW,
  organization,
  packConfiguration,
  packDefinition,
  packInstall,
  reaching,
  runningImage,
  suspended,
  withGrace,
  withUid,
} from "../../test/gen/objects.ts";
import { type Look, look, NO_CHILDREN, named, nextInput, settled } from "../../test/property/live.ts";
import { LABEL } from "../api/names.ts";
import type { InstallInput } from "../policy/input.ts";
import { absent, found, unknown } from "../policy/truth.ts";
import type { ObservedPod } from "./observed.ts";
import { type Children, standingPod, strangers } from "./plan.ts";

type World = Partial<InstallInput>;

const members = packConfiguration("members");
const both = { organization: found(organization(acceptingDomains(2))) };
const INSTALLED: World = { ...both, install: packInstall("crm", boundTo(members)) };
const definedAs = (...changes: Parameters<typeof changed<ReturnType<typeof packDefinition>>>[1][]): World => ({
  definition: found(packDefinition("crm", ...changes)),
});

const start = settled(installInput(INSTALLED));

/** What a changed world makes of a settled install, in one look. */
const lookAgain = (world: World, children: Children = start.children): Look => {
  const granted = children.grant === undefined ? {} : { granted: children.grant.granted };
  return look(installInput({ ...INSTALLED, ...granted, ...world }), children);
};

describe("the order of writes", () => {
  const shut = settled(installInput({ ...INSTALLED, ...definedAs(reaching()) })).children;
  const resting = settled(
    installInput({ ...INSTALLED, install: packInstall("crm", boundTo(members), suspended()) }),
  ).children;
  const rows: readonly (readonly [sentence: string, look: Look, writes: readonly string[]])[] = [
    ["is none where nothing is and nothing must be", look(installInput({ configurations: [] })), []],
    [
      "to install: policy, grant, pod",
      look(installInput()),
      ["create NetworkPolicy", "create PackGrant", "create Pod"],
    ],
    [
      "to gain the first domain: the active grant, then the pod, then the way",
      lookAgain(definedAs(), shut),
      ["replace PackGrant", "delete Pod", "replace NetworkPolicy"],
    ],
    [
      "to gain another domain: the grant, then the policy's list for people; the pod stays",
      lookAgain(definedAs(reaching("api.crm.com", "b.com"))),
      ["replace PackGrant", "replace NetworkPolicy"],
    ],
    [
      "to lose the last domain: grant, pod, policy",
      lookAgain(definedAs(reaching(), knowing("api.crm.com"))),
      ["replace PackGrant", "delete Pod", "replace NetworkPolicy"],
    ],
    [
      "to swap a domain: grant first",
      lookAgain(definedAs(reaching("b.com"), knowing("api.crm.com"))),
      ["replace PackGrant", "replace NetworkPolicy"],
    ],
    [
      "to restrict components: only the grant",
      lookAgain({ ...definedAs(formula("Read")), configurations: [changed(members, enabling())] }),
      ["replace PackGrant"],
    ],
    [
      "to run an image instead: the pod is replaced",
      lookAgain(definedAs(runningImage("r.example.com/p@sha256:0"))),
      ["delete Pod", "replace NetworkPolicy"],
    ],
    [
      "to rest: the grant is suspended, then the pod goes; the policy waits for its end",
      lookAgain({ install: packInstall("crm", boundTo(members), suspended()) }),
      ["replace PackGrant", "delete Pod"],
    ],
    [
      "to wake up: policy, grant, pod",
      lookAgain({}, resting),
      ["create NetworkPolicy", "replace PackGrant", "create Pod"],
    ],
    [
      "for a widened network: the grant is suspended, and nothing else moves",
      lookAgain({ widenedBy: ["x/y"] }),
      ["replace PackGrant"],
    ],
    [
      "S1-56 to uninstall: revoke, then pod and grant go; the policy waits for the end of the pod",
      lookAgain({ configurations: [] }),
      ["replace PackGrant", "delete Pod", "delete PackGrant"],
    ],
    [
      "the policy goes once the pod is gone",
      lookAgain({ configurations: [] }, { ...start.children, pod: undefined }),
      ["replace PackGrant", "delete NetworkPolicy", "delete PackGrant"],
    ],
    [
      "while an uninstall waits: the grant is revoked, and nothing else moves",
      lookAgain({
        install: packInstall("crm", boundTo(changed(members, withGrace(60)))),
        configurations: [changed(members, withGrace(60)), packConfiguration("d", denied())],
      }),
      ["replace PackGrant"],
    ],
    [
      "for a deleted definition and no organization: the grant is suspended, and the policy closes",
      lookAgain({ organization: absent, definition: absent }),
      ["replace PackGrant", "replace NetworkPolicy"],
    ],
    ["is none while the definition cannot be read", lookAgain({ definition: unknown("why") }), []],
    ["is none when everything is as it must be", lookAgain({}), []],
  ];
  test.each(rows)("%s", (_, { writes }, expected) => {
    expect(named(writes)).toEqual(expected);
  });

  test("a grant that is revoked already is not revoked again before it goes", () => {
    const patient = changed(members, withGrace(60));
    const denying = installInput({
      ...INSTALLED,
      install: packInstall("crm", boundTo(patient)),
      configurations: [patient, packConfiguration("d", denied())],
    });
    const waiting = look(denying, start.children);
    expect(named(waiting.writes)).toEqual(["replace PackGrant"]);
    const over = look({ ...nextInput(denying, waiting), now: NOW + 60_000 }, waiting.children);
    expect(named(over.writes)).toEqual(["delete Pod", "delete PackGrant"]);
  });
});

describe("what somebody else did to a child is repaired:", () => {
  const edited = (child: keyof Children, change: object): Children => ({
    ...start.children,
    [child]: { ...start.children[child], ...change },
  });
  const metaOf = (child: keyof Children) => start.children[child]?.metadata;
  const { pod } = start.children;
  const unlabelled = { metadata: { ...metaOf("pod"), labels: { [LABEL.installUid]: "uid-of-crm" } } };
  const rows: readonly (readonly [sentence: string, children: Children, writes: readonly string[]])[] = [
    ["a deleted policy", { ...start.children, networkPolicy: undefined }, ["create NetworkPolicy"]],
    ["a deleted grant", { ...start.children, grant: undefined }, ["create PackGrant"]],
    ["a deleted pod", { ...start.children, pod: undefined }, ["create Pod"]],
    ["an edited policy", edited("networkPolicy", { specHash: "other" }), ["replace NetworkPolicy"]],
    ["an edited grant", edited("grant", { specHash: "other" }), ["replace PackGrant"]],
    [
      "a policy without its annotation for people",
      edited("networkPolicy", { metadata: { ...metaOf("networkPolicy"), annotations: {} } }),
      ["replace NetworkPolicy"],
    ],
    [
      "a grant without its labels",
      edited("grant", { metadata: { ...metaOf("grant"), labels: {} } }),
      ["replace PackGrant"],
    ],
    ["a pod without a label gets it back in place", edited("pod", unlabelled), ["relabel Pod"]],
    ["a pod with another image is replaced", edited("pod", { drift: "evil:latest 0" }), ["delete Pod"]],
    [
      "a pod with an ephemeral container is replaced",
      edited("pod", { drift: pod?.drift.replace(/ 0$/, " 1") }),
      ["delete Pod"],
    ],
    ["a pod that is over is replaced", edited("pod", { status: { phase: "Failed" } }), ["delete Pod"]],
    [
      "a pod that is going is waited for",
      edited("pod", { metadata: { ...metaOf("pod"), deletionTimestamp: "2026-01-02T00:00:00Z" } }),
      [],
    ],
  ];
  test.each(rows)("%s", (_, children, expected) => {
    expect(named(lookAgain({}, children).writes)).toEqual(expected);
  });

  test("a foreign label on a pod is left alone", () => {
    const labels = { ...metaOf("pod")?.labels, mesh: "off" };
    expect(lookAgain({}, edited("pod", { metadata: { ...metaOf("pod"), labels } })).writes).toEqual([]);
  });

  test("every write over an object is over the version that was seen", () => {
    for (const write of lookAgain({ configurations: [] }).writes) {
      expect("over" in write && write.over.metadata.name).toBe(start.children.grant?.metadata.name);
    }
  });
});

describe("a child under our name", () => {
  const another = look(installInput({ install: packInstall("crm", withUid("another")) })).children;

  test("that records another install's UID conflicts", () => {
    expect(strangers(another, packInstall("crm")).map(({ kind }) => kind)).toEqual([
      "PackGrant",
      "NetworkPolicy",
      "Pod",
    ]);
  });

  test("that records our UID does not", () => {
    expect(strangers(start.children, packInstall("crm"))).toEqual([]);
    expect(strangers(NO_CHILDREN, packInstall("crm"))).toEqual([]);
  });
});

describe("the pod that speaks for a sandbox", () => {
  const { desired } = start;
  const pod = start.children.pod as ObservedPod;

  test("is the one that is wanted", () => {
    expect(standingPod(desired, pod)).toBe(pod);
    expect(standingPod({ ...desired, pod: "keep" }, pod)).toBe(pod);
  });

  test("is none while another one is wanted, while it goes, and where none is wanted", () => {
    const going = { ...pod, metadata: { ...pod.metadata, deletionTimestamp: "2026-01-02T00:00:00Z" } };
    expect(standingPod(desired, { ...pod, drift: "other" })).toBeUndefined();
    expect(standingPod(desired, going)).toBeUndefined();
    expect(standingPod({ ...desired, pod: undefined }, pod)).toBeUndefined();
    expect(standingPod(desired, undefined)).toBeUndefined();
  });
});
