// @ts-check
// Document ids, as far as `db.normalizeId` needs them: spec/data-model.md §1.4 and 1.5.
import { ceil, floor } from "./host.mjs";

const Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
const Digits = new Map([...Alphabet].map((letter, digit) => [letter, digit]));

/**
 * The table number of an id, or null when the text is not exactly an id.
 * @param {string} text
 * @returns {number | null}
 */
export function tableNumberOf(text) {
  if (text.length < 31 || text.length > 37) return null;
  const bytes = decode(text);
  if (bytes === null) return null;
  const varint = bytes.length - 18;
  const number = readVarint(bytes, varint);
  if (number === null) return null;
  let c0 = 0;
  let c1 = 0;
  for (let at = 0; at < bytes.length - 2; at++) {
    c0 = (c0 + bytes[at]) & 255;
    c1 = (c1 + c0) & 255;
  }
  return bytes[bytes.length - 2] === c0 && bytes[bytes.length - 1] === c1 ? number : null;
}

/**
 * Base32, refusing what encoding would not have made: other letters, other lengths, padding bits that are not zero.
 * @param {string} text
 */
function decode(text) {
  const length = floor((text.length * 5) / 8);
  if (ceil((length * 8) / 5) !== text.length) return null;
  const bytes = new Uint8Array(length);
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const letter of text) {
    const digit = Digits.get(letter);
    if (digit === undefined) return null;
    held = ((held << 5) | digit) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = held >>> bits;
    }
  }
  return (held & ((1 << bits) - 1)) === 0 ? bytes : null;
}

/**
 * A LEB128 number of exactly `length` bytes, from 1 to 2^32-1, in its shortest spelling.
 * @param {Uint8Array} bytes
 * @param {number} length
 */
function readVarint(bytes, length) {
  let number = 0;
  for (let at = 0; at < length; at++) {
    const last = at === length - 1;
    if (bytes[at] >= 0x80 === last || (last && at > 0 && bytes[at] === 0)) return null;
    number += (bytes[at] & 0x7f) * 2 ** (7 * at);
  }
  return number >= 1 && number <= 0xffff_ffff ? number : null;
}
