import type { ScanLimits } from '../types.ts'

/** See docs/decisions/0037. */
export const SCAN_LIMITS: ScanLimits = { timeMs: 5_000, hits: 1_000, decodeDepth: 0 }

/** Bytes that one run of an expression looks at; between runs the time is asked. */
export const PIECE_BYTES = 256 * 1024
/** A match of an expression without bound is seen across pieces up to this length. */
export const MATCH_BYTES = 64 * 1024
/** Chars around a piece that assertions may look at: a byte for `\b`, three for the rest of a UTF-8 sequence. */
export const MARGIN = 4
/** For each so many bytes of a text its time is given once more. */
export const BYTES_FOR_TIME = 10 * 1024 * 1024
/** Longer texts are not looked at whole: V8's strings end at 512 MB. */
export const TEXT_BYTES = 256 * 1024 * 1024
