import { constants } from "node:fs";
import { open } from "node:fs/promises";

/** Names in a folder are on the disk when the folder is: without this a loss of power can take a new name back. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
