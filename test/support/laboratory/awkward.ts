/** All characters that a format in between could eat or change. */
export const awkwardText = "a\\b\tc\nd\re\bf\fg\vh\u0001i\u001fj\u007fk";
export const awkwardTexts: readonly string[] = [
  "",
  " ",
  awkwardText,
  "trailing  ",
  "\\N",
  "\\.",
  "NULL",
  `it's "quoted" \`so\``,
  "😀𝄞👩‍👩‍👧",
  "e\u0301é\u200f\ufeff\uffff",
  "2016-12-31 23:59:60",
  "\n",
  "\\",
  "12",
  "1e5",
  "0x1F",
  "x".repeat(70_000),
];
export const allBytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0")).join("");
export const awkwardBytes: readonly string[] = ["", "00", "0a090d5c4e5c2e", "ff", allBytes];
