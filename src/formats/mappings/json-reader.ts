import { type ByteWindow, Malformed, mostItemBytes, needMore } from "./byte-window.ts";
import { type FrameForms, frameFormsOf } from "./frame-forms.ts";
import { JsonCursor, MemberName } from "./json-cursor.ts";
import { JsonMappings } from "./json-mapping.ts";
import { collectionMembers, spellings } from "./json-known-names.ts";
import { extraValues, twice } from "./json-parts.ts";
import { readPattern, readRecord, readStatistics } from "./json-schema.ts";
import { collectionSpellings } from "./json-sniff.ts";
import { withoutSpaces } from "./json-values.ts";
import { KeySet } from "./key-set.ts";
import { knownVersion } from "./known-version.ts";
import type {
  CollectionHeader,
  DatabaseStatistics,
  FileFormat,
  Mapping,
  MigrationRecord,
  NamingPattern,
  SchemaVersion,
  Timestamp,
  UnknownMember,
} from "./model.ts";
import type { MappingBatch, MappingReader } from "./reader.ts";
import { readWhole, refusal } from "./refusal.ts";

const historyNames: ReadonlySet<string> = new Set(spellings(["History"]).keys());

interface Options {
  readonly format: FileFormat & { readonly format: "json" };
  /** Where it is known before the pass. */
  readonly version: SchemaVersion | null;
  readonly batchMappings: number;
  readonly lastUpdated: Timestamp;
  readonly hasCheckedKeys: boolean;
}

/** The window is at the file's first byte. */
export function openJson(window: ByteWindow, options: Options): MappingReader {
  const pass = new JsonPass(window, options);
  return {
    format: options.format,
    count: null,
    get version() {
      return pass.version;
    },
    get header() {
      if (pass.header === null) throw new Error("The header is known after the last batch");
      return pass.header;
    },
    async *batches() {
      try {
        yield* pass.batches();
      } catch (error) {
        throw await refusal(window, error, { isJson: true, ...pass.reading });
      } finally {
        await window.close();
      }
    },
    [Symbol.asyncDispose]: () => window.close(),
  };
}

/** One pass over a file: what is known so far. */
class JsonPass {
  version: SchemaVersion | null;
  header: CollectionHeader | null = null;
  reading: { index: number | null; name: string | null } = { index: null, name: null };
  readonly #window: ByteWindow;
  readonly #options: Options;
  readonly #cursor = new JsonCursor();
  readonly #mappings: JsonMappings;
  /** Keys of mappings, which may be given once; null where they were checked. */
  #names: KeySet | null;
  readonly #seen = new Set<string>();
  readonly #patterns: NamingPattern[] = [];
  #statistics: DatabaseStatistics | null = null;
  #extra: readonly Uint8Array[] | null = null;
  #wire: FrameForms | null = null;
  readonly #members: UnknownMember[] = [];
  /** Where a history stands; its text is among the members, because only the version tells what it is. */
  #historyAt: number | null = null;
  #heldBytes = 0;

  constructor(window: ByteWindow, options: Options) {
    this.#window = window;
    this.#options = options;
    this.version = options.version;
    this.#names = options.hasCheckedKeys ? null : new KeySet();
    this.#mappings = new JsonMappings(this.#cursor, options.lastUpdated);
  }

  async *batches(): AsyncGenerator<MappingBatch, void, void> {
    const { shape } = this.#options.format;
    await this.#whole(() => this.#cursor.expect(0x7b, "to begin the file"));
    if (shape === "flat") {
      yield* this.#items(0x7d, () => this.#flatMember());
    } else if (!(await this.#whole(() => this.#isEmpty(0x7d)))) {
      for (;;) {
        const large = await this.#whole(() => this.#smallMembers());
        if (large === null) break;
        yield* this.#largeMember(large, shape);
        if (!(await this.#whole(() => this.#cursor.another(0x7d, "in the collection")))) break;
      }
    }
    await this.#end();
    // Who has the reader still has no need of it.
    this.#names = null;
    this.header = await this.#headerOf();
  }

  /**
   * All members of the collection up to one that is read in parts, whose name it returns, or to the end: null. In one
   * go, because there may be very many.
   */
  #smallMembers(): "Mappings" | "Patterns" | null {
    const cursor = this.#cursor;
    const window = this.#window;
    for (;;) {
      cursor.next();
      const { at } = cursor;
      const name = cursor.string("a member's name");
      cursor.expect(0x3a, "after a member's name");
      const member = collectionMembers[collectionSpellings.get(name) ?? -1];
      // Two spellings of a known name are one and the same. Whether a history is known the version tells.
      const meaning = member === undefined || member === "History" ? name : member;
      if (this.#seen.has(meaning)) throw twice(at, name);
      const isLarge = member === "Mappings" || member === "Patterns";
      const keep = isLarge ? null : this.#smallMember(name, member ?? null);
      const isLast = !isLarge && !cursor.another(0x7d, "in the collection");
      // Only now is it certain that all of it is here, and that it is not read again.
      this.#seen.add(meaning);
      const before = this.#position();
      window.start = cursor.at;
      if (isLarge) return member;
      keep?.();
      this.#hold(before);
      if (isLast) return null;
    }
  }

  async *#largeMember(
    member: "Mappings" | "Patterns",
    shape: "list" | "keyed",
  ): AsyncGenerator<MappingBatch, void, void> {
    if (await this.#whole(() => this.#cursor.isNull())) return;
    if (member === "Mappings") {
      const [opening, closing] = shape === "list" ? [0x5b, 0x5d] : [0x7b, 0x7d];
      await this.#whole(() => this.#cursor.expect(opening, "to begin the mappings"));
      yield* this.#items(closing, shape === "list" ? () => this.#element() : () => this.#keyed());
      return;
    }
    await this.#whole(() => this.#cursor.expect(0x5b, "to begin the patterns"));
    if (await this.#whole(() => this.#isEmpty(0x5d))) return;
    do {
      const before = this.#position();
      this.#patterns.push(await this.#whole(() => readPattern(this.#cursor)));
      this.#hold(before);
    } while (await this.#whole(() => this.#cursor.another(0x5d, "in the patterns")));
  }

  /** A member of the collection that is read at once; what keeps it, when it is certain that all of it is here. */
  #smallMember(name: string, member: string | null): () => void {
    const cursor = this.#cursor;
    if (member === "Version") return this.#readVersion();
    if (member === "Statistics") {
      const statistics = readStatistics(cursor);
      return () => (this.#statistics = statistics);
    }
    if (member === "Patterns") {
      const patterns = this.#patternsAtOnce();
      return () => {
        for (const pattern of patterns) this.#patterns.push(pattern);
      };
    }
    if (member === "$extra") {
      const extra = extraValues(cursor);
      return () => (this.#extra = extra);
    }
    cursor.next();
    const from = cursor.at;
    cursor.skip(new MemberName(name));
    const json = withoutSpaces(cursor.textOf(from, cursor.at));
    if (member === "$frame") {
      const wire = frameFormsOf(json);
      if (wire === null)
        throw new Malformed(from, "expected $frame as Godwit writes it, found another value");
      return () => (this.#wire = wire);
    }
    const at = this.#window.base + from;
    return () => {
      this.#members.push([name, json]);
      if (member === "History") this.#historyAt = at;
    };
  }

  /** Of a flat file, which rarely has any. */
  #patternsAtOnce(): NamingPattern[] {
    const cursor = this.#cursor;
    const patterns: NamingPattern[] = [];
    if (cursor.isNull()) return patterns;
    cursor.expect(0x5b, "to begin the patterns");
    if (this.#isEmpty(0x5d)) return patterns;
    do patterns.push(readPattern(cursor));
    while (cursor.another(0x5d, "in the patterns"));
    return patterns;
  }

  #readVersion(): () => void {
    const cursor = this.#cursor;
    if (cursor.isNull()) return () => {};
    const said = cursor.next() === 0x22 ? cursor.string("Version") : cursor.number("Version");
    const version = said === "" ? this.version : knownVersion(said, this.#window.source.name);
    return () => (this.version = version);
  }

  /** Batches of what stands up to a closing byte; for a member that is no mapping `read` gives what keeps it. */
  async *#items(
    closing: number,
    read: () => Mapping | (() => void),
  ): AsyncGenerator<MappingBatch, void, void> {
    const window = this.#window;
    const cursor = this.#cursor;
    let done = 0;
    let isOpen = !(await this.#whole(() => this.#isEmpty(closing)));
    while (isOpen) {
      const mappings: Mapping[] = [];
      cursor.attach(window);
      const { isAtEnd, failure } = this.#fill(mappings, closing, read);
      isOpen = !isAtEnd;
      if (mappings.length > 0) {
        yield { first: done, mappings, endOffset: window.base + window.start };
        done += mappings.length;
      }
      this.reading.index = done;
      if (failure !== undefined && (failure !== needMore || !(await window.more()))) throw failure;
    }
    this.reading = { index: null, name: null };
  }

  /** As many as are in the window. A function of its own, because one that waits for nothing is compiled better. */
  #fill(
    mappings: Mapping[],
    closing: number,
    read: () => Mapping | (() => void),
  ): { readonly isAtEnd: boolean; readonly failure: unknown } {
    const window = this.#window;
    const cursor = this.#cursor;
    const { batchMappings } = this.#options;
    const { reading } = this;
    try {
      while (mappings.length < batchMappings) {
        reading.name = null;
        this.#key = null;
        const item = read();
        const isAtEnd = !cursor.another(closing, "after a mapping");
        // Only now is it certain that all of it is here, and that it is not read again.
        if (this.#key !== null) this.#takeKey(this.#key, this.#keyAt);
        const before = this.#position();
        window.start = cursor.at;
        if (typeof item !== "function") mappings.push(item);
        else {
          item();
          this.#hold(before);
        }
        if (isAtEnd) return { isAtEnd, failure: undefined };
      }
      return { isAtEnd: false, failure: undefined };
    } catch (failure) {
      return { isAtEnd: false, failure };
    }
  }

  #key: string | null = null;
  #keyAt = 0;

  #element(): Mapping {
    return this.#mappings.read(null, this.reading);
  }

  #keyed(): Mapping {
    const key = this.#readKey();
    return this.#mappings.read(key, this.reading);
  }

  /** A flat file can have a version beside its mappings, and whatever else is no object. */
  #flatMember(): Mapping | (() => void) {
    const key = this.#readKey();
    if (this.#cursor.next() === 0x7b) return this.#mappings.read(key, this.reading);
    this.reading.name = null;
    const member = collectionMembers[collectionSpellings.get(key) ?? -1] ?? null;
    if (member === "Mappings" && !this.#cursor.isNull())
      throw this.#cursor.unexpected("an object for a mapping");
    return member === "Mappings" ? () => {} : this.#smallMember(key, member);
  }

  #readKey(): string {
    const cursor = this.#cursor;
    cursor.next();
    this.#keyAt = cursor.at;
    const key = cursor.string("a mapping's key");
    this.#key = key;
    this.reading.name = key;
    cursor.expect(0x3a, "after a mapping's key");
    return key;
  }

  #takeKey(key: string, at: number): void {
    if (this.#names?.add(key) === false) throw twice(at, key);
  }

  #isEmpty(closing: number): boolean {
    if (this.#cursor.next() !== closing) return false;
    this.#cursor.at++;
    return true;
  }

  #whole<T>(read: () => T): Promise<T> {
    return readWhole(this.#window, () => this.#cursor.attach(this.#window), read);
  }

  #position(): number {
    return this.#window.base + this.#window.start;
  }

  /** What is kept until the end has a bound, all of it together. */
  #hold(before: number): void {
    this.#heldBytes += this.#position() - before;
    if (this.#heldBytes <= mostItemBytes) return;
    const most = `${mostItemBytes / 1024 / 1024} MiB`;
    throw new Malformed(this.#window.start, `expected at most ${most} beside the mappings, found more`);
  }

  async #end(): Promise<void> {
    const window = this.#window;
    const cursor = this.#cursor;
    try {
      for (;;) {
        cursor.attach(window);
        cursor.next();
        break;
      }
    } catch (error) {
      if (error !== needMore) throw error;
      window.start = window.end;
      if (await window.more()) return this.#end();
      return;
    }
    throw cursor.unexpected("the end of the file after the collection");
  }

  async #headerOf(): Promise<CollectionHeader> {
    const version = this.version ?? "1.0";
    this.version = version;
    let history: readonly MigrationRecord[] = [];
    if (this.#historyAt !== null && version === "1.1") {
      const at = this.#historyAt - this.#window.base;
      const place = this.#members.findIndex(([name]) => historyNames.has(name));
      const [[, json] = ["", "null"]] = this.#members.splice(place, 1);
      const again = this.#members.find(([name]) => historyNames.has(name));
      if (again !== undefined) throw twice(at, again[0]);
      history = historyOf(json, at);
    }
    return {
      version,
      patterns: this.#patterns,
      statistics: this.#statistics,
      history,
      extra: this.#extra,
      members: this.#members.length === 0 ? null : this.#members,
      wire: this.#wire,
    };
  }
}

function historyOf(json: string, at: number): MigrationRecord[] {
  const cursor = new JsonCursor().attachBytes(Buffer.from(`${json} `));
  const records: MigrationRecord[] = [];
  try {
    if (cursor.isNull()) return records;
    cursor.expect(0x5b, "to begin History");
    if (cursor.next() === 0x5d) return records;
    do records.push(readRecord(cursor));
    while (cursor.another(0x5d, "in History"));
  } catch (error) {
    if (error instanceof Malformed) throw new Malformed(at, error.message);
    throw error;
  }
  return records;
}
