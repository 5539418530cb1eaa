/** What is remembered of admission policies and their bindings: enough to tell whether they refuse what ours refuse. */
import { contentHash } from "../lib/stable-json.ts";

type Named = { readonly metadata: { readonly name: string } };

type ResourceRule = {
  readonly apiGroups?: readonly string[];
  readonly apiVersions?: readonly string[];
  readonly operations?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly scope?: string;
};

type Matching = {
  readonly namespaceSelector?: object;
  readonly objectSelector?: object;
  readonly resourceRules?: readonly ResourceRule[];
  readonly excludeResourceRules?: readonly ResourceRule[];
  readonly matchPolicy?: string;
};

type NamedExpression = { readonly name: string; readonly expression: string };

/** The fields of a ValidatingAdmissionPolicy that decide what is refused. */
export type ValidatingAdmissionPolicy = Named & {
  readonly spec: {
    readonly failurePolicy?: string;
    readonly paramKind?: object;
    readonly matchConstraints?: Matching;
    readonly matchConditions?: readonly NamedExpression[];
    readonly variables?: readonly NamedExpression[];
    readonly validations?: readonly { readonly expression: string }[];
  };
};

/** The fields of a ValidatingAdmissionPolicyBinding that decide what is refused. */
export type ValidatingAdmissionPolicyBinding = Named & {
  readonly spec: {
    readonly policyName?: string;
    readonly paramRef?: object;
    readonly matchResources?: Matching;
    readonly validationActions?: readonly string[];
  };
};

/** What to remember of a policy: `digest` is equal for policies that refuse the same, whatever they say to people. */
export type ObservedAdmissionPolicy = {
  readonly name: string;
  readonly digest: string;
  readonly failsClosed: boolean;
};

/** What to remember of a binding: `digest` is equal for bindings that apply a policy to the same, in the same way. */
export type ObservedAdmissionBinding = {
  readonly name: string;
  readonly policy: string;
  readonly digest: string;
  readonly denies: boolean;
};

/** With what the API server fills in where nothing is said. */
const matching = (it: Matching = {}): object => ({
  namespaceSelector: it.namespaceSelector ?? {},
  objectSelector: it.objectSelector ?? {},
  resourceRules: (it.resourceRules ?? []).map(resourceRule),
  excludeResourceRules: (it.excludeResourceRules ?? []).map(resourceRule),
  matchPolicy: it.matchPolicy ?? "Equivalent",
});

const resourceRule = (it: ResourceRule): object => ({
  apiGroups: it.apiGroups ?? [],
  apiVersions: it.apiVersions ?? [],
  operations: it.operations ?? [],
  resources: it.resources ?? [],
  resourceNames: it.resourceNames ?? [],
  scope: it.scope ?? "*",
});

const expressionOf = ({ expression }: { readonly expression: string }): string => expression;

export const observeAdmissionPolicy = ({ metadata, spec }: ValidatingAdmissionPolicy): ObservedAdmissionPolicy => ({
  name: metadata.name,
  digest: contentHash({
    paramKind: spec.paramKind,
    matchConstraints: matching(spec.matchConstraints),
    matchConditions: (spec.matchConditions ?? []).map(expressionOf),
    variables: (spec.variables ?? []).map(({ name, expression }) => [name, expression]),
    validations: (spec.validations ?? []).map(expressionOf),
  }),
  failsClosed: (spec.failurePolicy ?? "Fail") === "Fail",
});

export const observeAdmissionBinding = ({
  metadata,
  spec,
}: ValidatingAdmissionPolicyBinding): ObservedAdmissionBinding => ({
  name: metadata.name,
  policy: spec.policyName ?? "",
  digest: contentHash({ paramRef: spec.paramRef, matchResources: matching(spec.matchResources) }),
  denies: (spec.validationActions ?? []).includes("Deny"),
});
