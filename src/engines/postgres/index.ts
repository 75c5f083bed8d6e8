import type { Engine } from "../engine.ts";
import { backup } from "./backup.ts";
import { chunk } from "./chunk.ts";
import { connect } from "./connect.ts";
import { digest } from "./digest.ts";
import { errors } from "./errors.ts";
import { health } from "./health.ts";
import { impact } from "./impact.ts";
import { inspect } from "./inspect.ts";
import { lock } from "./lock.ts";
import { normalize } from "./normalize.ts";
import { probe } from "./probe.ts";
import { profile } from "./profile.ts";
import { read } from "./read.ts";
import { render } from "./render.ts";
import { rowSnapshot } from "./row-snapshot.ts";
import { snapshot } from "./snapshot.ts";
import { store } from "./store.ts";
import { signals } from "./signals.ts";
import { swap } from "./swap.ts";
import { syntax } from "./syntax.ts";
import { traits } from "./traits.ts";
import { write } from "./write.ts";

export const engine: Engine = {
  id: "postgres",
  traits,
  connect,
  errors,
  syntax,
  probe,
  lock,
  store,
  inspect,
  health,
  impact,
  signals,
  rowSnapshot,
  normalize,
  render,
  profile,
  snapshot,
  chunk,
  read,
  write,
  digest,
  swap,
  backup,
};
