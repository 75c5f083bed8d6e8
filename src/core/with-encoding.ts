/** The member of a column's encoding where it has one: what is written down without one stays as it was. */
export function withEncoding({ encoding }: { readonly encoding?: string | undefined }): {
  readonly encoding?: string;
} {
  return encoding === undefined ? {} : { encoding };
}
