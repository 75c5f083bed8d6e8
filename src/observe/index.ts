/** Those who are told of a run, beside the terminal and the ledger. */
export { openReceivers, type Receivers } from "./open-receivers.ts";
