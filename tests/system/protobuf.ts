/** A protobuf message without its schema: fields by number, each as often as it comes. */
export class Message {
  constructor(private readonly fields: ReadonlyMap<number, readonly (Uint8Array | bigint)[]>) {}

  has(field: number): boolean {
    return this.fields.has(field);
  }

  messages(field: number): readonly Message[] {
    return this.all(field).flatMap((value) => (value instanceof Uint8Array ? [readMessage(value)] : []));
  }

  text(field: number): string {
    return Buffer.from(this.bytes(field)).toString('utf8');
  }

  hex(field: number): string {
    return Buffer.from(this.bytes(field)).toString('hex');
  }

  number(field: number): bigint {
    const value = this.all(field).at(-1) ?? 0n;
    return typeof value === 'bigint' ? value : Buffer.from(value).readBigUInt64LE();
  }

  double(field: number): number {
    const bits = Buffer.alloc(8);
    bits.writeBigUInt64LE(this.number(field));
    return bits.readDoubleLE();
  }

  private bytes(field: number): Uint8Array {
    const value = this.all(field).at(-1);
    return value instanceof Uint8Array ? value : new Uint8Array();
  }

  private all(field: number): readonly (Uint8Array | bigint)[] {
    return this.fields.get(field) ?? [];
  }
}

export function readMessage(bytes: Uint8Array): Message {
  const buffer = Buffer.from(bytes);
  const fields = new Map<number, (Uint8Array | bigint)[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = buffer.readUInt8(at);
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const fixed = (length: number): Uint8Array => {
    const value = buffer.subarray(at, at + length);
    if (value.length !== length) throw new RangeError('a field ends behind its message');
    at += length;
    return value;
  };
  while (at < buffer.length) {
    const tag = Number(varint());
    const wire = tag & 7;
    const value =
      wire === 0
        ? varint()
        : wire === 1
          ? Buffer.from(fixed(8)).readBigUInt64LE()
          : wire === 5
            ? BigInt(Buffer.from(fixed(4)).readUInt32LE())
            : fixed(Number(varint()));
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), value]);
  }
  return new Message(fields);
}
