/** An event, as the server prints it, that is to run. */
export const enabledEvent = /( ON COMPLETION (?:NOT )?PRESERVE) ENABLE\b/;

/** The same text with all events switched off: two databases in which one runs would both do its work. */
export function switchedOff(text: string): string {
  return text.replaceAll(new RegExp(enabledEvent.source, "g"), "$1 DISABLE");
}
