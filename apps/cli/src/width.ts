// The width of text on a terminal, quickly: the build gives it to all that ask for string-width, Ink among them, which
// measures every character of every picture.
import stringWidth from 'string-width'

/**
 * Characters of one column each: of ASCII, Latin, Greek, punctuation, arrows, mathematics, and those that pictures are made
 * of. None combines with a neighbour, and none is an emoji.
 */
const narrow =
  /^[\x20-\x7e\xa1-\xa8\xaa-\xac\xaf-\u02ff\u0370-\u0373\u0384-\u038a\u038e-\u03ff\u2010-\u2015\u2018-\u2027\u2030-\u203b\u2070\u2080-\u2089\u2190-\u2193\u2200-\u22ff\u2500-\u25a9\u25b2-\u25b5\u25bc-\u25bf\u25c6-\u25ef\u2801-\u28ff]*$/

/** As of the library, whose options are for what is not narrow. */
export default function width(text: string, options?: Parameters<typeof stringWidth>[1]): number {
  return typeof text === 'string' && narrow.test(text) ? text.length : stringWidth(text, options)
}
