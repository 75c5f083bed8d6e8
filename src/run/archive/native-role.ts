import { GodwitError } from "../../core/error.ts";
import type { NativeRole } from "../../engines/backup-role.ts";
import type { Engine } from "../../engines/engine.ts";

/** Throws GW8208 where the engine has none. */
export function nativeRole({ backup, traits }: Engine): NativeRole {
  if (backup?.native !== undefined) return backup.native;
  throw new GodwitError("GW8208", {
    message: `${traits.title} databases have no native form here`,
    hint: "Leave --form out: the portable form needs no other program.",
  });
}
