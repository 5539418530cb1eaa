import { configDefaults, defineConfig } from "vitest/config";

/**
 * The tests by which mutants of src/policy are killed. Left out: what measures time, which says nothing while a mutant
 * runs. Modules are not loaded anew for each file: the rules keep no state that tells one test from another.
 */
export default defineConfig({
  test: {
    include: ["src/policy/**/*.test.ts"],
    exclude: [...configDefaults.exclude, "src/policy/linear-time.test.ts"],
    testTimeout: 20_000,
    isolate: false,
  },
});
