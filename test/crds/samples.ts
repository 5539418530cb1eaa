/** Objects that the API server must accept. Together they use every field of every spec (field-rules.test.ts checks it). */
import { API_VERSION } from "../../src/api/kinds.ts";
import type { KubeObject } from "../../src/api/meta.ts";
import type {
  Authentication,
  PackAccountSpec,
  PackConfigurationSpec,
  PackDefinitionSpec,
  PackDocSpec,
  PackFolderSpec,
  PackGrantSpec,
  PackGroupSpec,
  PackInstallSpec,
  PackOrganizationSpec,
  PackRequestSpec,
  PackReviewSpec,
  Parameter,
} from "../../src/api/v1alpha1/index.ts";

export type Sample = KubeObject & { readonly spec: object };

const SHA = "0123456789abcdef".repeat(4);
const DIGEST = `sha256:${SHA}`;
const TIME = "2026-11-23T15:04:05Z";
const URL = "https://example.com/path?a=b";

export const sample = (kind: string, spec: object, name = "sample", namespace?: string): Sample => ({
  apiVersion: API_VERSION,
  kind,
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
  spec,
});

const bundle = {
  bundle: { configMapRef: { name: "crm", key: "pack.js" }, encoding: "Gzip", sha256: SHA },
} as const;

const parameters: readonly Parameter[] = [
  { name: "query", type: "String", optional: true, description: "What to look for.", variadic: false },
];

export const definition: PackDefinitionSpec = {
  displayName: "CRM",
  description: "Customers and deals.",
  version: "1.2.3-beta.1",
  maker: { name: "Example", url: URL, users: ["maker@example.com"] },
  support: { email: "help@example.com", url: URL, responseHours: 24 },
  source: bundle,
  networkDomains: ["api.example.com", "xn--bcher-kva.example.org"],
  authentication: {
    type: "OAuth2",
    networkDomains: ["api.example.com"],
    accountTypes: ["Private", "Shared"],
    requiresEndpointURL: true,
    endpointDomain: "eu.api.example.com",
    instructionsURL: URL,
    oauth2: {
      authorizationURL: URL,
      tokenURL: URL,
      scopes: ["deals:read"],
      scopeDelimiter: ",",
      scopeParamName: "scope",
      additionalParams: [{ name: "prompt", value: "consent" }],
      pkce: "Required",
      tokenPrefix: "Token",
      tokenQueryParam: "access_token",
      credentialsLocation: "Body",
      resource: "https://example.com",
      endpointKey: "instance_url",
      nestedResponseKey: "data",
    },
  },
  systemAuthentication: { type: "WebBasic", networkDomains: ["api.example.com"], webBasic: { usernameOnly: true } },
  formulas: [
    {
      name: "GetDeal",
      description: "One deal.",
      action: false,
      parameters,
      connection: "Required",
      extraOAuthScopes: ["deals:all"],
      hosts: ["v2.api.example.com"],
    },
    { name: "Größe" },
  ],
  syncTables: [
    {
      name: "Deals",
      description: "All deals.",
      dynamic: true,
      writable: true,
      parameters,
      columns: [{ name: "Title", type: "String" }],
      connection: "Optional",
      extraOAuthScopes: ["deals:all"],
      hosts: ["api.example.com"],
    },
  ],
  columnFormats: [{ name: "Deal", formula: "GetDeal" }],
  dataCategories: [{ name: "Contacts", description: "Names and addresses.", access: "Read" }],
  scopes: [{ name: "deals:read", description: "Reads deals.", access: "Read" }],
  sandbox: {
    resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { cpu: "1", memory: "256Mi" } },
    timeoutSeconds: 30,
    maxResponseBytes: 1048576,
    runtimeClassName: "gvisor",
    maxConcurrentRuns: 2,
    isolation: "PerRun",
  },
};

/** The smallest definition that is accepted. */
export const smallDefinition: PackDefinitionSpec = {
  displayName: "Small",
  version: "1",
  source: bundle,
  authentication: { type: "None" },
};

const scopes = ["read"];

/** Every other way of authenticating. */
export const authentications: readonly Authentication[] = [
  { type: "None" },
  { type: "HeaderBearerToken" },
  { type: "CustomHeaderToken", customHeaderToken: { headerName: "X-Api-Key", tokenPrefix: "Key" } },
  {
    type: "MultiHeaderToken",
    multiHeaderToken: { headers: [{ name: "X-Api-Key", description: "The key.", tokenPrefix: "Key" }] },
  },
  { type: "QueryParamToken", queryParamToken: { paramName: "api_key" } },
  { type: "MultiQueryParamToken", multiQueryParamToken: { params: [{ name: "key", description: "The key." }] } },
  { type: "WebBasic" },
  {
    type: "OAuth2ClientCredentials",
    oauth2ClientCredentials: {
      tokenURL: URL,
      scopes,
      scopeDelimiter: ";",
      tokenPrefix: "Token",
      credentialsLocation: "Automatic",
    },
  },
  { type: "AWSAccessKey", awsAccessKey: { service: "s3" } },
  { type: "AWSAssumeRole", awsAssumeRole: { service: "s3" } },
  { type: "GoogleServiceAccount", googleServiceAccount: { scopes } },
  { type: "Custom", custom: { params: [{ name: "secret", description: "The secret." }] } },
  { type: "PlatformToken", platformToken: { audience: "crm", scopes } },
];

const image = {
  image: {
    reference: `registry.example.com:5000/packs/crm@${DIGEST}`,
    port: 8080,
    command: ["/pack"],
    args: ["--verbose"],
  },
};

const definitions: readonly PackDefinitionSpec[] = [
  definition,
  smallDefinition,
  { ...smallDefinition, source: image },
  ...authentications.map(
    (authentication): PackDefinitionSpec => ({
      ...smallDefinition,
      networkDomains: ["api.example.com"],
      authentication,
      systemAuthentication: authentication,
    }),
  ),
  {
    ...smallDefinition,
    networkDomains: ["api.example.com"],
    authentication: { type: "WebBasic", webBasic: { usernameOnly: false } },
  },
  {
    ...smallDefinition,
    networkDomains: ["api.example.com"],
    authentication: definition.authentication,
    systemAuthentication: definition.authentication,
  },
];

const review: PackReviewSpec = {
  packRef: { name: "crm" },
  reviewDigest: DIGEST,
  contentDigest: DIGEST,
  reviewer: "reviewer@example.com",
  approve: { networkDomains: ["api.example.com"], tokenURL: URL, customAuthentication: true, responseBytes: 52428800 },
  certify: true,
  checklist: [{ item: "Privacy policy read", result: "Passed" }],
  evidence: [{ name: "Report", url: URL, sha256: SHA }],
  expireTime: TIME,
};

export const configuration: PackConfigurationSpec = {
  packRef: { name: "crm" },
  state: "Configured",
  access: { scope: "Subjects", subjects: [{ kind: "User", name: "anna@example.com" }] },
  components: {
    allow: "Listed",
    fetches: "Allow",
    actions: "Deny",
    formulas: [{ name: "GetDeal", parameters: [{ name: "query", rule: { values: ["open"] } }] }],
    syncTables: [
      {
        name: "Deals",
        parameters: [{ name: "query", rule: { minimum: "-1.5", maximum: "10" } }],
        dynamicURL: { prefix: "https://example.com/v1/" },
        update: "Allow",
      },
    ],
  },
  accounts: { allow: "Listed", types: ["Private"] },
  oauthScopes: { allow: "Listed", allowed: ["deals:read"] },
  network: { allow: "Listed", allowedDomains: ["example.com"] },
  doc: {
    sharing: { allow: "Listed", allowedDocs: ["team/plan"], enforcePackConfigurationPermissions: true },
  },
  enforcement: "Enforce",
  gracePeriodSeconds: 60,
};

/** A configuration with one rule at each place where a rule can stand. */
const withRule = (rule: object): object => ({
  ...configuration,
  components: {
    allow: "Listed",
    formulas: [{ name: "GetDeal", parameters: [{ name: "query", rule }] }],
    syncTables: [{ name: "Deals", parameters: [{ name: "query", rule }], dynamicURL: rule }],
  },
});

const configurations: readonly object[] = [
  configuration,
  withRule({ values: ["open"] }),
  withRule({ pattern: "[A-Z]{2}-\\d+" }),
  withRule({ minimum: "-1.5", maximum: "10" }),
  withRule({ prefix: "https://example.com/v1/" }),
  { packRef: { name: "crm" }, access: { scope: "Organization" } },
  { packRef: { name: "crm" }, state: "Denied" },
  {
    packSelector: { matchLabels: { tier: "trusted" } },
    access: { scope: "Subjects" },
    components: { allow: "Listed", fetches: "Allow" },
    enforcement: "Audit",
  },
];

export const install: PackInstallSpec = {
  packRef: { name: "crm" },
  configurationRef: { name: "crm-readers" },
  docRef: { name: "plan" },
  installer: "anna@example.com",
  accountRefs: [{ namespace: "team", name: "annas-crm" }, { name: "annas-crm" }],
  suspend: false,
};

export const account: PackAccountSpec = {
  packRef: { name: "crm" },
  owner: "anna@example.com",
  access: { viewData: "DocMembers", takeActions: "DocMembers" },
  credential: { secretRef: { name: "crm-token" } },
  consume: true,
  endpointURL: URL,
  grants: [
    { namespace: "team", docRef: { name: "plan" }, expireTime: TIME },
    { namespace: "team", installRef: { name: "crm" } },
  ],
};

const accounts: readonly PackAccountSpec[] = [
  account,
  { ...account, consume: false, credential: { oauth2: { clientSecretRef: { name: "crm-client" } } } },
  { ...account, grants: [{ installRef: { name: "crm" } }] },
];

const request: PackRequestSpec = {
  packRef: { name: "crm" },
  requester: "anna@example.com",
  reason: "We track deals in docs.",
  decision: "Approved",
  decidedBy: "admin@example.com",
  decisionReason: "Reviewed last week.",
};

const group: PackGroupSpec = {
  groupName: "sales",
  displayName: "Sales",
  members: ["anna@example.com"],
  source: { name: "scim", maxAgeSeconds: 3600 },
};

const sharing = [
  { kind: "User", name: "anna@example.com", role: "Owner" },
  { kind: "Group", name: "sales", role: "Editor" },
  { kind: "Domain", name: "example.com", role: "Viewer" },
  { kind: "Anyone", name: "*", role: "Viewer" },
] as const;

export const doc: PackDocSpec = {
  id: "d-AbC123",
  url: "https://docs.example.com/d/AbC123",
  owner: "anna@example.com",
  folderRef: { name: "team" },
  sharing,
};

const folder: PackFolderSpec = { parentRef: { name: "company" }, sharing };

export const organization: PackOrganizationSpec = {
  members: "OwnedDomains",
  ownedDomains: ["example.com"],
  defaultAccess: "Members",
  approvals: { mode: "Required" },
  maxUnreviewedDomains: 2,
  reinstallPolicy: "Automatic",
  uninstallGuard: { maxPercent: 30, minimum: 5, windowSeconds: 600 },
  supportContact: "#ask-it",
};

const rule = { values: ["open"], pattern: "a+", minimum: "1", maximum: "2", prefix: "https://example.com/" };

const grant: PackGrantSpec = {
  install: { namespace: "team", name: "crm", uid: "3f0a" },
  pack: "crm",
  state: "Active",
  reason: "Active",
  message: "In force.",
  hosts: [{ domain: "api.example.com", auth: "User" }],
  components: [
    {
      kind: "Formula",
      name: "GetDeal",
      action: false,
      connection: "Required",
      scopes: ["deals:read"],
      hosts: ["api.example.com"],
      parameters: [{ name: "query", type: "String", optional: true, variadic: false }],
      rules: [{ name: "query", rule }],
      dynamic: true,
      dynamicURL: rule,
      enabled: true,
      reason: "Allowed",
    },
  ],
  access: {
    state: "Configured",
    scope: "Subjects",
    members: "OwnedDomains",
    users: ["anna@example.com"],
    groups: ["sales"],
    ownedDomains: ["example.com"],
  },
  accounts: [
    {
      name: "team/annas-crm",
      owner: "anna@example.com",
      viewData: "Nobody",
      takeActions: "Owner",
      secret: "annas-crm-0123",
      boundHosts: ["api.example.com"],
      placement: {
        type: "CustomHeaderToken",
        headers: [{ name: "X-Api-Key", prefix: "Key" }],
        params: ["key"],
        service: "s3",
      },
      grantedScopes: ["deals:read"],
      expireTime: TIME,
    },
  ],
  allowedScopes: { allow: "Listed", allowed: ["deals:read"] },
  accountTypes: ["Private"],
  audience: { users: ["anna@example.com"], groups: ["sales"], domains: ["example.com"], anyone: false },
  limits: { timeoutSeconds: 60, maxResponseBytes: 1048576, maxConcurrentRuns: 4, isolation: "PerUser" },
  configuration: { name: "crm-readers", contact: "#ask-it" },
};

const revokedGrant: PackGrantSpec = {
  install: grant.install,
  pack: "crm",
  state: "Revoked",
  reason: "PolicyTooLarge",
  message: "Too large.",
};

/** Specs that must be accepted, by kind. Where a field can only stand in some of them, the first that has it is used. */
export const SAMPLES: Readonly<Record<string, readonly object[]>> = {
  PackDefinition: definitions,
  PackReview: [review],
  PackConfiguration: configurations,
  PackInstall: [install],
  PackAccount: accounts,
  PackRequest: [request, { packRef: { name: "crm" }, requester: "anna@example.com" }],
  PackGroup: [group],
  PackDoc: [doc],
  PackFolder: [folder],
  PackOrganization: [organization, { members: "Everyone" }],
  PackGrant: [grant, revokedGrant],
};
