/** Gets the programs of a cluster before they are needed, so that the long build happens where one expects it. */
import { AssetsUnavailable, findAssets } from "./assets.ts";

try {
  await findAssets();
} catch (error) {
  if (!(error instanceof AssetsUnavailable)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
