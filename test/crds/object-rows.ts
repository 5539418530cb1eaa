/** Objects that break a rule about several fields, with the refusal's words, beside ones that pass. */
import { PACK_KINDS, type Resource } from "../../src/api/kinds.ts";
import type { PackConfigurationSpec, PackDefinitionSpec } from "../../src/api/v1alpha1/index.ts";
import {
  account,
  authentications,
  configuration,
  definition,
  doc,
  install,
  organization,
  SAMPLES,
  type Sample,
  sample,
  smallDefinition,
} from "./samples.ts";

/** What it is about, the kind, the spec, what the refusal says (absent: it is accepted), and the object's name. */
export type Row = readonly [title: string, kind: string, spec: object, message?: string | undefined, name?: string];

const pack = (changes: Partial<PackDefinitionSpec>): PackDefinitionSpec => ({ ...definition, ...changes });
const config = (changes: Partial<PackConfigurationSpec>): PackConfigurationSpec => ({ ...configuration, ...changes });
const without = <T extends object>(spec: T, ...names: readonly (keyof T & string)[]): object =>
  Object.fromEntries(Object.entries(spec).filter(([name]) => !(names as readonly string[]).includes(name)));

const DOMAINS = ["example.com", "example.org"];
const bearer = { type: "HeaderBearerToken" } as const;
const UNDER = (list: string): string =>
  `each of \`${list}[].hosts\` must equal or lie under one of \`networkDomains\`; declare its domain there or remove it`;
const UNIQUE = "names must be unique, ignoring case; rename one of them";
const EXACTLY_ONE_RULE = "must have exactly one of `values`, `pattern`, `minimum` and/or `maximum`, `prefix`";

/** The same rows for `authentication` and for `systemAuthentication`. */
const authenticationRows = (field: "authentication" | "systemAuthentication"): readonly Row[] => [
  [
    `${field}: a sub-domain of a declared one is not a place for credentials`,
    "PackDefinition",
    pack({ networkDomains: DOMAINS, [field]: { ...bearer, networkDomains: ["api.example.com"] } }),
    `each of \`${field}.networkDomains\` must be one of \`networkDomains\`, letter by letter`,
  ],
  [
    `${field}: with two domains the credential's place must be said`,
    "PackDefinition",
    pack({ networkDomains: DOMAINS, [field]: bearer }),
    `\`${field}.networkDomains\` must say where the credential goes`,
  ],
  [
    `${field}: without domains there is no place for a credential`,
    "PackDefinition",
    { ...smallDefinition, [field]: bearer },
    `\`${field}.networkDomains\` must say where the credential goes`,
  ],
  [
    `${field}: with one domain the credential's place is clear`,
    "PackDefinition",
    { ...smallDefinition, networkDomains: ["example.com"], [field]: bearer },
  ],
  [
    `${field}: an endpoint lies under a declared domain`,
    "PackDefinition",
    pack({ networkDomains: ["example.com"], [field]: { ...bearer, endpointDomain: "badexample.com" } }),
    `\`${field}.endpointDomain\` must equal or lie under one of \`networkDomains\``,
  ],
  [
    `${field}: without a credential there is no place for it`,
    "PackDefinition",
    pack({ [field]: { type: "None", networkDomains: ["api.example.com"] } }),
    "`networkDomains` must not be set if `type` is 'None': there is no credential to send",
  ],
  ...authentications.flatMap(({ type, ...settings }): readonly Row[] =>
    Object.entries(settings).flatMap(([name, value]): readonly Row[] => [
      [
        `${field}: ${type} needs ${name}`,
        "PackDefinition",
        { ...smallDefinition, networkDomains: ["example.com"], [field]: { type } },
        `\`${name}\` must be set if, and only if, \`type\` is '${type}'`,
      ],
      [
        `${field}: ${name} belongs to ${type} only`,
        "PackDefinition",
        { ...smallDefinition, networkDomains: ["example.com"], [field]: { ...bearer, [name]: value } },
        `\`${name}\` must be set if, and only if, \`type\` is '${type}'`,
      ],
    ]),
  ),
  [
    `${field}: OAuth2 needs oauth2`,
    "PackDefinition",
    { ...smallDefinition, networkDomains: ["example.com"], [field]: { type: "OAuth2" } },
    "`oauth2` must be set if, and only if, `type` is 'OAuth2'",
  ],
  [
    `${field}: webBasic belongs to WebBasic only`,
    "PackDefinition",
    { ...smallDefinition, networkDomains: ["example.com"], [field]: { ...bearer, webBasic: {} } },
    "`webBasic` must be set only if `type` is 'WebBasic'",
  ],
];

const definitionRows: readonly Row[] = [
  [
    "a formula's host under no declared domain",
    "PackDefinition",
    pack({ formulas: [{ name: "GetDeal", hosts: ["evil.org"] }] }),
    UNDER("formulas"),
  ],
  [
    "a formula's host that only ends like a declared domain",
    "PackDefinition",
    pack({ formulas: [{ name: "GetDeal", hosts: ["badapi.example.com"] }] }),
    UNDER("formulas"),
  ],
  [
    "a formula's host in a pack without domains",
    "PackDefinition",
    { ...smallDefinition, formulas: [{ name: "A", hosts: ["example.com"] }] },
    UNDER("formulas"),
  ],
  [
    "a table's host under no declared domain",
    "PackDefinition",
    pack({ syncTables: [{ name: "Deals", hosts: ["evil.org"] }] }),
    UNDER("syncTables"),
  ],
  [
    "a format of a formula that does not exist",
    "PackDefinition",
    pack({ columnFormats: [{ name: "Deal", formula: "Nothing" }] }),
    "each of `columnFormats[].formula` must be the name of one of `formulas`",
  ],
  [
    "two formulas that differ in case only",
    "PackDefinition",
    pack({ formulas: [{ name: "GetDeal" }, { name: "getdeal" }] }),
    `spec.formulas: Invalid value|${UNIQUE}`,
  ],
  [
    "two tables that differ in case only",
    "PackDefinition",
    pack({ syncTables: [{ name: "Deals" }, { name: "DEALS" }] }),
    `spec.syncTables: Invalid value|${UNIQUE}`,
  ],
  [
    "two formats that differ in case only",
    "PackDefinition",
    pack({
      columnFormats: [
        { name: "Deal", formula: "GetDeal" },
        { name: "deal", formula: "GetDeal" },
      ],
    }),
    `spec.columnFormats: Invalid value|${UNIQUE}`,
  ],
  [
    "a source that is neither bundle nor image",
    "PackDefinition",
    pack({ source: {} }),
    "must have exactly one of `bundle` and `image`",
  ],
  [
    "100 formulas with 8 hosts each",
    "PackDefinition",
    pack({
      formulas: Array.from({ length: 100 }, (_, index) => ({
        name: index === 0 ? "GetDeal" : `F${index}`,
        hosts: Array.from({ length: 8 }, (__, host) => `h${host}.api.example.com`),
      })),
    }),
  ],
  [
    "a name that is too long for a label",
    "PackDefinition",
    smallDefinition,
    "`metadata.name` must have at most 63 characters and no dots",
    "a".repeat(64),
  ],
  ["a name of 63 characters", "PackDefinition", smallDefinition, undefined, "a".repeat(63)],
  [
    "a name with a dot",
    "PackDefinition",
    smallDefinition,
    "`metadata.name` must have at most 63 characters and no dots",
    "a.b",
  ],
  ...authenticationRows("authentication"),
  ...authenticationRows("systemAuthentication"),
];

const configurationRows: readonly Row[] = [
  [
    "neither a pack nor a selector",
    "PackConfiguration",
    without(configuration, "packRef"),
    "must have exactly one of `packRef` and `packSelector`",
  ],
  [
    "both a pack and a selector",
    "PackConfiguration",
    config({ packSelector: { matchLabels: { a: "b" } } }),
    "must have exactly one of `packRef` and `packSelector`",
  ],
  [
    "a selector with a formula",
    "PackConfiguration",
    { ...without(configuration, "packRef"), packSelector: { matchLabels: { a: "b" } } },
    "`components` may have only `allow`, `fetches` and `actions` beside `packSelector`",
  ],
  [
    "Configured without saying for whom",
    "PackConfiguration",
    without(configuration, "access"),
    "`access` must say who may use the pack if `state` is 'Configured': `scope: Organization`, or `scope: Subjects` with `subjects`",
  ],
  [
    "Approved for some only",
    "PackConfiguration",
    config({ state: "Approved" }),
    "`access` must be set only if `state` is 'Configured'",
  ],
  [
    "Denied for some only",
    "PackConfiguration",
    config({ state: "Denied" }),
    "`access` must be set only if `state` is 'Configured'",
  ],
  ["Approved for anyone", "PackConfiguration", { packRef: { name: "crm" }, state: "Approved" }],
  [
    "a denial that is only tried",
    "PackConfiguration",
    { packRef: { name: "crm" }, state: "Denied", enforcement: "Audit" },
    "`enforcement` must be 'Enforce' if `state` is 'Denied'",
  ],
  [
    "subjects beside the whole organization",
    "PackConfiguration",
    config({ access: { scope: "Organization", subjects: [{ kind: "User", name: "a" }] } }),
    "`subjects` must be set only if `scope` is 'Subjects'",
  ],
  ["nobody at all", "PackConfiguration", config({ access: { scope: "Subjects" } })],
  [
    "fetches beside everything",
    "PackConfiguration",
    config({ components: { allow: "All", fetches: "Deny" } }),
    "`fetches` must be set only if `allow` is 'Listed'",
  ],
  [
    "actions beside everything",
    "PackConfiguration",
    config({ components: { allow: "All", actions: "Deny" } }),
    "`actions` must be set only if `allow` is 'Listed'",
  ],
  [
    "formulas beside everything",
    "PackConfiguration",
    config({ components: { allow: "All", formulas: [{ name: "A" }] } }),
    "`formulas` must be set only if `allow` is 'Listed'",
  ],
  [
    "tables beside everything",
    "PackConfiguration",
    config({ components: { allow: "All", syncTables: [{ name: "A" }] } }),
    "`syncTables` must be set only if `allow` is 'Listed'",
  ],
  [
    "account types beside all of them",
    "PackConfiguration",
    config({ accounts: { allow: "All", types: ["Private"] } }),
    "`types` must be set only if `allow` is 'Listed'",
  ],
  [
    "scopes beside all of them",
    "PackConfiguration",
    config({ oauthScopes: { allow: "All", allowed: ["a"] } }),
    "`allowed` must be set only if `allow` is 'Listed'",
  ],
  [
    "domains beside all of them",
    "PackConfiguration",
    config({ network: { allow: "All", allowedDomains: ["example.com"] } }),
    "`allowedDomains` must be set only if `allow` is 'Listed'",
  ],
  [
    "docs beside all of them",
    "PackConfiguration",
    config({ doc: { sharing: { allow: "All", allowedDocs: ["a/b"] } } }),
    "`allowedDocs` must be set only if `allow` is 'Listed'",
  ],
  ...[
    { title: "an empty rule", rule: {}, message: EXACTLY_ONE_RULE },
    { title: "a rule with values and a pattern", rule: { values: ["a"], pattern: "a" }, message: EXACTLY_ONE_RULE },
    {
      title: "a range the wrong way round",
      rule: { minimum: "10", maximum: "9.9" },
      message: "`minimum` must not be greater than `maximum`",
    },
  ].flatMap(({ title, rule, message }): readonly Row[] => [
    [
      `${title}, for a formula's parameter`,
      "PackConfiguration",
      config({ components: { allow: "Listed", formulas: [{ name: "A", parameters: [{ name: "p", rule }] }] } }),
      `components.formulas[0].parameters[0].rule|${message}`,
    ],
    [
      `${title}, for a table's parameter`,
      "PackConfiguration",
      config({ components: { allow: "Listed", syncTables: [{ name: "A", parameters: [{ name: "p", rule }] }] } }),
      `components.syncTables[0].parameters[0].rule|${message}`,
    ],
    [
      `${title}, for a dynamic URL`,
      "PackConfiguration",
      config({ components: { allow: "Listed", syncTables: [{ name: "A", dynamicURL: rule }] } }),
      `components.syncTables[0].dynamicURL|${message}`,
    ],
  ]),
  [
    "a name with a dot",
    "PackConfiguration",
    configuration,
    "`metadata.name` must have at most 63 characters and no dots",
    "a.b",
  ],
];

const otherRows: readonly Row[] = [
  [
    "a certification that does not say of what",
    "PackReview",
    without(SAMPLES["PackReview"]?.[0] ?? {}, ...(["contentDigest"] as never[])),
    "`contentDigest` must say what is certified; copy it from `status.contentDigest` of the definition",
  ],
  [
    "an approval without certification needs no content digest",
    "PackReview",
    { ...without(SAMPLES["PackReview"]?.[0] ?? {}, ...(["contentDigest"] as never[])), certify: false },
  ],
  [
    "an account that is named twice",
    "PackInstall",
    { ...install, accountRefs: [{ name: "a" }, { name: "a" }] },
    "each account must be named once; remove the repetition",
  ],
  [
    "accounts of one name in two namespaces",
    "PackInstall",
    { ...install, accountRefs: [{ name: "a" }, { name: "a", namespace: "b" }] },
  ],
  [
    "a name that is too long for a label",
    "PackInstall",
    install,
    "`metadata.name` must have at most 63 characters and no dots",
    "a".repeat(64),
  ],
  [
    "consume without a Secret",
    "PackAccount",
    { ...account, credential: { oauth2: { clientSecretRef: { name: "a" } } } },
    "`consume` must be set only beside `credential.secretRef`: there is no other Secret to delete",
  ],
  [
    "doc members who act on what they cannot see",
    "PackAccount",
    { ...account, access: { viewData: "Nobody", takeActions: "DocMembers" } },
    "`takeActions` must be 'Owner' or 'Nobody' unless `viewData` is 'DocMembers'",
  ],
  [
    "doc members who act on what, by default, they cannot see",
    "PackAccount",
    { ...account, access: { takeActions: "DocMembers" } },
    "`takeActions` must be 'Owner' or 'Nobody' unless `viewData` is 'DocMembers'",
  ],
  [
    "a credential from nowhere",
    "PackAccount",
    { ...account, credential: {} },
    "must have exactly one of `secretRef` and `oauth2`",
  ],
  [
    "a grant of nothing",
    "PackAccount",
    { ...account, grants: [{ namespace: "a" }] },
    "must have exactly one of `docRef` and `installRef`",
  ],
  [
    "a grant of a doc and an install",
    "PackAccount",
    { ...account, grants: [{ docRef: { name: "a" }, installRef: { name: "a" } }] },
    "must have exactly one of `docRef` and `installRef`",
  ],
  [
    "a decision by nobody",
    "PackRequest",
    { packRef: { name: "crm" }, requester: "a", decision: "Denied" },
    "`decidedBy` must be your own user name if, and only if, `decision` is set",
  ],
  [
    "somebody who decided nothing",
    "PackRequest",
    { packRef: { name: "crm" }, requester: "a", decidedBy: "b" },
    "`decidedBy` must be your own user name if, and only if, `decision` is set",
  ],
  [
    "a reason for no decision",
    "PackRequest",
    { packRef: { name: "crm" }, requester: "a", decisionReason: "b" },
    "`decisionReason` must be set only beside `decision`",
  ],
  ["a URL without an id", "PackDoc", without(doc, "id"), "`url` must be set only beside `id`; add the doc's id"],
  ...["PackDoc", "PackFolder"].flatMap((kind): readonly Row[] => [
    [
      "anyone by name",
      kind,
      { owner: "a", sharing: [{ kind: "Anyone", name: "a", role: "Viewer" }] },
      "`name` must be '*' if, and only if, `kind` is 'Anyone'",
    ],
    [
      "a user named *",
      kind,
      { owner: "a", sharing: [{ kind: "User", name: "*", role: "Viewer" }] },
      "`name` must be '*' if, and only if, `kind` is 'Anyone'",
    ],
    [
      "a domain that is none",
      kind,
      { owner: "a", sharing: [{ kind: "Domain", name: "@example.com", role: "Viewer" }] },
      "`name` must be a lower-case mail domain such as 'example.com' if `kind` is 'Domain'",
    ],
  ]),
  [
    "a second organization",
    "PackOrganization",
    organization,
    "there is one PackOrganization, and `metadata.name` must be 'default'",
    "other",
  ],
  [
    "an active grant for nobody",
    "PackGrant",
    { install: { namespace: "a", name: "b", uid: "c" }, pack: "d", state: "Active" },
    "an active grant must have `access`, `audience`, `limits` and `configuration`",
  ],
  ...["PackReview", "PackAccount", "PackRequest", "PackDoc", "PackFolder"].map(
    (kind): Row => [
      "a name with a dot",
      kind,
      SAMPLES[kind]?.[0] ?? {},
      "`metadata.name` must have at most 63 characters and no dots",
      "a.b",
    ],
  ),
];

export const ROWS: readonly Row[] = [...definitionRows, ...configurationRows, ...otherRows];

export const resourceOf = (kind: string): Resource => {
  const found = PACK_KINDS.find((resource) => resource.kind === kind);
  if (found === undefined) throw new Error(`no kind ${kind}`);
  return found;
};

/** The object that a row is about; in the namespace if it can be in one. */
export const objectOf = ([, kind, spec, , name = "object-rules"]: Row, namespace: string): Sample =>
  sample(
    kind,
    kind === "PackFolder" ? without(spec, ...(["owner"] as never[])) : spec,
    name,
    resourceOf(kind).namespaced ? namespace : undefined,
  );
