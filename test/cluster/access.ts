/** Ways into a running control plane, from any process of this machine: kubeconfigs and tokens for any identity. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent, request } from "undici";
import { type Credentials, writeKubeconfig } from "./kubeconfig.ts";
import { type Identity, Pki } from "./pki.ts";

/** May do everything, whatever RBAC says. */
export const ADMIN: Identity = { user: "admin", groups: ["system:masters"] };

const POLL_MS = 50;
const DEADLINE_MS = 10_000;

/** What another process needs to know to open its own {@link Access}; plain JSON. */
export type Endpoint = {
  /** `https://127.0.0.1:PORT`; the same after restarts. */
  readonly url: string;
  /** PEM of the certificate authority. */
  readonly ca: string;
  /** The kubeconfig file of a member of `system:masters`. */
  readonly kubeconfig: string;
  /** Keys, logs and kubeconfigs; gone once the control plane was stopped. */
  readonly directory: string;
  readonly kubectl: string;
};

export type TokenOptions = {
  /** At least 600. Default: 3600. */
  readonly expirationSeconds?: number;
  readonly audiences?: readonly string[];
};

export type Answer = { readonly code: number; readonly body: string };

export class Access {
  readonly endpoint: Endpoint;
  readonly #pki: Pki;
  readonly #agent: Agent;

  private constructor(endpoint: Endpoint, pki: Pki, agent: Agent) {
    this.endpoint = endpoint;
    this.#pki = pki;
    this.#agent = agent;
  }

  static async open(endpoint: Endpoint): Promise<Access> {
    const pki = new Pki(join(endpoint.directory, "pki"));
    const admin = await pki.client(ADMIN);
    const agent = new Agent({ connect: { ca: endpoint.ca, cert: admin.certificate, key: admin.key } });
    return new Access(endpoint, pki, agent);
  }

  /** A request as admin; one connection at a time, no retries. */
  async request(method: "GET" | "POST", path: string, body?: unknown): Promise<Answer> {
    const answer = await request(`${this.endpoint.url}${path}`, {
      method,
      dispatcher: this.#agent,
      headersTimeout: DEADLINE_MS,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    return { code: answer.statusCode, body: await answer.body.text() };
  }

  /** The kubeconfig file of a client certificate for this user. */
  async kubeconfigFor(user: string, groups: readonly string[] = []): Promise<string> {
    return this.#writeKubeconfig(await this.#pki.client({ user, groups }));
  }

  /** The kubeconfig file of a token of this ServiceAccount; waits up to 10 s for the account to appear. */
  async serviceAccountKubeconfig(namespace: string, name: string, options: TokenOptions = {}): Promise<string> {
    return this.#writeKubeconfig({ token: await this.serviceAccountToken(namespace, name, options) });
  }

  /** `default` accounts are made by the controller manager, a moment after their namespace: it waits up to 10 s. */
  async serviceAccountToken(namespace: string, name: string, options: TokenOptions = {}): Promise<string> {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
    const deadline = Date.now() + DEADLINE_MS;
    for (;;) {
      const answer = await this.request("POST", path, {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        spec: { expirationSeconds: options.expirationSeconds ?? 3600, audiences: options.audiences ?? [] },
      });
      if (answer.code === 201) return (JSON.parse(answer.body) as { status: { token: string } }).status.token;
      if (answer.code !== 404 || Date.now() > deadline) throw new Error(`POST ${path}: ${answer.code} ${answer.body}`);
      await sleep(POLL_MS);
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #writeKubeconfig(credentials: Credentials): Promise<string> {
    const path = join(this.endpoint.directory, `${randomUUID()}.kubeconfig`);
    await writeKubeconfig(path, this.endpoint, credentials);
    return path;
  }
}
