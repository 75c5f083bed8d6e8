// Loaded into a measured process by --require; writes the process's peak memory, in bytes, to a file at its end. Not to
// a descriptor: the program may replace its own process image, which closes those.
// CommonJS without imports of its own, so that it adds next to nothing to what it measures.
"use strict";
const fs = require("node:fs");

process.on("exit", () => {
  fs.writeFileSync(process.env.GODWIT_BENCH_PEAK, String(peakBytes()));
});

// On Linux, maxRSS also counts the moment between fork and exec, when the child still is a copy of its parent.
function peakBytes() {
  let status = "";
  try {
    status = fs.readFileSync("/proc/self/status", "utf8");
  } catch {
    // No Linux.
  }
  const own = /^VmHWM:\s+(\d+) kB$/m.exec(status);
  return (own === null ? process.resourceUsage().maxRSS : Number(own[1])) * 1024;
}
