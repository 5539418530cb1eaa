import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { admissionProblem, EXPECTED_ADMISSION } from "./admission.ts";
import {
  observeAdmissionBinding,
  observeAdmissionPolicy,
  type ValidatingAdmissionPolicy,
  type ValidatingAdmissionPolicyBinding,
} from "./admission-observed.ts";

const FOLDER = join(import.meta.dirname, "..", "..", "config", "policies");

type Manifest<Kind extends string, T> = { readonly kind: Kind } & T;
type Policy = Manifest<"ValidatingAdmissionPolicy", ValidatingAdmissionPolicy>;
type Binding = Manifest<"ValidatingAdmissionPolicyBinding", ValidatingAdmissionPolicyBinding>;

const shipped = globSync("*.yaml", { cwd: FOLDER })
  .sort()
  .flatMap((file) => parseAllDocuments(readFileSync(join(FOLDER, file), "utf8")))
  .map((document) => document.toJS() as Policy | Binding);
const POLICIES = shipped.filter((it): it is Policy => it.kind === "ValidatingAdmissionPolicy");
const BINDINGS = shipped.filter((it): it is Binding => it.kind === "ValidatingAdmissionPolicyBinding");

/** What the controller finds wrong in a cluster with these. */
const wrong = (
  policies: readonly ValidatingAdmissionPolicy[],
  bindings: readonly ValidatingAdmissionPolicyBinding[],
): string | undefined =>
  admissionProblem(policies.map(observeAdmissionPolicy), bindings.map(observeAdmissionBinding))?.message;

type Change<T> = (spec: T) => unknown;

/** The shipped policies, but for one field of `packs-installer`. */
const withPolicy = (change: Change<ValidatingAdmissionPolicy["spec"]>): string | undefined =>
  wrong(
    POLICIES.map((it) => (it.metadata.name === "packs-installer" ? { ...it, spec: change(it.spec) as never } : it)),
    BINDINGS,
  );

const withBinding = (change: Change<ValidatingAdmissionPolicyBinding["spec"]>): string | undefined =>
  wrong(
    POLICIES,
    BINDINGS.map((it) => (it.metadata.name === "packs-installer" ? { ...it, spec: change(it.spec) as never } : it)),
  );

const reworded = <T extends { readonly expression: string }>(all: readonly T[] = []): readonly T[] =>
  all.map((it) => ({ ...it, expression: `${it.expression} || true` }));

describe("the admission policies are in force", () => {
  it("when they are as they are shipped", () => {
    expect(wrong(POLICIES, BINDINGS)).toBeUndefined();
    expect(EXPECTED_ADMISSION.size).toBe(POLICIES.length);
    expect(EXPECTED_ADMISSION.size).toBeGreaterThan(10);
  });

  it("in any order, and with others beside them", () => {
    const other = { metadata: { name: "other" }, spec: { failurePolicy: "Ignore" } };
    const binding = { metadata: { name: "other" }, spec: { policyName: "other", validationActions: ["Warn"] } };
    expect(wrong([other, ...POLICIES].reverse(), [binding, ...BINDINGS].reverse())).toBeUndefined();
  });

  it("when the API server has filled in its defaults", () => {
    const filled = { namespaceSelector: {}, objectSelector: {}, matchPolicy: "Equivalent" };
    const policies = POLICIES.map((it) => ({
      ...it,
      spec: { ...it.spec, matchConstraints: { ...filled, ...it.spec.matchConstraints } },
    }));
    const bindings = BINDINGS.map((it) => ({ ...it, spec: { ...it.spec, matchResources: filled } }));
    expect(wrong(policies, bindings)).toBeUndefined();
  });

  it.each<[string, Change<ValidatingAdmissionPolicy["spec"]>]>([
    [
      "what it says to people is translated",
      ({ validations = [], ...spec }) => ({
        ...spec,
        validations: validations.map((it) => ({ ...it, message: "non." })),
      }),
    ],
    [
      "its conditions have other names",
      ({ matchConditions = [], ...spec }) => ({
        ...spec,
        matchConditions: matchConditions.map((it, i) => ({ ...it, name: `c${i}` })),
      }),
    ],
    ["it writes audit annotations", (spec) => ({ ...spec, auditAnnotations: [{ key: "a", valueExpression: "'b'" }] })],
    ["a later API server adds a field", (spec) => ({ ...spec, aNewField: true })],
  ])("when %s", (_, change) => {
    expect(withPolicy(change)).toBeUndefined();
  });

  it("when a second binding only warns, or denies a part", () => {
    const warns = { metadata: { name: "warns" }, spec: { policyName: "packs-installer", validationActions: ["Warn"] } };
    const part = {
      metadata: { name: "part" },
      spec: {
        policyName: "packs-installer",
        validationActions: ["Deny"],
        matchResources: { namespaceSelector: { matchLabels: { a: "b" } } },
      },
    };
    expect(wrong(POLICIES, [warns, part, ...BINDINGS])).toBeUndefined();
  });

  it("when the binding has another name, or denies without a record", () => {
    const renamed = BINDINGS.map((it) => ({ ...it, metadata: { name: `my-${it.metadata.name}` } }));
    expect(wrong(POLICIES, renamed)).toBeUndefined();
    expect(withBinding((spec) => ({ ...spec, validationActions: ["Deny"] }))).toBeUndefined();
  });
});

describe("the admission policies are not in force", () => {
  const because = (what: string, remedy: string): string =>
    `Nobody can tell whether names in objects are true, because ${what}. ${remedy}`;
  const sentence = (what: string): string => because(what, "Apply config/policies again.");
  const replace = (what: string): string => because(what, "Delete it and apply config/policies again.");

  it("when there are none, and the sentence says how many are missing", () => {
    expect(wrong([], [])).toBe(
      sentence(
        `there is no ValidatingAdmissionPolicy 'packs-account', and ${POLICIES.length - 1} more of the admission policies are not in force`,
      ),
    );
    expect(admissionProblem([], [])?.reason).toBe("AdmissionMissing");
  });

  it.each(POLICIES.map(({ metadata: { name } }) => name))("when %s is missing", (name) => {
    const rest = POLICIES.filter(({ metadata }) => metadata.name !== name);
    expect(wrong(rest, BINDINGS)).toBe(sentence(`there is no ValidatingAdmissionPolicy '${name}'`));
  });

  it.each(BINDINGS.map(({ metadata: { name } }) => name))("when %s is not bound", (name) => {
    const rest = BINDINGS.filter(({ metadata }) => metadata.name !== name);
    expect(wrong(POLICIES, rest)).toBe(sentence(`no ValidatingAdmissionPolicyBinding binds the policy '${name}'`));
  });

  const changed = replace("the ValidatingAdmissionPolicy 'packs-installer' is not the one of this version");
  const matching =
    (change: object): Change<ValidatingAdmissionPolicy["spec"]> =>
    (spec) => ({
      ...spec,
      matchConstraints: { ...spec.matchConstraints, ...change },
    });
  const rule =
    (change: object): Change<ValidatingAdmissionPolicy["spec"]> =>
    (spec) =>
      matching({ resourceRules: spec.matchConstraints?.resourceRules?.map((it) => ({ ...it, ...change })) })(spec);

  it.each<[string, Change<ValidatingAdmissionPolicy["spec"]>]>([
    ["a validation is another one", (spec) => ({ ...spec, validations: reworded(spec.validations) })],
    ["a validation is gone", (spec) => ({ ...spec, validations: [] })],
    ["a condition is another one", (spec) => ({ ...spec, matchConditions: reworded(spec.matchConditions) })],
    [
      "a condition is added",
      (spec) => ({
        ...spec,
        matchConditions: [...(spec.matchConditions ?? []), { name: "never", expression: "false" }],
      }),
    ],
    ["a variable is added", (spec) => ({ ...spec, variables: [{ name: "a", expression: "true" }] })],
    ["it wants parameters", (spec) => ({ ...spec, paramKind: { apiVersion: "v1", kind: "ConfigMap" } })],
    ["it leaves out namespaces", matching({ namespaceSelector: { matchLabels: { a: "b" } } })],
    ["it leaves out objects", matching({ objectSelector: { matchLabels: { a: "b" } } })],
    [
      "it leaves out resources",
      matching({
        excludeResourceRules: [{ apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*"] }],
      }),
    ],
    ["it matches one version only", matching({ matchPolicy: "Exact" })],
    ["it matches nothing", matching({ resourceRules: [] })],
    ["it leaves out operations", rule({ operations: ["CREATE"] })],
    ["it leaves out names", rule({ resourceNames: ["a"] })],
    ["it is about another scope", rule({ scope: "Cluster" })],
    ["it is about other resources", rule({ resources: ["packdocs"] })],
  ])("when of packs-installer %s", (_, change) => {
    expect(withPolicy(change)).toBe(changed);
  });

  it("when a policy lets through what it cannot judge", () => {
    expect(withPolicy((spec) => ({ ...spec, failurePolicy: "Ignore" }))).toBe(
      sentence("the ValidatingAdmissionPolicy 'packs-installer' does not have `failurePolicy: Fail`"),
    );
  });

  const partial = replace(
    "no binding of the policy 'packs-installer' applies it to everything (there is 'packs-installer')",
  );

  it.each<[string, Change<ValidatingAdmissionPolicyBinding["spec"]>, string]>([
    [
      "only warns",
      (spec) => ({ ...spec, validationActions: ["Warn", "Audit"] }),
      replace("no binding of the policy 'packs-installer' denies (there is 'packs-installer')"),
    ],
    [
      "says nothing of what to do",
      ({ policyName }) => ({ policyName }),
      replace("no binding of the policy 'packs-installer' denies (there is 'packs-installer')"),
    ],
    [
      "leaves out namespaces",
      (spec) => ({ ...spec, matchResources: { namespaceSelector: { matchLabels: { a: "b" } } } }),
      partial,
    ],
    [
      "leaves out objects",
      (spec) => ({ ...spec, matchResources: { objectSelector: { matchLabels: { a: "b" } } } }),
      partial,
    ],
    [
      "leaves out resources",
      (spec) => ({ ...spec, matchResources: { excludeResourceRules: [{ resources: ["*"] }] } }),
      partial,
    ],
    [
      "is about some resources",
      (spec) => ({ ...spec, matchResources: { resourceRules: [{ resources: ["packdocs"] }] } }),
      partial,
    ],
    ["gives parameters", (spec) => ({ ...spec, paramRef: { name: "a" } }), partial],
    [
      "binds another policy",
      (spec) => ({ ...spec, policyName: "other" }),
      sentence("no ValidatingAdmissionPolicyBinding binds the policy 'packs-installer'"),
    ],
  ])("when the binding of packs-installer %s", (_, change, message) => {
    expect(withBinding(change)).toBe(message);
  });

  it("when one binding denies a part and another warns of the whole", () => {
    const bindings = BINDINGS.flatMap((it): readonly ValidatingAdmissionPolicyBinding[] => {
      if (it.metadata.name !== "packs-installer") return [it];
      const matchResources = { namespaceSelector: { matchLabels: { a: "b" } } };
      return [
        { metadata: { name: "part" }, spec: { ...it.spec, matchResources } },
        { metadata: { name: "whole" }, spec: { ...it.spec, validationActions: ["Warn"] } },
      ];
    });
    expect(wrong(POLICIES, bindings)).toBe(
      replace("no binding of the policy 'packs-installer' denies (there is 'part' and 'whole')"),
    );
  });
});
