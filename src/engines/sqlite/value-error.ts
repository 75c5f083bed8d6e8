/** A value that cannot be carried exactly; it names its column, and is never retried. */
export class ValueError extends Error {
  override readonly name = "ValueError";
  readonly column: string | null;

  constructor(message: string, column: string | null) {
    super(message);
    this.column = column;
  }
}
