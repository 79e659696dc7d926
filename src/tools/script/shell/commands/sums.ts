// Sums of bytes that are no digests: the CRC of POSIX, and those of BSD and System V.

const POLYNOMIAL = 0x04c11db7;

const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit++) value = value < 0 ? (value << 1) ^ POLYNOMIAL : value << 1;
  return value;
});

/** POSIX `cksum`: the CRC of the bytes and of their number. */
export function crc(bytes: Uint8Array): number {
  let value = 0;
  for (let i = 0; i < bytes.length; i++)
    value = (value << 8) ^ (TABLE[(value >>> 24) ^ (bytes[i] as number)] as number);
  for (let rest = bytes.length; rest > 0; rest = Math.floor(rest / 256))
    value = (value << 8) ^ (TABLE[(value >>> 24) ^ (rest & 0xff)] as number);
  return ~value >>> 0;
}

/** `sum -r`: each byte is added to what was turned by a bit. */
export function bsdSum(bytes: Uint8Array): number {
  let value = 0;
  for (let i = 0; i < bytes.length; i++) value = ((value >> 1) + ((value & 1) << 15) + (bytes[i] as number)) & 0xffff;
  return value;
}

/** `sum -s`: the bytes added up, folded to 16 bits. */
export function systemSum(bytes: Uint8Array): number {
  let total = 0;
  for (let i = 0; i < bytes.length; i++) total += bytes[i] as number;
  const once = (total & 0xffff) + (Math.floor((total % 0x100000000) / 0x10000) & 0xffff);
  return (once & 0xffff) + (once >> 16);
}
