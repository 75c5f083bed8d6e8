import type { DatabaseStatistics, Mapping, NamingPattern, Surplus, Timestamp } from "./model.ts";

/* Whether two mean the same. The bytes that they were read from don't count. */

export function sameMapping(a: Mapping, b: Mapping): boolean {
  return (
    a.original === b.original &&
    a.mapped === b.mapped &&
    a.type === b.type &&
    a.context === b.context &&
    Object.is(a.confidence, b.confidence) &&
    sameTimestamp(a.lastUpdated, b.lastUpdated) &&
    a.usageCount === b.usageCount &&
    sameTexts(a.references, b.references) &&
    a.originFile === b.originFile &&
    a.note === b.note &&
    sameSurplus(a, b)
  );
}

export function samePattern(a: NamingPattern, b: NamingPattern): boolean {
  return (
    a.pattern === b.pattern &&
    a.description === b.description &&
    a.targetType === b.targetType &&
    Object.is(a.confidence, b.confidence) &&
    a.replacement === b.replacement &&
    a.example === b.example &&
    sameSurplus(a, b)
  );
}

export function sameStatistics(a: DatabaseStatistics | null, b: DatabaseStatistics | null): boolean {
  if (a === null || b === null) return a === b;
  return (
    sameTimestamp(a.createdAt, b.createdAt) &&
    sameTimestamp(a.lastModified, b.lastModified) &&
    a.totalMappings === b.totalMappings &&
    a.lastVersion === b.lastVersion &&
    sameSurplus(a, b)
  );
}

export function sameTimestamp(a: Timestamp, b: Timestamp): boolean {
  return a.seconds === b.seconds && a.nanos === b.nanos;
}

export function sameTexts(a: readonly (string | null)[], b: readonly (string | null)[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index]);
}

export function sameSurplus(a: Surplus, b: Surplus): boolean {
  const [extraA, extraB] = [a.extra ?? [], b.extra ?? []];
  return (
    extraA.length === extraB.length &&
    extraA.every((value, index) => Buffer.compare(value, extraB[index]!) === 0) &&
    sameMembers(a.members, b.members)
  );
}

export function sameMembers(a: Surplus["members"], b: Surplus["members"]): boolean {
  const [all, others] = [a ?? [], b ?? []];
  return (
    all.length === others.length &&
    all.every(([name, json], index) => name === others[index]![0] && json === others[index]![1])
  );
}
