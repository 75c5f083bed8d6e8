/**
 * The settings under which values are printed and read in one way only, set with each COPY and for its transaction:
 * a session's own could have been changed by the server's configuration, the role or the URL.
 */
export const dataSettings = [
  ["client_encoding", "UTF8"],
  ["TimeZone", "UTC"],
  ["DateStyle", "ISO, YMD"],
  ["IntervalStyle", "postgres"],
  // Shortest digits that read back as the same float, from PostgreSQL 12.
  ["extra_float_digits", "1"],
  ["bytea_output", "hex"],
  ["xmloption", "content"],
  // A policy that hides rows makes the statement fail, instead of the copy incomplete.
  ["row_security", "off"],
  // A scan of a table is no analytical query; compiling it costs more than it saves.
  ["jit", "off"],
]
  .map(([name, value]) => `SET LOCAL ${name} = '${value}'`)
  .join("; ");
