import type { Resourceful } from "../meta.ts";
import type {
  AccountType,
  AuthenticationType,
  CommonStatus,
  ComponentName,
  Connection,
  Count,
  DnsName,
  ExternalDomain,
  HttpsUrl,
  Isolation,
  MailAddress,
  ParameterKey,
  ScopeName,
  Sha256Hex,
  StatusName,
  SubdomainName,
  Timestamp,
  UserName,
  ValueType,
} from "./common.ts";

/**
 * A pack: what it may reach, how it authenticates, its building blocks and its code.
 * @shortName packdef
 * @labelName
 * @printColumn VERSION string .spec.version
 * @printColumn CERTIFIED string .status.conditions[?(@.type=="Certified")].status
 * @printColumn AUTH string .spec.authentication.type
 * @printColumn DOMAINS string .spec.networkDomains
 * @printColumn INSTALLS integer .status.installs
 */
export type PackDefinition = Resourceful<PackDefinitionSpec, PackDefinitionStatus>;

/**
 * What the pack is.
 * @rule !has(self.formulas) || self.formulas.all(f, !has(f.hosts) || f.hosts.all(h, has(self.networkDomains) && self.networkDomains.exists(d, h == d || h.endsWith('.' + d))))
 *   message: each of `formulas[].hosts` must equal or lie under one of `networkDomains`; declare its domain there or remove it
 *   fieldPath: .formulas
 * @rule !has(self.syncTables) || self.syncTables.all(f, !has(f.hosts) || f.hosts.all(h, has(self.networkDomains) && self.networkDomains.exists(d, h == d || h.endsWith('.' + d))))
 *   message: each of `syncTables[].hosts` must equal or lie under one of `networkDomains`; declare its domain there or remove it
 *   fieldPath: .syncTables
 * @rule !has(self.authentication.networkDomains) || (has(self.networkDomains) && self.authentication.networkDomains.all(d, d in self.networkDomains))
 *   message: each of `authentication.networkDomains` must be one of `networkDomains`, letter by letter
 *   fieldPath: .authentication
 * @rule self.authentication.type == 'None' || (has(self.networkDomains) && (size(self.networkDomains) == 1 || has(self.authentication.networkDomains)))
 *   message: `authentication.networkDomains` must say where the credential goes, because there is not exactly one of `networkDomains`
 *   fieldPath: .authentication
 * @rule !has(self.authentication.endpointDomain) || (has(self.networkDomains) && self.networkDomains.exists(d, self.authentication.endpointDomain == d || self.authentication.endpointDomain.endsWith('.' + d)))
 *   message: `authentication.endpointDomain` must equal or lie under one of `networkDomains`
 *   fieldPath: .authentication
 * @rule !has(self.systemAuthentication) || !has(self.systemAuthentication.networkDomains) || (has(self.networkDomains) && self.systemAuthentication.networkDomains.all(d, d in self.networkDomains))
 *   message: each of `systemAuthentication.networkDomains` must be one of `networkDomains`, letter by letter
 *   fieldPath: .systemAuthentication
 * @rule !has(self.systemAuthentication) || self.systemAuthentication.type == 'None' || (has(self.networkDomains) && (size(self.networkDomains) == 1 || has(self.systemAuthentication.networkDomains)))
 *   message: `systemAuthentication.networkDomains` must say where the credential goes, because there is not exactly one of `networkDomains`
 *   fieldPath: .systemAuthentication
 * @rule !has(self.systemAuthentication) || !has(self.systemAuthentication.endpointDomain) || (has(self.networkDomains) && self.networkDomains.exists(d, self.systemAuthentication.endpointDomain == d || self.systemAuthentication.endpointDomain.endsWith('.' + d)))
 *   message: `systemAuthentication.endpointDomain` must equal or lie under one of `networkDomains`
 *   fieldPath: .systemAuthentication
 * @rule !has(self.columnFormats) || self.columnFormats.all(c, has(self.formulas) && self.formulas.exists(f, f.name == c.formula))
 *   message: each of `columnFormats[].formula` must be the name of one of `formulas`
 *   fieldPath: .columnFormats
 */
export type PackDefinitionSpec = {
  /**
   * The name that people see.
   * @minLength 1
   * @maxLength 64
   */
  readonly displayName: string;
  /**
   * What the pack is for.
   * @maxLength 1000
   */
  readonly description?: string;
  /**
   * The version: `1`, `1.2` or `1.2.3`, optionally `-prerelease.N`.
   * @minLength 1
   * @maxLength 48
   * @pattern ^(0|[1-9][0-9]{0,5})(\.(0|[1-9][0-9]{0,5})){0,2}(-[a-z][0-9a-z]{0,15}\.(0|[1-9][0-9]{0,5}))?$
   *   message: must be '1', '1.2' or '1.2.3', optionally followed by '-prerelease.N', such as '1.2.3-beta.1'
   */
  readonly version: string;
  /** Who makes the pack. */
  readonly maker?: Maker;
  /** Where people get help with it. */
  readonly support?: Support;
  /** The code: exactly one of `bundle` and `image`. */
  readonly source: PackSource;
  /**
   * The domains that the pack may reach. None means no network at all.
   * @listType set
   * @maxItems 32
   */
  readonly networkDomains?: readonly ExternalDomain[];
  /** How each user's requests are authenticated. */
  readonly authentication: Authentication;
  /** The organization's own credential, the same for every user. */
  readonly systemAuthentication?: Authentication;
  /**
   * Functions that people can call. Names are unique, ignoring case.
   * @listType map
   * @listMapKey name
   * @maxItems 100
   * @rule self.all(x, self.exists_one(y, x.name.lowerAscii() == y.name.lowerAscii()))
   *   message: names must be unique, ignoring case; rename one of them
   */
  readonly formulas?: readonly Formula[];
  /**
   * Tables that are filled from the other service. Names are unique, ignoring case.
   * @listType map
   * @listMapKey name
   * @maxItems 100
   * @rule self.all(x, self.exists_one(y, x.name.lowerAscii() == y.name.lowerAscii()))
   *   message: names must be unique, ignoring case; rename one of them
   */
  readonly syncTables?: readonly SyncTable[];
  /**
   * Formats that show a column's values through a formula. Names are unique, ignoring case.
   * @listType map
   * @listMapKey name
   * @maxItems 50
   * @rule self.all(x, self.exists_one(y, x.name.lowerAscii() == y.name.lowerAscii()))
   *   message: names must be unique, ignoring case; rename one of them
   */
  readonly columnFormats?: readonly ColumnFormat[];
  /**
   * What kinds of data the pack handles, for people who decide about it.
   * @listType map
   * @listMapKey name
   * @maxItems 32
   */
  readonly dataCategories?: readonly DataCategory[];
  /**
   * What the OAuth scopes mean, for people who decide about them.
   * @listType map
   * @listMapKey name
   * @maxItems 64
   */
  readonly scopes?: readonly ScopeDescription[];
  /**
   * How the code runs.
   * @default {}
   */
  readonly sandbox?: SandboxSettings;
};

/** Who makes a pack. */
export type Maker = {
  /**
   * The name of the person or company.
   * @minLength 1
   * @maxLength 128
   */
  readonly name: string;
  /** Their page. */
  readonly url?: HttpsUrl;
  /**
   * The makers' user names. They may not certify this pack.
   * @listType set
   * @maxItems 32
   */
  readonly users?: readonly UserName[];
};

/** Where people get help. */
export type Support = {
  /** A mail address for questions. */
  readonly email?: MailAddress;
  /** A page for questions. */
  readonly url?: HttpsUrl;
  /**
   * Within how many hours an answer comes.
   * @integer int64
   * @minimum 1
   * @maximum 720
   */
  readonly responseHours?: number;
};

/**
 * The code of a pack.
 * @rule has(self.bundle) != has(self.image)
 *   message: must have exactly one of `bundle` and `image`
 */
export type PackSource = {
  /** JavaScript that runs in the platform's sandbox image. */
  readonly bundle?: BundleSource;
  /** A container image of the pack's own. */
  readonly image?: ImageSource;
};

/** JavaScript in a ConfigMap of the namespace packs-system. */
export type BundleSource = {
  /** Where the code is. */
  readonly configMapRef: ConfigMapKeyRef;
  /**
   * How the code is stored. At most 1 MiB as stored.
   * @default "None"
   */
  readonly encoding?: "None" | "Gzip";
  /** The SHA-256 of the code as stored. Other code is refused. */
  readonly sha256: Sha256Hex;
};

/** A key of a ConfigMap. */
export type ConfigMapKeyRef = {
  /** The name of the ConfigMap. */
  readonly name: SubdomainName;
  /**
   * The key in it.
   * @minLength 1
   * @maxLength 253
   * @pattern ^[-._a-zA-Z0-9]+$
   *   message: must be a ConfigMap key: letters, digits, '-', '_' and '.', such as 'pack.js'
   */
  readonly key: string;
};

/** A container image. */
export type ImageSource = {
  /**
   * The image by its digest: `registry.example.com/name@sha256:...`. Tags can move and are refused.
   * @minLength 73
   * @maxLength 512
   * @pattern ^[a-zA-Z0-9][a-zA-Z0-9._:/-]*@sha256:[0-9a-f]{64}$
   *   message: must name the image by digest, such as 'registry.example.com/packs/crm@sha256:' and 64 hexadecimal digits; a tag alone can move
   */
  readonly reference: string;
  /**
   * The port that the pack listens on.
   * @integer int64
   * @minimum 1024
   * @maximum 65535
   */
  readonly port?: number;
  /**
   * Instead of the image's entry point.
   * @listType atomic
   * @maxItems 32
   */
  readonly command?: readonly CommandWord[];
  /**
   * Arguments of the entry point.
   * @listType atomic
   * @maxItems 64
   */
  readonly args?: readonly CommandWord[];
};

/**
 * One word of a command line.
 * @maxLength 1024
 */
export type CommandWord = string;

/**
 * How requests are authenticated: a `type`, and the settings of that type under a field of its name.
 * @rule self.type != 'None' || !has(self.networkDomains)
 *   message: `networkDomains` must not be set if `type` is 'None': there is no credential to send
 *   fieldPath: .networkDomains
 */
export type Authentication = {
  /** The way of authenticating. */
  readonly type: AuthenticationType;
  /**
   * Where the credential goes: literally some of the pack's `networkDomains`. Needed unless the pack has exactly one.
   * @listType set
   * @minItems 1
   * @maxItems 32
   */
  readonly networkDomains?: readonly DnsName[];
  /**
   * Which accounts people may connect. Absent: both.
   * @listType set
   * @minItems 1
   * @maxItems 2
   */
  readonly accountTypes?: readonly AccountType[];
  /** Whether each account names the address of its own server. */
  readonly requiresEndpointURL?: boolean;
  /** Under which domain such an address must be. */
  readonly endpointDomain?: DnsName;
  /** A page that tells people how to get a credential. */
  readonly instructionsURL?: HttpsUrl;
  /**
   * A token in a header of a given name.
   * @exactlyWhen type=CustomHeaderToken
   */
  readonly customHeaderToken?: HeaderToken;
  /**
   * Several tokens, each in a header.
   * @exactlyWhen type=MultiHeaderToken
   */
  readonly multiHeaderToken?: MultiHeaderToken;
  /**
   * A token in the query of the URL.
   * @exactlyWhen type=QueryParamToken
   */
  readonly queryParamToken?: QueryParamToken;
  /**
   * Several tokens in the query of the URL.
   * @exactlyWhen type=MultiQueryParamToken
   */
  readonly multiQueryParamToken?: NamedSecrets;
  /**
   * User name and password.
   * @onlyWhen type=WebBasic
   */
  readonly webBasic?: WebBasic;
  /**
   * OAuth 2.0 with the user's consent.
   * @exactlyWhen type=OAuth2
   */
  readonly oauth2?: OAuth2;
  /**
   * OAuth 2.0 for machines.
   * @exactlyWhen type=OAuth2ClientCredentials
   */
  readonly oauth2ClientCredentials?: OAuth2ClientCredentials;
  /**
   * Requests signed with an AWS access key.
   * @exactlyWhen type=AWSAccessKey
   */
  readonly awsAccessKey?: AwsService;
  /**
   * Requests signed with an assumed AWS role.
   * @exactlyWhen type=AWSAssumeRole
   */
  readonly awsAssumeRole?: AwsService;
  /**
   * A Google service account.
   * @exactlyWhen type=GoogleServiceAccount
   */
  readonly googleServiceAccount?: GoogleServiceAccount;
  /**
   * Named secrets that the gateway puts where the pack writes placeholders. Needs a review.
   * @exactlyWhen type=Custom
   */
  readonly custom?: NamedSecrets;
  /**
   * A token of the platform itself.
   * @exactlyWhen type=PlatformToken
   */
  readonly platformToken?: PlatformToken;
};

/**
 * The name of a header that carries a credential.
 * @minLength 1
 * @maxLength 64
 * @pattern ^[A-Za-z0-9][A-Za-z0-9-]*$
 *   message: must be a header name of letters, digits and '-', such as 'X-Api-Key'
 * @rule !(self.lowerAscii() in ['host', 'content-length', 'transfer-encoding', 'connection', 'cookie', 'te', 'upgrade', 'expect', 'trailer', 'keep-alive', 'proxy-authorization', 'proxy-connection'])
 *   message: must not be a header that the gateway writes itself; use the header that the other service documents for its token
 */
export type HeaderName = string;

/**
 * What comes before the token, such as `Token`.
 * @maxLength 32
 * @pattern ^[!-~]*$
 *   message: must be one word of printable ASCII, such as 'Token'
 */
export type TokenPrefix = string;

/** A token in a header. */
export type HeaderToken = {
  /** The name of the header. */
  readonly headerName: HeaderName;
  /** What comes before the token. */
  readonly tokenPrefix?: TokenPrefix;
};

/** Tokens in headers. */
export type MultiHeaderToken = {
  /**
   * The headers.
   * @listType map
   * @listMapKey name
   * @minItems 1
   * @maxItems 8
   */
  readonly headers: readonly NamedHeader[];
};

/** One header with a token. */
export type NamedHeader = {
  /** The name of the header. */
  readonly name: HeaderName;
  /**
   * What to write there, for people.
   * @maxLength 256
   */
  readonly description?: string;
  /** What comes before the token. */
  readonly tokenPrefix?: TokenPrefix;
};

/** A token in the query. */
export type QueryParamToken = {
  /** The name of the query parameter. */
  readonly paramName: ParameterKey;
};

/** Several secrets, each with a name. */
export type NamedSecrets = {
  /**
   * The secrets.
   * @listType map
   * @listMapKey name
   * @minItems 1
   * @maxItems 8
   */
  readonly params: readonly NamedSecret[];
};

/** One secret. */
export type NamedSecret = {
  /** Its name. */
  readonly name: ParameterKey;
  /**
   * What to write there, for people.
   * @maxLength 256
   */
  readonly description?: string;
};

/** User name and password. */
export type WebBasic = {
  /** Whether there is no password. */
  readonly usernameOnly?: boolean;
};

/** What separates scopes in a request. */
export type ScopeDelimiter = " " | "," | ";";

/** Where client id and secret are sent. */
export type CredentialsLocation = "Automatic" | "AuthorizationHeader" | "Body";

/** OAuth 2.0 with the user's consent. Only the platform calls these URLs, never the sandbox. */
export type OAuth2 = {
  /** Where people consent. */
  readonly authorizationURL: HttpsUrl;
  /** Where tokens are exchanged. */
  readonly tokenURL: HttpsUrl;
  /**
   * The scopes to ask for.
   * @listType set
   * @maxItems 64
   */
  readonly scopes?: readonly ScopeName[];
  /** What separates scopes. Absent: a space. */
  readonly scopeDelimiter?: ScopeDelimiter;
  /** The parameter that carries the scopes. Absent: `scope`. */
  readonly scopeParamName?: ParameterKey;
  /**
   * More parameters of the authorization URL.
   * @listType map
   * @listMapKey name
   * @maxItems 16
   */
  readonly additionalParams?: readonly AdditionalParam[];
  /** Whether PKCE is used. Absent: required. */
  readonly pkce?: "Required" | "Disabled";
  /** What comes before the access token. Absent: `Bearer`. */
  readonly tokenPrefix?: TokenPrefix;
  /** Send the token in this query parameter instead of a header. */
  readonly tokenQueryParam?: ParameterKey;
  /** Where client id and secret are sent. Absent: automatic. */
  readonly credentialsLocation?: CredentialsLocation;
  /**
   * The resource that the token is for (RFC 8707).
   * @maxLength 512
   */
  readonly resource?: string;
  /**
   * Where the token response has the address of the account's server.
   * @maxLength 64
   */
  readonly endpointKey?: string;
  /**
   * Under which key the token response has the tokens.
   * @maxLength 64
   */
  readonly nestedResponseKey?: string;
};

/** A fixed parameter. */
export type AdditionalParam = {
  /** Its name. */
  readonly name: ParameterKey;
  /**
   * Its value.
   * @maxLength 256
   */
  readonly value: string;
};

/** OAuth 2.0 for machines. Only the platform calls the URL. */
export type OAuth2ClientCredentials = {
  /** Where tokens are issued. */
  readonly tokenURL: HttpsUrl;
  /**
   * The scopes to ask for.
   * @listType set
   * @maxItems 64
   */
  readonly scopes?: readonly ScopeName[];
  /** What separates scopes. Absent: a space. */
  readonly scopeDelimiter?: ScopeDelimiter;
  /** What comes before the access token. Absent: `Bearer`. */
  readonly tokenPrefix?: TokenPrefix;
  /** Where client id and secret are sent. Absent: automatic. */
  readonly credentialsLocation?: CredentialsLocation;
};

/** An AWS service. */
export type AwsService = {
  /** The service that requests are signed for, such as `s3`. */
  readonly service: ParameterKey;
};

/** A Google service account. */
export type GoogleServiceAccount = {
  /**
   * The scopes to ask for.
   * @listType set
   * @minItems 1
   * @maxItems 64
   */
  readonly scopes: readonly ScopeName[];
};

/** A token of the platform. */
export type PlatformToken = {
  /**
   * Whom the token is for.
   * @minLength 1
   * @maxLength 256
   */
  readonly audience: string;
  /**
   * The scopes in it.
   * @listType set
   * @maxItems 64
   */
  readonly scopes?: readonly ScopeName[];
};

/** A function that people can call. */
export type Formula = {
  /** Its name. */
  readonly name: ComponentName;
  /**
   * What it does.
   * @maxLength 1000
   */
  readonly description?: string;
  /** Whether it changes something at the other service. */
  readonly action?: boolean;
  /**
   * Its parameters.
   * @listType map
   * @listMapKey name
   * @maxItems 32
   */
  readonly parameters?: readonly Parameter[];
  /** Whether it needs the user's account. Absent: none. */
  readonly connection?: Connection;
  /**
   * Scopes that it needs beyond those of the pack.
   * @listType set
   * @maxItems 16
   */
  readonly extraOAuthScopes?: readonly ScopeName[];
  /**
   * Only these hosts, each equal to or under one of `networkDomains`. Absent: all of them.
   * @listType set
   * @minItems 1
   * @maxItems 8
   */
  readonly hosts?: readonly DnsName[];
};

/** A table that is filled from the other service. */
export type SyncTable = {
  /** Its name. */
  readonly name: ComponentName;
  /**
   * What it shows.
   * @maxLength 1000
   */
  readonly description?: string;
  /** Whether the user chooses the data set by a URL. */
  readonly dynamic?: boolean;
  /** Whether rows can be changed. A change is an action. */
  readonly writable?: boolean;
  /**
   * Its parameters.
   * @listType map
   * @listMapKey name
   * @maxItems 32
   */
  readonly parameters?: readonly Parameter[];
  /**
   * Its columns.
   * @listType map
   * @listMapKey name
   * @maxItems 100
   */
  readonly columns?: readonly Column[];
  /** Whether it needs the user's account. Absent: none. */
  readonly connection?: Connection;
  /**
   * Scopes that it needs beyond those of the pack.
   * @listType set
   * @maxItems 16
   */
  readonly extraOAuthScopes?: readonly ScopeName[];
  /**
   * Only these hosts, each equal to or under one of `networkDomains`. Absent: all of them.
   * @listType set
   * @minItems 1
   * @maxItems 8
   */
  readonly hosts?: readonly DnsName[];
};

/** A column of a table. */
export type Column = {
  /**
   * Its name.
   * @minLength 1
   * @maxLength 50
   */
  readonly name: string;
  /** What it holds. */
  readonly type: ValueType;
};

/** A parameter of a building block. */
export type Parameter = {
  /** Its name. */
  readonly name: ComponentName;
  /** What may be written in it. */
  readonly type: ValueType;
  /** Whether it may be left out. */
  readonly optional?: boolean;
  /**
   * What it is for.
   * @maxLength 500
   */
  readonly description?: string;
  /** Whether it may be given several times. */
  readonly variadic?: boolean;
};

/** A format that shows a column through a formula. */
export type ColumnFormat = {
  /**
   * Its name.
   * @minLength 1
   * @maxLength 50
   */
  readonly name: string;
  /** The formula that makes the values; one of `formulas`. */
  readonly formula: ComponentName;
};

/** What is done with data. */
export type DataAccess = "Read" | "Write" | "Offline";

/** A kind of data. */
export type DataCategory = {
  /**
   * The kind of data, such as `Contacts`.
   * @minLength 1
   * @maxLength 64
   */
  readonly name: string;
  /**
   * What happens with it, for people.
   * @maxLength 500
   */
  readonly description?: string;
  /** Whether it is read, written, or used while the user is away. */
  readonly access: DataAccess;
};

/** What an OAuth scope means. */
export type ScopeDescription = {
  /** The scope. */
  readonly name: ScopeName;
  /**
   * What it allows, for people.
   * @maxLength 500
   */
  readonly description?: string;
  /** Whether it reads, writes, or works while the user is away. */
  readonly access: DataAccess;
};

/** How the code runs. */
export type SandboxSettings = {
  /** Processor and memory of the pod. */
  readonly resources?: SandboxResources;
  /**
   * How long one run may take, in seconds.
   * @integer int64
   * @minimum 1
   * @maximum 300
   * @default 60
   */
  readonly timeoutSeconds?: number;
  /**
   * How large one response may be, in bytes. More than the default needs a review.
   * @integer int64
   * @minimum 1024
   * @maximum 104857600
   * @default 26214400
   */
  readonly maxResponseBytes?: number;
  /** The RuntimeClass of the pod, such as `gvisor`. */
  readonly runtimeClassName?: SubdomainName;
  /**
   * How many runs go on at a time.
   * @integer int64
   * @minimum 1
   * @maximum 64
   * @default 4
   */
  readonly maxConcurrentRuns?: number;
  /**
   * Whether each user gets a process of his own, or each run.
   * @default "PerUser"
   */
  readonly isolation?: Isolation;
};

/** Processor and memory. */
export type SandboxResources = {
  /** What the pod is promised. */
  readonly requests?: ResourceAmounts;
  /** What the pod may use at most. */
  readonly limits?: ResourceAmounts;
};

/** Amounts of processor and memory. */
export type ResourceAmounts = {
  /**
   * Processors: `10m` to `4`.
   * @minLength 1
   * @maxLength 16
   * @rule isQuantity(self) && quantity(self).compareTo(quantity('10m')) >= 0 && quantity(self).compareTo(quantity('4')) <= 0
   *   message: must be a quantity from '10m' to '4', such as '250m'
   */
  readonly cpu?: string;
  /**
   * Memory: `32Mi` to `4Gi`.
   * @minLength 1
   * @maxLength 16
   * @rule isQuantity(self) && quantity(self).compareTo(quantity('32Mi')) >= 0 && quantity(self).compareTo(quantity('4Gi')) <= 0
   *   message: must be a quantity from '32Mi' to '4Gi', such as '256Mi'
   */
  readonly memory?: string;
};

/** What the controller knows about the pack. */
export type PackDefinitionStatus = CommonStatus & {
  /** The digest of the facts that a review speaks about. */
  readonly reviewDigest?: StatusDigest;
  /** The digest of everything, code included. A certification binds to it. */
  readonly contentDigest?: StatusDigest;
  /** How far the review is. */
  readonly review?: ReviewState;
  /** Whether somebody vouches for this pack. */
  readonly certification?: CertificationState;
  /**
   * The domains that sandboxes may reach now: declared and, where needed, reviewed.
   * @listType atomic
   * @maxItems 32
   */
  readonly effectiveDomains?: readonly StatusName[];
  /**
   * Every domain that was effective since installs exist.
   * @listType atomic
   * @maxItems 256
   */
  readonly knownDomains?: readonly StatusName[];
  /** How many installs name this pack. */
  readonly installs?: Count;
  /** How many accounts name this pack. */
  readonly accounts?: Count;
};

/**
 * A digest, in a status.
 * @maxLength 71
 */
export type StatusDigest = string;

/** How far a review is. */
export type ReviewState = {
  /**
   * The facts that need a review, such as `NetworkDomains`.
   * @listType atomic
   * @maxItems 16
   */
  readonly required?: readonly ReviewTopic[];
  /**
   * Those of them that are approved.
   * @listType atomic
   * @maxItems 16
   */
  readonly approved?: readonly ReviewTopic[];
  /**
   * The reviewers.
   * @listType atomic
   * @maxItems 32
   */
  readonly by?: readonly ReviewerName[];
};

/**
 * A fact that needs a review.
 * @maxLength 64
 */
export type ReviewTopic = string;

/**
 * A reviewer, in a status.
 * @maxLength 512
 */
export type ReviewerName = string;

/** Whether somebody vouches for a pack. */
export type CertificationState = {
  /** Whether it is certified now. */
  readonly certified: boolean;
  /** Who certified it. */
  readonly by?: ReviewerName;
  /** When. */
  readonly time?: Timestamp;
};
