/**
 * Of several that work at the same time, the failure that came first: whatever comes after it may be its consequence, such
 * as a statement that was cancelled because of it.
 */
export class FirstFailure {
  #first: { readonly error: unknown } | null = null;

  get hasCome(): boolean {
    return this.#first !== null;
  }

  note(error: unknown): void {
    this.#first ??= { error };
  }

  throwIfCome(): void {
    if (this.#first !== null) throw this.#first.error;
  }
}
