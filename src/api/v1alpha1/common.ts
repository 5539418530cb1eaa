/**
 * Types that several kinds share. A name here carries its rules once; JSDoc text is the description that people read in
 * `kubectl explain`, JSDoc tags are the schema (codegen/tags.ts lists them).
 */

/**
 * The name of another object: at most 63 characters of `a-z`, `0-9` and `-`, no dots, because it becomes a label value.
 * @minLength 1
 * @maxLength 63
 * @pattern ^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$
 *   message: must be 1 to 63 lower-case letters, digits or '-', starting and ending with a letter or digit, such as 'acme-crm'; no dots
 */
export type ObjectName = string;

/**
 * The name of a Secret, ConfigMap or RuntimeClass: at most 253 characters of `a-z`, `0-9`, `-` and `.`.
 * @minLength 1
 * @maxLength 253
 * @pattern ^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$
 *   message: must be lower-case letters, digits, '-' or '.', starting and ending with a letter or digit, such as 'acme-token'
 */
export type SubdomainName = string;

/**
 * A user as the API server knows him: exactly what `kubectl auth whoami` shows. Compared byte for byte.
 * @minLength 1
 * @maxLength 512
 * @pattern ^\S(.*\S)?$
 *   message: must be a user name exactly as `kubectl auth whoami` shows it, without spaces around it
 */
export type UserName = string;

/**
 * A group as PackGroups name it. Compared byte for byte.
 * @minLength 1
 * @maxLength 512
 * @pattern ^\S(.*\S)?$
 *   message: must be the name of a group exactly as its PackGroup has it, without spaces around it
 */
export type GroupName = string;

/**
 * A lower-case DNS name of two labels or more. International names are written with `xn--`.
 * @minLength 4
 * @maxLength 253
 * @pattern ^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$
 *   message: must be a lower-case DNS name of at least two labels, such as 'api.example.com'; no wildcard, address, port, scheme, path, underscore or trailing dot
 */
export type DnsName = string;

/**
 * A domain of the public internet. It covers itself and every sub-domain, https on port 443.
 * @minLength 4
 * @maxLength 253
 * @pattern ^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$
 *   message: must be a lower-case DNS name of at least two labels, such as 'api.example.com'; no wildcard, address, port, scheme, path, underscore or trailing dot
 * @notPattern (^|\.)(svc|cluster\.local|internal|local|localhost|localdomain|home\.arpa|arpa|invalid|example|onion|alt|intranet|corp|lan|home|private)$
 *   message: must be a name of the public internet, not a cluster-internal or special-use one such as 'svc', 'cluster.local', 'internal', 'local', 'localhost' or 'home.arpa'
 * @notPattern (^|\.)([a-wyz0-9][a-z0-9]|x[a-mo-z0-9])--
 *   message: must write an international label in its A-label form, starting with 'xn--'
 */
export type ExternalDomain = string;

/**
 * An https URL on a public name: no port, user or fragment.
 * @minLength 10
 * @maxLength 1024
 * @pattern ^https://([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?(/[!"$-[\]-~]*)?$
 *   message: must be an https URL such as 'https://example.com/path': a lower-case DNS name of at least two labels, then optionally a path and a query; no port, user or fragment
 */
export type HttpsUrl = string;

/**
 * The name of a building block or parameter: a letter, then letters, digits and `_`; at most 50 characters.
 * @minLength 1
 * @maxLength 50
 * @schemaPattern ^\p{L}[\p{L}\p{N}_]*$
 * @rule !self.matches('^[0-9_]|[ -/:-@\\[-^`{-~]')
 *   message: must start with a letter and have only letters, digits and '_' after it, such as 'GetTasks'
 */
export type ComponentName = string;

/**
 * An OAuth scope as the other service names it.
 * @minLength 1
 * @maxLength 256
 * @pattern ^[!-~]+$
 *   message: must be one scope in printable ASCII without spaces, such as 'tasks:read'; write several scopes as several entries
 */
export type ScopeName = string;

/**
 * The name of an HTTP header or of a parameter.
 * @minLength 1
 * @maxLength 64
 * @pattern ^[A-Za-z0-9][A-Za-z0-9._-]*$
 *   message: must start with a letter or digit and have only letters, digits, '.', '_' and '-', such as 'api_key'
 */
export type ParameterKey = string;

/**
 * A digest: `sha256:` and 64 lower-case hexadecimal digits.
 * @minLength 71
 * @maxLength 71
 * @pattern ^sha256:[0-9a-f]{64}$
 *   message: must be 'sha256:' and 64 lower-case hexadecimal digits, as `status` of the definition shows it
 */
export type Digest = string;

/**
 * 64 lower-case hexadecimal digits, as `sha256sum` prints them.
 * @minLength 64
 * @maxLength 64
 * @pattern ^[0-9a-f]{64}$
 *   message: must be 64 lower-case hexadecimal digits, as `sha256sum` prints them
 */
export type Sha256Hex = string;

/**
 * A decimal number as text, because floats are not exact: `-1.5`.
 * @minLength 1
 * @maxLength 32
 * @pattern ^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,9})?$
 *   message: must be a decimal number as text, such as '-1.5': no exponent, no leading zero, at most 15 digits before and 9 after the point
 */
export type Decimal = string;

/**
 * A mail address.
 * @minLength 3
 * @maxLength 254
 * @pattern ^[^@\s]+@[^@\s]+$
 *   message: must be a mail address such as 'support@example.com'
 */
export type MailAddress = string;

/**
 * A point in time, RFC 3339: `2026-11-23T15:04:05Z`.
 * @format date-time
 * @maxLength 40
 */
export type Timestamp = string;

/**
 * The UID of an object.
 * @maxLength 64
 */
export type Uid = string;

/**
 * The name of an object, in a status.
 * @maxLength 253
 */
export type StatusName = string;

/**
 * A CamelCase word for programs.
 * @minLength 1
 * @maxLength 64
 * @pattern ^[A-Z][A-Za-z0-9]*$
 *   message: must be one CamelCase word
 */
export type ReasonWord = string;

/**
 * A sentence for people.
 * @maxLength 1024
 */
export type Message = string;

/**
 * How often something happened or how many there are.
 * @integer int64
 * @minimum 0
 * @maximum 2147483647
 */
export type Count = number;

/**
 * The `metadata.generation` that was looked at; -1 before the first look.
 * @integer int64
 * @minimum -1
 * @maximum 9007199254740991
 */
export type Generation = number;

/** Whether everything is allowed or only what is listed. It must be said: an empty list never means everything. */
export type Allow = "All" | "Listed";

/** Whether something may happen. */
export type AllowDeny = "Allow" | "Deny";

/** Whom an account serves. */
export type AccountType = "Private" | "Shared";

/** Another object of this API, by name. */
export type ObjectRef = {
  /** The name of the object. */
  readonly name: ObjectName;
};

/** Who may see data that was fetched through an account. */
export type ViewData = "Nobody" | "DocMembers";

/** Who may take actions through an account. */
export type TakeActions = "Owner" | "DocMembers" | "Nobody";

/** One observed fact about an object. */
export type Condition = {
  /** The name of the fact, such as `Ready`. */
  readonly type: ReasonWord;
  /** Whether it holds. */
  readonly status: "True" | "False" | "Unknown";
  /** Why, in one word for programs. */
  readonly reason: ReasonWord;
  /** Why, in a sentence for people, with what to do. */
  readonly message: Message;
  /** When `status` last changed. */
  readonly lastTransitionTime: Timestamp;
  /** The generation of the object that this was concluded from. */
  readonly observedGeneration?: Generation;
};

/** What every status has. */
export type CommonStatus = {
  /** The generation of the object that this status speaks about. -1: not looked at yet. */
  readonly observedGeneration?: Generation;
  /**
   * Observed facts, one per type. `Ready` sums them up.
   * @listType map
   * @listMapKey type
   * @maxItems 16
   */
  readonly conditions?: readonly Condition[];
};

/**
 * What may be written in a parameter. Exactly one of `values`, `pattern`, `minimum` and/or `maximum`, `prefix`.
 * @rule [has(self.values), has(self.pattern), has(self.minimum) || has(self.maximum), has(self.prefix)].exists_one(x, x)
 *   message: must have exactly one of `values`, `pattern`, `minimum` and/or `maximum`, `prefix`
 * @rule !has(self.minimum) || !has(self.maximum) || quantity(self.minimum).compareTo(quantity(self.maximum)) <= 0
 *   message: `minimum` must not be greater than `maximum`
 */
export type ValueRule = {
  /**
   * The values that are allowed, exactly.
   * @listType set
   * @minItems 1
   * @maxItems 100
   */
  readonly values?: readonly RuleValue[];
  /** A regular expression that the whole value must match. Only what RE2 and JavaScript read alike. */
  readonly pattern?: PortablePattern;
  /** The smallest number that is allowed, as text. */
  readonly minimum?: Decimal;
  /** The greatest number that is allowed, as text. */
  readonly maximum?: Decimal;
  /** How an allowed URL starts, ending in `/`. Compared on the normalised URL. */
  readonly prefix?: UrlPrefix;
};

/**
 * One allowed value.
 * @maxLength 256
 */
export type RuleValue = string;

/**
 * A regular expression that RE2 and JavaScript read alike. It must match the whole value.
 * @minLength 1
 * @maxLength 256
 * @rule 'a'.matches(self) in [true, false]
 *   message: must be a regular expression of the RE2 syntax
 * @notPattern (^|[^\\])(\\\\)*(\\[^dDwW!-/:-@\[-`{-~]|\(\?[^:]|\[\[:)
 *   message: may use only what RE2 and JavaScript read alike: no '(?' but '(?:', no '[[:', and after a backslash only one of 'd D w W' or a punctuation character
 */
export type PortablePattern = string;

/**
 * How an https URL starts: a name and a path that ends in `/`.
 * @minLength 10
 * @maxLength 256
 * @pattern ^https://([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?/
 *   message: must start with 'https://', a lower-case DNS name of at least two labels and '/', such as 'https://example.com/v1/'; no port or user
 * @pattern ^https://[^/]*\/(\.?[A-Za-z0-9_~!$&'()*+,;=:@-][A-Za-z0-9._~!$&'()*+,;=:@-]*\/)*$
 *   message: must end in '/' and have only plain path segments, such as 'https://example.com/v1/'; no query, fragment, '%', '..' or empty segment
 */
export type UrlPrefix = string;

/** Which OAuth scopes may be used. */
export type ScopesPolicy = {
  /** `All` for every scope of the pack, `Listed` for those in `allowed` only. */
  readonly allow: Allow;
  /**
   * The scopes that may be used.
   * @listType set
   * @maxItems 64
   * @onlyWhen allow=Listed
   */
  readonly allowed?: readonly ScopeName[];
};

/**
 * One entry of a doc's or folder's sharing.
 * @rule (self.kind == 'Anyone') == (self.name == '*')
 *   message: `name` must be '*' if, and only if, `kind` is 'Anyone'
 * @rule self.kind != 'Domain' || self.name.matches('^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$')
 *   message: `name` must be a lower-case mail domain such as 'example.com' if `kind` is 'Domain'
 */
export type Share = {
  /** With what kind of people: one user, a group, everybody of a mail domain, or anyone. */
  readonly kind: "User" | "Group" | "Domain" | "Anyone";
  /**
   * The user, group or domain; `*` for `Anyone`.
   * @minLength 1
   * @maxLength 512
   * @pattern ^\S(.*\S)?$
   *   message: must be the name exactly, without spaces around it
   */
  readonly name: string;
  /** What these people may do in the doc. */
  readonly role: "Viewer" | "Editor" | "Owner";
};

/** What sort of building block something is. `SyncTableUpdate` is writing rows back, which is an action of its own. */
export type ComponentKind = "Formula" | "SyncTable" | "SyncTableUpdate" | "ColumnFormat";

/** Whether a building block needs the user's account at the other service. */
export type Connection = "None" | "Optional" | "Required";

/** The type of a parameter or column. */
export type ValueType =
  | "String"
  | "StringArray"
  | "Number"
  | "NumberArray"
  | "Boolean"
  | "BooleanArray"
  | "Date"
  | "DateArray"
  | "Html"
  | "HtmlArray"
  | "Image"
  | "ImageArray"
  | "File"
  | "FileArray"
  | "Markdown"
  | "MarkdownArray"
  | "Email"
  | "EmailArray";

/** Whether each user gets a process of his own, or each run. */
export type Isolation = "PerUser" | "PerRun";

/** How the pack proves to the other service who is asking. */
export type AuthenticationType =
  | "None"
  | "HeaderBearerToken"
  | "CustomHeaderToken"
  | "MultiHeaderToken"
  | "QueryParamToken"
  | "MultiQueryParamToken"
  | "WebBasic"
  | "OAuth2"
  | "OAuth2ClientCredentials"
  | "AWSAccessKey"
  | "AWSAssumeRole"
  | "GoogleServiceAccount"
  | "Custom"
  | "PlatformToken";
