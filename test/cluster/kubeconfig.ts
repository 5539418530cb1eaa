/** Kubeconfig files. They are written as JSON, which is YAML. */
import { writeFile } from "node:fs/promises";
import type { KeyPair } from "./pki.ts";

/** The URL of an API server and the authority that signs its certificate. */
export type Server = {
  readonly url: string;
  /** PEM. */
  readonly ca: string;
};

export type Credentials = KeyPair | { readonly token: string };

/** Writes a kubeconfig with one cluster and one user, everything embedded, readable only by us. */
export async function writeKubeconfig(path: string, server: Server, credentials: Credentials): Promise<void> {
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "packs", cluster: { server: server.url, "certificate-authority-data": base64(server.ca) } }],
    users: [{ name: "user", user: user(credentials) }],
    contexts: [{ name: "packs", context: { cluster: "packs", user: "user" } }],
    "current-context": "packs",
  };
  await writeFile(path, `${JSON.stringify(config, undefined, 2)}\n`, { mode: 0o600 });
}

function user(credentials: Credentials): Readonly<Record<string, string>> {
  if ("token" in credentials) return { token: credentials.token };
  return {
    "client-certificate-data": base64(credentials.certificate),
    "client-key-data": base64(credentials.key),
  };
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");
