/** Clients for any identity of a control plane of this harness. */
import { readFileSync } from "node:fs";
import { type Client, type ClientOptions, createClient } from "../../src/kube/client.ts";
import { type ClusterConfig, fromParts } from "../../src/kube/config.ts";

/** The server and credentials of a kubeconfig file of this harness. */
export function configFrom(kubeconfig: string): ClusterConfig {
  const file = JSON.parse(readFileSync(kubeconfig, "utf8")) as {
    clusters: [{ cluster: { server: string; "certificate-authority-data": string } }];
    users: [{ user: { token?: string; "client-certificate-data"?: string; "client-key-data"?: string } }];
  };
  const { cluster } = file.clusters[0];
  const { user } = file.users[0];
  return fromParts({
    server: cluster.server,
    ca: decode(cluster["certificate-authority-data"]),
    ...(user.token === undefined ? {} : { token: user.token }),
    ...(user["client-certificate-data"] === undefined ? {} : { cert: decode(user["client-certificate-data"]) }),
    ...(user["client-key-data"] === undefined ? {} : { key: decode(user["client-key-data"]) }),
  });
}

/** A client with the identity of a kubeconfig file of this harness. Close it when done. */
export function clientFrom(kubeconfig: string, options: Partial<ClientOptions> = {}): Client {
  return createClient(configFrom(kubeconfig), { userAgent: "packs-operator-test", ...options });
}

const decode = (text: string): string => Buffer.from(text, "base64").toString("utf8");
