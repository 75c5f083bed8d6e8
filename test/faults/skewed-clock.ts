/** Preloaded into the program by a test: shifts its clock by GODWIT_TEST_SKEW_MS. */
const skewMs = Number(process.env["GODWIT_TEST_SKEW_MS"]);
const Real = Date;

globalThis.Date = new Proxy(Real, {
  construct: (target, args: unknown[]) =>
    args.length === 0 ? new target(Real.now() + skewMs) : Reflect.construct(target, args),
  get: (target, name) => (name === "now" ? () => Real.now() + skewMs : Reflect.get(target, name)),
});
