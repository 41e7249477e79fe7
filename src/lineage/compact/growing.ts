/** A typed array that grows as numbers come. */
export type Growing<A> = {
  readonly length: number;
  push(number: number): void;
  at(index: number): number;
  /** What has come so far, without a copy. */
  values(): A;
};

const FIRST_CAPACITY = 1024;

export function growingUint32(): Growing<Uint32Array<ArrayBuffer>> {
  return growing((capacity) => new Uint32Array(capacity));
}

export function growingFloat64(): Growing<Float64Array<ArrayBuffer>> {
  return growing((capacity) => new Float64Array(capacity));
}

export function growingUint8(): Growing<Uint8Array<ArrayBuffer>> {
  return growing((capacity) => new Uint8Array(capacity));
}

type TypedArray<Self> = {
  readonly length: number;
  [index: number]: number;
  set(values: Self): void;
  subarray(from: number, to: number): Self;
};

function growing<A extends TypedArray<A>>(create: (capacity: number) => A): Growing<A> {
  let numbers = create(FIRST_CAPACITY);
  let length = 0;
  return {
    get length() {
      return length;
    },
    push(number) {
      if (length === numbers.length) {
        const larger = create(length * 2);
        larger.set(numbers);
        numbers = larger;
      }
      numbers[length] = number;
      length += 1;
    },
    at: (index) => numbers[index] ?? 0,
    values: () => numbers.subarray(0, length),
  };
}

/** Bytes one after the other, with the place where each piece ends. */
export type GrowingBytes = {
  readonly length: number;
  append(bytes: Uint8Array, start: number, end: number): void;
  values(): Buffer;
};

export function growingBytes(): GrowingBytes {
  let room = Buffer.allocUnsafeSlow(64 * FIRST_CAPACITY);
  let length = 0;
  return {
    get length() {
      return length;
    },
    append(bytes, start, end) {
      while (length + end - start > room.length) {
        const larger = Buffer.allocUnsafeSlow(room.length * 2);
        room.copy(larger, 0, 0, length);
        room = larger;
      }
      room.set(bytes.subarray(start, end), length);
      length += end - start;
    },
    values: () => room.subarray(0, length),
  };
}
