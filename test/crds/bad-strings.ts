/** Words that must be refused, by the message that must come back: one row for each place where such a rule stands. */

const DOMAIN =
  "must be a lower-case DNS name of at least two labels, such as 'api.example.com'; no wildcard, address, port, scheme, path, underscore or trailing dot";
const NAME_EXACTLY = [" anna", "anna\n"];
const KEY = ["_key", "a b", "-a", "a[0]"];

export const BAD_STRINGS: Readonly<Record<string, readonly string[]>> = {
  [DOMAIN]: [
    "*.example.com",
    "EXAMPLE.com",
    "example",
    "10.0.0.1",
    "::ffff:10.0.0.1",
    "example.com:443",
    "https://example.com",
    "example.com/path",
    "under_score.example.com",
    "example.com.",
    ".example.com",
    "a..example.com",
    "-a.example.com",
    "a-.example.com",
    "exämple.com",
    "еxample.com",
    `${"a".repeat(64)}.com`,
    "user@example.com",
    "0x7f.1",
    "example.com\n",
  ],
  "must be a name of the public internet, not a cluster-internal or special-use one such as 'svc', 'cluster.local', 'internal', 'local', 'localhost' or 'home.arpa'":
    [
      "api.default.svc",
      "api.default.svc.cluster.local",
      "metadata.google.internal",
      "printer.local",
      "www.localhost",
      "router.home.arpa",
      "1.0.0.127.in-addr.arpa",
      "www.invalid",
      "www.onion",
      "wiki.corp",
    ],
  "must write an international label in its A-label form, starting with 'xn--'": [
    "ab--cd.example.com",
    "xx--a.example.com",
  ],
  "must be '1', '1.2' or '1.2.3', optionally followed by '-prerelease.N', such as '1.2.3-beta.1'": [
    "v1",
    "1.2.3.4",
    "01",
    "1.2.3-beta",
    "latest",
  ],
  "must be an https URL such as 'https://example.com/path': a lower-case DNS name of at least two labels, then optionally a path and a query; no port, user or fragment":
    [
      "http://example.com/",
      "https://localhost/",
      "https://example.com:8443/",
      "https://user@example.com/",
      "https://example.com/#top",
      "https://10.0.0.1/",
      "https://example.com/a b",
      "https://EXAMPLE.com/",
    ],
  "must be a user name exactly as `kubectl auth whoami` shows it, without spaces around it": NAME_EXACTLY,
  "must be the user or group name exactly, without spaces around it": NAME_EXACTLY,
  "must be the name of a group exactly as its PackGroup has it, without spaces around it": NAME_EXACTLY,
  "must be the name exactly, without spaces around it": NAME_EXACTLY,
  "must be a mail address such as 'support@example.com'": ["support", "a@b@c", "a b@example.com"],
  "must be lower-case letters, digits, '-' or '.', starting and ending with a letter or digit, such as 'acme-token'": [
    "Acme",
    "-acme",
    "acme_token",
  ],
  "must be a ConfigMap key: letters, digits, '-', '_' and '.', such as 'pack.js'": ["a/b", "a b"],
  "must be 64 lower-case hexadecimal digits, as `sha256sum` prints them": ["A".repeat(64), "g".repeat(64)],
  "must be 'sha256:' and 64 lower-case hexadecimal digits, as `status` of the definition shows it": [
    `sha512:${"a".repeat(64)}`,
    `sha256:${"A".repeat(64)}`,
  ],
  "must name the image by digest, such as 'registry.example.com/packs/crm@sha256:' and 64 hexadecimal digits; a tag alone can move":
    [`registry.example.com/packs/crm:${"1".repeat(60)}`, `crm@sha256:${"a".repeat(63)}`, `@sha256:${"a".repeat(64)}x`],
  "must be a header name of letters, digits and '-', such as 'X-Api-Key'": ["X Api Key", "X_Api_Key", "X:Key", "-X"],
  "must not be a header that the gateway writes itself; use the header that the other service documents for its token":
    ["Host", "transfer-encoding", "COOKIE", "Proxy-Authorization"],
  "must be one word of printable ASCII, such as 'Token'": ["two words", "é", "a\r\nHost: b"],
  "must start with a letter or digit and have only letters, digits, '.', '_' and '-', such as 'api_key'": KEY,
  "must start with a letter or digit and have only letters, digits, '.', '_' and '-'": KEY,
  "must be one scope in printable ASCII without spaces, such as 'tasks:read'; write several scopes as several entries":
    ["read write", "é"],
  "must start with a letter and have only letters, digits and '_' after it, such as 'GetTasks'": [
    "1st",
    "_private",
    "get-tasks",
    "get tasks",
    "a.b",
    "*",
  ],
  "must be a quantity from '10m' to '4', such as '250m'": ["5", "1m", "-1", "much"],
  "must be a quantity from '32Mi' to '4Gi', such as '256Mi'": ["5Gi", "1Mi", "-1", "much"],
  "must be 1 to 63 lower-case letters, digits or '-', starting and ending with a letter or digit, such as 'acme-crm'; no dots":
    ["a.b", "Acme", "-a", "a-", "a_b", "a/b"],
  "must be a label value: at most 63 letters, digits, '-', '_' or '.', starting and ending with a letter or digit": [
    "a b",
    "-a",
  ],
  "may use only what RE2 and JavaScript read alike: no '(?' but '(?:', no '[[:', and after a backslash only one of 'd D w W' or a punctuation character":
    ["(?i)a", "(?=a)", "[[:alpha:]]", "\\pL", "\\s", "(?P<name>a)", "\\b"],
  "must be a regular expression of the RE2 syntax": ["a(", "[b", "*a"],
  "must be a decimal number as text, such as '-1.5': no exponent, no leading zero, at most 15 digits before and 9 after the point":
    ["1e3", "01", "1.", ".5", "+1", "NaN", "1,5", "0x10"],
  "must start with 'https://', a lower-case DNS name of at least two labels and '/', such as 'https://example.com/v1/'; no port or user":
    [
      "http://example.com/",
      "https://example.com",
      "https://example.com:8443/",
      "https://a@example.com/",
      "https://localhost/",
    ],
  "must end in '/' and have only plain path segments, such as 'https://example.com/v1/'; no query, fragment, '%', '..' or empty segment":
    [
      "https://example.com/v1",
      "https://example.com/../",
      "https://example.com/a/./b/",
      "https://example.com//",
      "https://example.com/%2e/",
      "https://example.com/?a=/",
      "https://example.com/#/",
    ],
  "must be 'namespace/name' of a PackDoc, its id or its URL, or the name of a namespace; without spaces": ["my doc"],
  "must be one CamelCase word": ["not camel", "lower"],
};
