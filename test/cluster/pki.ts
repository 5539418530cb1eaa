/** Throw-away keys and certificates of one control plane, made by `openssl`. All files belong to the caller's directory. */
import { execFile } from "node:child_process";
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

const CONFIG = "[req]\ndistinguished_name=dn\n[dn]\n";
const DAYS = "3650";

export type Identity = { readonly user: string; readonly groups?: readonly string[] };

/** PEM texts. */
export type KeyPair = { readonly certificate: string; readonly key: string };

export class Pki {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** Makes the certificate authority, the API server's certificate and the key that signs ServiceAccount tokens. */
  async create(): Promise<void> {
    await mkdir(this.directory);
    await writeFile(this.path("openssl.cnf"), CONFIG);
    await Promise.all([this.#makeAuthority(), this.#makeServiceAccountKey()]);
    await this.#issue("apiserver", "/CN=kube-apiserver", [
      "extendedKeyUsage=serverAuth",
      "subjectAltName=IP:127.0.0.1,IP:10.96.0.1,DNS:localhost,DNS:kubernetes.default,DNS:kubernetes.default.svc",
    ]);
  }

  path(file: string): string {
    return join(this.directory, file);
  }

  authority(): Promise<string> {
    return readFile(this.path("ca.crt"), "utf8");
  }

  /** A client certificate that the API server takes for this user in these groups. */
  async client(identity: Identity): Promise<KeyPair> {
    const name = `client-${randomUUID()}`;
    const groups = (identity.groups ?? []).map((group) => `/O=${escaped(group)}`).join("");
    await this.#issue(name, `${groups}/CN=${escaped(identity.user)}`, ["extendedKeyUsage=clientAuth"]);
    const [certificate, key] = await Promise.all([
      readFile(this.path(`${name}.crt`), "utf8"),
      readFile(this.path(`${name}.key`), "utf8"),
    ]);
    return { certificate, key };
  }

  async #makeAuthority(): Promise<void> {
    await this.#openssl("ca", "/CN=packs-operator-test", [
      "basicConstraints=critical,CA:TRUE",
      "keyUsage=critical,keyCertSign,cRLSign,digitalSignature",
    ]);
  }

  async #makeServiceAccountKey(): Promise<void> {
    const { privateKey } = generateKeyPairSync("ec", {
      namedCurve: "P-256",
      privateKeyEncoding: { type: "sec1", format: "pem" },
      publicKeyEncoding: { type: "spki", format: "pem" },
    });
    const publicKey = createPublicKey(createPrivateKey(privateKey)).export({ type: "spki", format: "pem" });
    await writeFile(this.path("sa.key"), privateKey, { mode: 0o600 });
    await writeFile(this.path("sa.pub"), publicKey);
  }

  async #issue(name: string, subject: string, extensions: readonly string[]): Promise<void> {
    await this.#openssl(
      name,
      subject,
      ["basicConstraints=critical,CA:FALSE", ...extensions],
      ["-CA", this.path("ca.crt"), "-CAkey", this.path("ca.key")],
    );
  }

  async #openssl(
    name: string,
    subject: string,
    extensions: readonly string[],
    signer: readonly string[] = [],
  ): Promise<void> {
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout", this.path(`${name}.key`)];
    const output = ["-out", this.path(`${name}.crt`), "-days", DAYS, "-subj", subject];
    const added = extensions.flatMap((extension) => ["-addext", extension]);
    const config = ["-config", this.path("openssl.cnf")];
    try {
      await run("openssl", ["req", "-x509", ...config, ...key, ...signer, ...output, ...added]);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      throw new Error("the openssl program is missing: apt-get install openssl (version 3 or newer)", { cause: error });
    }
  }
}

/** In a subject `/` and `+` separate, `\` escapes. */
const escaped = (value: string): string => value.replace(/[\\/+]/g, "\\$&");
