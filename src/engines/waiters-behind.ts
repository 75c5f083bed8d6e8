/**
 * Who waits because of these sessions: for one of them, or for someone who does. A queue behind a lock is a chain,
 * and who stands at its end waits for the same lock.
 */
export function waitersBehind(
  own: readonly string[],
  waits: readonly { readonly waiter: string; readonly blockers: readonly string[] }[],
): string[] {
  const cause = new Set(own);
  const behind: string[] = [];
  for (let grew = true; grew;) {
    grew = false;
    for (const { waiter, blockers } of waits) {
      if (cause.has(waiter) || !blockers.some((blocker) => cause.has(blocker))) continue;
      cause.add(waiter);
      behind.push(waiter);
      grew = true;
    }
  }
  return behind;
}
