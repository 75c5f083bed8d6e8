/** Writes a text of its own beside and puts it in its place, so that it is there whole or not at all. Throws GW1006. */
export async function writeDocument(path: string, text: string): Promise<void> {
  const { writeBeside } = await import("../review/index.ts");
  await writeBeside(path, text);
}
