/** The run that is undone by one with this intent, as it stands in the ledger; null where it undoes none. */
export function undoneBy(intent: unknown): string | null {
  const { undoes } = (JSON.parse(String(intent ?? "null")) ?? {}) as { undoes?: { runId?: string } };
  return undoes?.runId ?? null;
}
