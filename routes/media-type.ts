/**
 * Which of several representations a client wants, by its Accept header (RFC 9110 §12.5.1).
 */

/**
 * @param accept the header; absent: anything goes
 * @param offered media types in our order of preference, without parameters
 * @returns the offered type that the client prefers, or null when it accepts none of them
 */
export function preferredMediaType<Offered extends string>(
  accept: string | undefined,
  offered: readonly Offered[],
): Offered | null {
  const ranges = (accept ?? '*/*').split(',').map(readRange)
  let best: { readonly type: Offered; readonly range: MediaRange } | null = null
  for (const type of offered) {
    const range = ranges.filter(({ name }) => covers(name, type)).sort(bySpecificity)[0]
    if (range === undefined || range.quality === 0) continue
    if (best === null || isPreferred(range, best.range)) best = { type, range }
  }
  return best?.type ?? null
}

interface MediaRange {
  readonly name: string
  readonly quality: number
  /** 0 for any type, 1 for any subtype, 2 for one type. */
  readonly specificity: number
  readonly position: number
}

function readRange(text: string, position: number): MediaRange {
  const [name = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const weight = parameters.find((parameter) => parameter.startsWith('q='))
  const quality = weight === undefined ? 1 : Number(weight.slice(2))
  const specificity = name === '*/*' ? 0 : name.endsWith('/*') ? 1 : 2
  return { name, quality: quality >= 0 && quality <= 1 ? quality : 0, specificity, position }
}

function covers(range: string, type: string): boolean {
  return range === '*/*' || range === type || (range.endsWith('/*') && type.startsWith(range.slice(0, -1)))
}

/** The most specific range that covers a type decides (RFC 9110 §12.5.1). */
function bySpecificity(left: MediaRange, right: MediaRange): number {
  return right.specificity - left.specificity
}

/** Equal weights: a type that is named goes before one that a wildcard covers, then the order of the header. */
function isPreferred(range: MediaRange, other: MediaRange): boolean {
  if (range.quality !== other.quality) return range.quality > other.quality
  if (range.specificity !== other.specificity) return range.specificity > other.specificity
  return range.position < other.position
}
