/** The file formats of the HOHO symbol-mapping database: JSON and MessagePack, versions 1.0 and 1.1. */
export * from "./clean-up.ts";
export * from "./content-digest.ts";
export * from "./diff.ts";
export * from "./filter.ts";
export type * from "./frame-forms.ts";
export * from "./merge.ts";
export * from "./model.ts";
export * from "./reader.ts";
export * from "./recognize.ts";
export * from "./said-date.ts";
export * from "./sidecar.ts";
export * from "./sink.ts";
export * from "./source.ts";
export * from "./statistics.ts";
export * from "./timestamp.ts";
export * from "./versions.ts";
export * from "./writer.ts";
