import { defineConfig } from "vitest/config";

/**
 * Two projects. `unit` needs nothing but Node. `cluster` starts a real etcd, kube-apiserver and
 * kube-controller-manager once (test/cluster/vitest-setup.ts) and hands every file its own identity and namespaces.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "src/**/*.test.ts",
            "codegen/**/*.test.ts",
            "build/**/*.test.ts",
            "test/{unit,property,golden,apiserver,layers,docs,bench,examples,explorer}/**/*.test.ts",
          ],
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "cluster",
          include: ["test/{cluster,contract,crds,e2e}/**/*.test.ts"],
          globalSetup: ["test/cluster/vitest-setup.ts"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          expect: { poll: { timeout: 15_000 } },
          pool: "forks",
          maxWorkers: 3,
        },
      },
    ],
  },
});
