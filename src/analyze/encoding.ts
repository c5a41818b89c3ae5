/** The text of a source file's bytes. No file is refused for its encoding. */
import { isUtf8 } from 'node:buffer';

export interface Decoded {
  text: string;
  /** In lower case, as the Encoding Standard calls it. */
  encoding: string;
  /** What is to be told: a sentence. */
  doubt?: string;
}

/**
 * Decodes a source: a byte order mark says how, else a coding line as of PEP 263 where the language has
 * one, else it is UTF-8; what is none is taken for windows-1252, in which every byte is a character.
 *
 * @returns Nothing for what is no text: zero bytes without the mark of UTF-16.
 */
export function decodeSource(bytes: Buffer, hasCodingLine: boolean): Decoded | undefined {
  const [first, second, third, fourth] = bytes;
  const isUtf32 = first === 0xff && second === 0xfe && third === 0 && fourth === 0;
  if (first === 0xff && second === 0xfe && !isUtf32) return decodeUtf16(bytes, 'utf-16le');
  if (first === 0xfe && second === 0xff) return decodeUtf16(bytes, 'utf-16be');
  if (bytes.subarray(0, BINARY_HEAD).includes(0)) return undefined;
  if (first === 0xef && second === 0xbb && third === 0xbf) return decodeUtf8(bytes.subarray(3));
  const declared = hasCodingLine ? codingLine(bytes) : undefined;
  return declared === undefined ? decodeUtf8(bytes) : decodeDeclared(bytes, declared);
}

/** As git looks for zero bytes. */
const BINARY_HEAD = 8192;

const FALLBACK = 'windows-1252';

function decodeUtf8(bytes: Buffer): Decoded {
  if (isUtf8(bytes)) return { text: bytes.toString('utf8'), encoding: 'utf-8' };
  const doubt = `it is not valid UTF-8, so it was read as ${FALLBACK}; save it as UTF-8`;
  return { text: new TextDecoder(FALLBACK).decode(bytes), encoding: FALLBACK, doubt };
}

function decodeUtf16(bytes: Buffer, encoding: string): Decoded {
  const text = new TextDecoder(encoding).decode(bytes.subarray(2));
  return { text, encoding, doubt: `it was read as ${encoding}, as its byte order mark says` };
}

/** Python's names for encodings that the Encoding Standard calls otherwise. */
const PYTHON_NAMES: Record<string, string> = {
  'latin-1': 'iso-8859-1',
  'iso-latin-1': 'iso-8859-1',
  'iso8859-1': 'iso-8859-1',
  'utf-8-sig': 'utf-8',
  u8: 'utf-8',
  ascii: 'utf-8',
  'us-ascii': 'utf-8',
  cp932: 'shift_jis',
  'shift-jis': 'shift_jis',
  sjis: 'shift_jis',
  cp936: 'gbk',
  cp949: 'euc-kr',
  'mac-roman': 'macintosh',
  'mac-cyrillic': 'x-mac-cyrillic',
};

/** The first two lines, the second only after a comment or nothing: PEP 263. */
const CODING_LINE =
  /^(?:[ \t\f]*(?:#[^\r\n]*)?(?:\r\n?|\n))?[ \t\f]*#[^\r\n]*?coding[:=][ \t]*([-\w.]+)/;

function codingLine(bytes: Buffer): string | undefined {
  return CODING_LINE.exec(bytes.toString('latin1', 0, 1024))?.[1];
}

function decodeDeclared(bytes: Buffer, declared: string): Decoded {
  const name = declared.toLowerCase().replaceAll('_', '-');
  const label = (PYTHON_NAMES[name] ?? name).replace(/^utf-?8(-.*)?$/, 'utf-8');
  let decoder: InstanceType<typeof TextDecoder>;
  try {
    decoder = new TextDecoder(label, { fatal: true });
  } catch {
    const decoded = decodeUtf8(bytes);
    const doubt = `its coding line names ${declared}, which is not known, so it was read as ${decoded.encoding}; save it as UTF-8`;
    return { ...decoded, doubt };
  }
  const { encoding } = decoder;
  if (encoding === 'utf-8') return decodeUtf8(bytes);
  // The standard reads ISO-8859-1 as windows-1252; in Python they differ from 0x80 to 0x9f.
  if (label === 'iso-8859-1') {
    return { text: bytes.toString('latin1'), encoding: label, doubt: asDeclared(label) };
  }
  try {
    return { text: decoder.decode(bytes), encoding, doubt: asDeclared(encoding) };
  } catch {
    const text = new TextDecoder(label).decode(bytes);
    const doubt = `it is not valid ${encoding}, as its coding line says, so some characters are lost; save it as UTF-8`;
    return { text, encoding, doubt };
  }
}

function asDeclared(encoding: string): string {
  return `it was read as ${encoding}, as its coding line says`;
}
