/** What mysqldump writes its tables under: a zero is no order for the next number, and old defaults are let in. */
export const tableMode = "NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION";
