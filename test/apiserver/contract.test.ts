import { createClient } from "../../src/kube/client.ts";
import { contract } from "../contract/contract.ts";
import { startApiServer } from "./server.ts";

contract("the API server in this process", async () => {
  const server = await startApiServer();
  const client = createClient(server.config(), { userAgent: "packs-operator/test (contract)" });
  return {
    client,
    namespace: "contract",
    bookmarkedSeconds: 1,
    compact: async () => server.compact(),
    expired: async (token) => {
      server.compact();
      return token;
    },
    close: async () => {
      await client.close();
      await server.close();
    },
  };
});
